import IR
import LLVM

/// Convolution and transposed convolution over blocks of images, one output pixel after the other: with images in the
/// lanes, edges only shorten the loops over taps, strides only change their steps, and any number of channels fills the
/// vectors. Taps in the padding are skipped, and a transposed convolution multiplies no inserted zeros: a pixel visits the
/// taps of its own phase alone.
///
/// A product of several tiles reads both sides again for each of them. In memory a pixel's channels lie a whole map apart,
/// and a weight's neighbours in depth a kernel: strides that are often powers of two and then crowd a few sets of the
/// caches. So the pixels that a stretch of a row needs are gathered first, `[row][column][channel]`, and the weights are
/// packed once for all tasks, `[kernel's row][tile][column][depth][row of the tile]`, columns in the order in which positions
/// visit them. Then the columns and channels that a position reaches in a row are one loop through memory as it lies, on both
/// sides. Gathering costs a load and a store for each `rows` multiply-adds (times stride / kernel), 3 % at 32 filters.
public enum ConvolutionKernels {
  /// `y[o] = epilogue(sum over kh, kw, i of w[o, i, kh, kw] x[i])` for each pixel of the map.
  ///
  /// - Parameter packed: scratch for the packed weights, where the product is packed.
  public static func forward(
    _ name: String, operation: Operation, x: TensorSlot, w: TensorSlot, epilogue: EpilogueSlots, y: TensorSlot,
    geometry: ConvolutionGeometry, packed: Place?, target: KernelTarget
  ) -> [Kernel] {
    kernels(
      name, operation, from: x, w: w, epilogue, to: y,
      ConvolutionPass(geometry: geometry, isTransposed: false), packed, target)
  }

  /// `x[i] = epilogue(sum over kh, kw, o of w[o, i, kh, kw] y[o])` for each pixel of the image: convolution's gradient by
  /// its input.
  public static func transposed(
    _ name: String, operation: Operation, y: TensorSlot, w: TensorSlot, epilogue: EpilogueSlots, x: TensorSlot,
    geometry: ConvolutionGeometry, packed: Place?, target: KernelTarget
  ) -> [Kernel] {
    kernels(
      name, operation, from: y, w: w, epilogue, to: x,
      ConvolutionPass(geometry: geometry, isTransposed: true), packed, target)
  }

  /// Bytes of the packed weights, or nil where the product is not packed.
  public static func packedBytes(_ geometry: ConvolutionGeometry, isTransposed: Bool, target: KernelTarget)
    -> Int?
  {
    let pass = ConvolutionPass(geometry: geometry, isTransposed: isTransposed)
    guard Gathering(pass, target: target) != nil else { return nil }
    return PackedWeights(pass, target: target).byteCount
  }

  private static func kernels(
    _ name: String, _ operation: Operation, from: TensorSlot, w: TensorSlot, _ slots: EpilogueSlots,
    to: TensorSlot,
    _ pass: ConvolutionPass, _ packed: Place?, _ target: KernelTarget
  ) -> [Kernel] {
    let epilogue = ProductEpilogue(operation)
    guard let packed, let gathering = Gathering(pass, target: target) else {
      return [product(name, epilogue, from: from, w: w, slots, to: to, pass, gathering: nil)]
    }
    let weights = TensorSlot(type: w.type, place: packed)
    return [
      PackedWeights(pass, target: target).kernel(name + "_pack", from: w, to: weights),
      product(name, epilogue, from: from, w: weights, slots, to: to, pass, gathering: gathering),
    ]
  }

