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
  /// - Parameters:
  ///   - words: what x and w hold; the geometry's channels of both are words.
  ///   - packed: scratch for the packed weights, where the product is packed.
  public static func forward(
    _ name: String, operation: Operation, x: TensorSlot, w: TensorSlot, epilogue: EpilogueSlots, y: TensorSlot,
    geometry: ConvolutionGeometry, words: ProductWords, packed: Place?, schedule: KernelSchedule,
    target: KernelTarget
  ) -> [Kernel] {
    ConvolutionProduct(
      ConvolutionPass(geometry: geometry, isTransposed: false), operation, words, schedule, target
    ).kernels(name, from: x, w: w, epilogue, to: y, packed)
  }

  /// `x[i] = epilogue(sum over kh, kw, o of w[o, i, kh, kw] y[o])` for each pixel of the image: convolution's gradient by
  /// its input.
  public static func transposed(
    _ name: String, operation: Operation, y: TensorSlot, w: TensorSlot, epilogue: EpilogueSlots, x: TensorSlot,
    geometry: ConvolutionGeometry, words: ProductWords, packed: Place?, schedule: KernelSchedule,
    target: KernelTarget
  ) -> [Kernel] {
    ConvolutionProduct(
      ConvolutionPass(geometry: geometry, isTransposed: true), operation, words, schedule, target
    ).kernels(name, from: y, w: w, epilogue, to: x, packed)
  }

  /// Bytes of the packed weights, or nil where the product is not packed.
  public static func packedBytes(
    _ geometry: ConvolutionGeometry, isTransposed: Bool, schedule: KernelSchedule, target: KernelTarget
  ) -> Int? {
    let pass = ConvolutionPass(geometry: geometry, isTransposed: isTransposed)
    guard Gathering(pass, .floats, schedule, target) != nil else { return nil }
    return PackedWeights(pass, tileRows: schedule[.tileRows]).byteCount
  }
}

/// A convolution in one of its directions, by a schedule.
private struct ConvolutionProduct {
  private let pass: ConvolutionPass
  private let epilogue: ProductEpilogue
  private let words: ProductWords
  private let schedule: KernelSchedule
  private let gathering: Gathering?

  init(
    _ pass: ConvolutionPass, _ operation: Operation, _ words: ProductWords, _ schedule: KernelSchedule,
    _ target: KernelTarget
  ) {
    self.pass = pass
    self.words = words
    self.schedule = schedule
    epilogue = ProductEpilogue(operation)
    gathering = Gathering(pass, words, schedule, target)
  }

  func kernels(
    _ name: String, from: TensorSlot, w: TensorSlot, _ slots: EpilogueSlots, to: TensorSlot, _ packed: Place?
  ) -> [Kernel] {
    guard let packed, let gathering else {
      return [product(name, from: from, w: w, slots, to: to, gathering: nil)]
    }
    let weights = TensorSlot(type: w.type, place: packed)
    return [
      PackedWeights(pass, tileRows: schedule[.tileRows]).kernel(name + "_pack", from: w, to: weights),
      product(name, from: from, w: weights, slots, to: to, gathering: gathering),
    ]
  }

  /// One task is one row of the result for one block.
  private func product(
    _ name: String, from: TensorSlot, w: TensorSlot, _ slots: EpilogueSlots, to: TensorSlot,
    gathering: Gathering?
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
        direct(k, source: source, weights: weights, rows: rows, call)
      }
    }
  }

  /// A row of the result from both operands where they lie.
  private func direct(
    _ k: KernelBuilder, source: LLVMValue, weights: LLVMValue, rows: ConvolutionPass.Taps,
    _ call: (LLVMValue) -> ProductFunction.Call
  ) {
    let b = k.b
    let row = k.rowBytes
    let kernelWidth = pass.geometry.kernelWidth
    let product = ProductRows(
      k, rows: pass.rows, tileRows: schedule[.tileRows],
      broadcasts: .strided(row: pass.weightRowStep, depth: pass.weightDepthStep), epilogue: epilogue,
      outStep: pass.height * pass.width * row, depth: pass.depth,
      vectorStep: pass.sourceHeight * pass.sourceWidth * row,
      outer: .init(
        vectorStep: pass.direction * pass.sourceWidth * row,
        broadcastStep: pass.kernelStep.rows * kernelWidth * 4),
      inner: .init(vectorStep: pass.direction * row, broadcastStep: pass.kernelStep.columns * 4),
      asksAhead: schedule[.asksAhead] > 0, words: words)
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