  /// One task is one row of the result for one block.
  private static func product(
    _ name: String, _ epilogue: ProductEpilogue, from: TensorSlot, w: TensorSlot, _ slots: EpilogueSlots,
    to: TensorSlot, _ pass: ConvolutionPass, gathering: Gathering?
  ) -> Kernel {
    Kernel(name, tasks: .perBlock(pass.height)) { k, task in
      let b = k.b
      let (source, weights) = (k.address(from, block: task.block), k.address(w))
      let result = k.address(to, block: task.block)
      let scale = slots.scale.map { k.address($0) }
      let thirdBase = slots.third.map { k.address($0, block: task.block) } ?? result
      let rows = pass.rowTaps(k, task.part)

      /// A call for the position in a column of the result, without its operands.
      func call(_ column: LLVMValue) -> ProductFunction.Call {
        let place = b.mulIndex(b.add(b.mulIndex(task.part, pass.width), column), k.rowBytes)
        return ProductFunction.Call(
          vectors: source, broadcasts: weights, outerCount: rows.count, innerCount: rows.count,
          out: b.offset(result, bytes: place),
          third: epilogue.third == .activationOutput ? b.offset(thirdBase, bytes: place) : thirdBase,
          scale: scale)
      }
      if let gathering {
        gathering.emit(k, epilogue, source: source, weights: weights, rows: rows, call)
      } else {
        direct(k, epilogue, pass, source: source, weights: weights, rows: rows, call)
      }
    }
  }

  /// A row of the result from both operands where they lie.
  private static func direct(
    _ k: KernelBuilder, _ epilogue: ProductEpilogue, _ pass: ConvolutionPass, source: LLVMValue,
    weights: LLVMValue, rows: ConvolutionPass.Taps, _ call: (LLVMValue) -> ProductFunction.Call
  ) {
    let b = k.b
    let row = k.rowBytes
    let kernelWidth = pass.geometry.kernelWidth
    let product = ProductRows(
      k, rows: pass.rows, broadcasts: .strided(row: pass.weightRowStep, depth: pass.weightDepthStep),
      epilogue: epilogue, outStep: pass.height * pass.width * row, depth: pass.depth,
      vectorStep: pass.sourceHeight * pass.sourceWidth * row,
      outer: .init(
        vectorStep: pass.direction * pass.sourceWidth * row,
        broadcastStep: pass.kernelStep.rows * kernelWidth * 4),
      inner: .init(vectorStep: pass.direction * row, broadcastStep: pass.kernelStep.columns * 4))
    b.forLoop(from: 0, to: b.i64(pass.width), name: "column") { column in
      let columns = pass.columnTaps(k, column)
      let start = b.add(b.mulIndex(rows.start, pass.sourceWidth), columns.start)
      let tap = b.add(b.mulIndex(rows.first, kernelWidth), columns.first)
      var call = call(column)
      call.vectors = b.offset(source, bytes: b.mulIndex(start, row))
      call.broadcasts = b.offset(weights, bytes: b.mulIndex(tap, 4))
      call.innerCount = columns.count
      product.callAll(k, call)
    }
  }
}

/// The pixels that a stretch of a result's row reaches, copied to the stack as `[row][column][channel]`.
private struct Gathering {
  private let pass: ConvolutionPass
  /// Positions of the result in a stretch, and columns of the source that they reach.
  private let positions: Int
  private let columns: Int

  /// Nil where it does not pay: one tile of rows reads each pixel once for each tap as it is, unless the channels of a pixel
  /// crowd the first cache; and where the pixels that one position reaches are too many for the stack.
  init?(_ pass: ConvolutionPass, target: KernelTarget) {
    guard pass.rows > target.tileRows || Self.crowds(pass, target) else { return nil }
    self.pass = pass
    let columnBytes = pass.visitedRows * pass.depth * target.rowBytes
    guard pass.reach(columns: 1) * columnBytes <= 2 * target.gatheredBytes else { return nil }
    let most = (1...pass.width).last { pass.reach(columns: $0) * columnBytes <= target.gatheredBytes } ?? 1
    let stretches = (pass.width + most - 1) / most
    positions = (pass.width + stretches - 1) / stretches
    columns = pass.reach(columns: positions)
  }

  /// True where more than half of the ways of a set would be taken by channels of the same pixel: in a first cache of 64 sets
  /// of 8 lines of 64 bytes, which most processors have had for long.
  private static func crowds(_ pass: ConvolutionPass, _ target: KernelTarget) -> Bool {
    let lines = pass.sourceHeight * pass.sourceWidth * max(1, target.rowBytes / 64)
    var common = 64
    while lines % common != 0 { common /= 2 }
    return pass.depth * common / 64 > 4
  }

  /// Steps of depth that the tile's code has in one turn of its loop.
  private var unrolled: Int { [4, 3, 2].first { pass.depth % $0 == 0 } ?? 1 }

  /// Steps of a tile behind which the way of its result's rows from memory is hidden.
  private static let leastSteps = 128

  /// A row of the result from packed weights, stretch by stretch.
  func emit(
    _ k: KernelBuilder, _ epilogue: ProductEpilogue, source: LLVMValue, weights: LLVMValue,
    rows: ConvolutionPass.Taps, _ call: (LLVMValue) -> ProductFunction.Call
  ) {
    let b = k.b
    let row = k.rowBytes
    let packed = PackedWeights(pass, target: k.target)
    let product = ProductRows(
      k, rows: pass.rows,
      broadcasts: .packed(
        depth: pass.geometry.kernelWidth * pass.depth, outerStep: pass.kernelStep.rows * packed.rowBytes),
      epilogue: epilogue, outStep: pass.height * pass.width * row, depth: unrolled, vectorStep: row,
      outer: .init(vectorStep: columns * pass.depth * row, broadcastStep: 0),
      asksAhead: pass.depth * pass.visitedTaps >= Self.leastSteps)
    let bytes = pass.visitedRows * columns * pass.depth * row
    let copy = b.stackSlot(b.context.i8.array(of: bytes), align: 64, name: "gathered")
    let kernelRow = b.offset(weights, bytes: b.mulIndex(rows.first, packed.rowBytes))
    b.forLoop(from: 0, to: b.i64(pass.width), step: positions, name: "stretch") { first in
      let past = b.addIndex(first, positions)
      let end = b.select(b.icmp(.slt, past, pass.width), past, b.i64(pass.width))
      let (low, high) = pass.columns(k, from: first, to: end)
      gather(k, source, to: copy, rows: rows, from: low, to: high)
      b.forLoop(from: first, to: end, name: "column") { column in
        let taps = pass.columnTaps(k, column)
        let start = place(k, of: taps.start, from: low, to: high)
        var call = call(column)
        call.vectors = b.offset(copy, bytes: b.mulIndex(start, pass.depth * row))
        call.broadcasts = kernelRow
        call.innerCount = b.mulIndex(taps.count, pass.depth / unrolled)
        product.callAll(k, call, depthStart: b.mulIndex(packed.order(k, of: taps.first), pass.depth))
      }
    }
  }

  /// The number of a column of the source in the copy: in the order in which positions visit them.
  private func place(
    _ k: KernelBuilder, of column: LLVMValue, from low: LLVMValue, to high: LLVMValue
  ) -> LLVMValue {
    pass.direction > 0 ? k.b.sub(column, low) : k.b.sub(k.b.sub(high, 1), column)
  }

  private func gather(
    _ k: KernelBuilder, _ source: LLVMValue, to copy: LLVMValue, rows: ConvolutionPass.Taps,
    from low: LLVMValue,
    to high: LLVMValue
  ) {
    let b = k.b
    let row = k.rowBytes
    b.forLoop(from: 0, to: rows.count, name: "gather") { number in
      let line = b.add(rows.start, b.mulIndex(number, pass.direction))
      b.forLoop(from: 0, to: b.i64(pass.depth), name: "channel") { channel in
        let pixels = b.mulIndex(b.add(b.mulIndex(channel, pass.sourceHeight), line), pass.sourceWidth)
        let from = b.offset(source, bytes: b.mulIndex(pixels, row))
        let first = b.add(b.mulIndex(number, columns * pass.depth), channel)
        let to = b.offset(copy, bytes: b.mulIndex(first, row))
        b.forLoop(from: low, to: high, name: "pixel") { column in
          let pixel = b.offset(from, bytes: b.mulIndex(column, row))
          let number = place(k, of: column, from: low, to: high)
          let target = b.offset(to, bytes: b.mulIndex(number, pass.depth * row))
          for vector in 0..<k.target.tileVectors { k.storeVector(k.loadVector(pixel, vector), target, vector) }
        }
      }
    }
  }
}

/// A kernel's weights as `[row][tile][column][depth][row of the tile]`, columns in the order in which positions visit them.
private struct PackedWeights {
  private let pass: ConvolutionPass
  private let runs: [(start: Int, size: Int, tiles: Int)]
  private var kernelWidth: Int { pass.geometry.kernelWidth }

  init(_ pass: ConvolutionPass, target: KernelTarget) {
    self.pass = pass
    runs = tileRuns(pass.rows, limit: target.tileRows)
  }

  /// Bytes from one row of the kernel to the next.
  var rowBytes: Int { pass.rows * kernelWidth * pass.depth * 4 }
  var byteCount: Int { pass.geometry.kernelHeight * rowBytes }

  /// The number of a column among those of its row: those of the first phase, then those of the second, and so on.
  func order(_ k: KernelBuilder, of column: LLVMValue) -> LLVMValue {
    let phases = pass.kernelStep.columns
    guard phases > 1 else { return column }
    let b = k.b
    let phase = b.urem(column, phases)
    // The first kernelWidth % phases of the phases have a column more than the others.
    let more = k.clamp(phase, 0, kernelWidth % phases)
    return b.add(b.add(b.mulIndex(phase, kernelWidth / phases), more), b.udiv(column, phases))
  }

  /// One task is a tile.
  func kernel(_ name: String, from: TensorSlot, to: TensorSlot) -> Kernel {
    Kernel(name, tasks: .fixed(runs.reduce(0) { $0 + $1.tiles })) { k, task in
      let b = k.b
      forTile(k, task.part) { row, size in
        let source = b.offset(k.address(from), bytes: b.mulIndex(row, pass.weightRowStep))
        let target = b.offset(k.address(to), bytes: b.mulIndex(row, kernelWidth * pass.depth * 4))
        b.forLoop(from: 0, to: b.i64(pass.depth), name: "depth") { depth in
          let weights = b.offset(source, bytes: b.mulIndex(depth, pass.weightDepthStep))
          b.forLoop(from: 0, to: b.i64(pass.geometry.kernelHeight), name: "row") { kernelRow in
            b.forLoop(from: 0, to: b.i64(kernelWidth), name: "column") { column in
              let tap = b.add(b.mulIndex(kernelRow, kernelWidth), column)
              let from = b.offset(weights, bytes: b.mulIndex(tap, 4))
              let step = b.add(b.mulIndex(order(k, of: column), pass.depth), depth)
              let to = b.offset(
                target, bytes: b.add(b.mulIndex(kernelRow, rowBytes), b.mulIndex(step, size * 4)))
              for index in 0..<size {
                let weight = k.loadFloat(b.offset(from, bytes: index * pass.weightRowStep))
                b.store(weight, to: b.offset(to, bytes: index * 4))
              }
            }
          }
        }
      }
    }
  }

  /// Runs `body(first row, rows)` for the tile of a number.
  private func forTile(_ k: KernelBuilder, _ tile: LLVMValue, _ body: (LLVMValue, Int) -> Void) {
    let b = k.b
    func run(_ number: Int, _ index: LLVMValue) {
      body(b.addIndex(b.mulIndex(index, runs[number].size), runs[number].start), runs[number].size)
    }
    guard runs.count == 2 else { return run(0, tile) }
    _ = b.ifThen(
      b.icmp(.slt, tile, runs[0].tiles), name: "run",
      {
        run(0, tile)
        return []
      },
      else: {
        run(1, b.sub(tile, runs[0].tiles))
        return []
      })
  }
}
