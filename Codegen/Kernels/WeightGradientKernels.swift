import IR
import LLVM

/// Weight gradients: products that sum over images and positions. One side is transposed so that channels lie in its
/// lanes (TransposeKernel); of the other, single floats are broadcast from where they lie.
public enum WeightGradientKernels {
  /// `dw[o, i] = sum over images of dy[o] x[i]`, with x transposed.
  ///
  /// One task is a tile of columns i (`tileVectors` vectors) for all o.
  public static func dense(
    _ name: String, dy: TensorSlot, x: TransposeKernel.Target, dw: TensorSlot, target: KernelTarget
  ) -> Kernel {
    let (outputs, inputs) = (dw.type.extents[0], dw.type.extents[1])
    let width = target.blockImages
    let tasks = (inputs + width - 1) / width
    return Kernel(name, tasks: .fixed(tasks)) { k, task in
      let b = k.b
      let rowsOfX = x.rowFloats * 4
      let columns = TensorSlot(type: dy.type, place: x.place)
      let from = b.offset(k.address(columns, block: b.i64(0)), bytes: b.mulIndex(task.part, width * 4))
      let rest = b.sub(b.i64(inputs), b.mulIndex(task.part, width))
      let masks = (0..<k.target.tileVectors).map {
        b.mask(below: b.trunc(b.sub(rest, $0 * k.lanes), to: b.context.i32), lanes: k.lanes)
      }
      let out = b.offset(k.address(dw), bytes: b.mulIndex(task.part, width * 4))
      for run in tileRuns(outputs, limit: k.target.tileRows) {
        let tile = ProductTile(
          rowOffsets: (0..<run.size).map { $0 * k.rowBytes }, vectors: k.target.tileVectors,
          depth: k.target.blockImages, vectorStep: rowsOfX, broadcastStep: 4,
          outer: .init(vectorStep: k.arena.blockBytes, broadcastStep: k.arena.blockBytes),
          inner: .init(vectorStep: x.place.sampleBytes, broadcastStep: dy.place.sampleBytes))
        b.forLoop(from: 0, to: b.i64(run.tiles), name: "rows") { index in
          let row = b.addIndex(b.mulIndex(index, run.size), run.start)
          let sums = tile.emit(
            k, vectors: from,
            broadcasts: b.offset(k.address(dy, block: b.i64(0)), bytes: b.mulIndex(row, k.rowBytes)),
            outerCount: k.imageBlocks(), innerCount: b.i64(k.samples),
            initial: Array(repeating: k.vector.zero, count: run.size))
          for (offset, vectors) in sums.enumerated() {
            for (vector, sum) in vectors.enumerated() {
              let place = b.offset(
                out, bytes: b.addIndex(b.mulIndex(row, inputs * 4), offset * inputs * 4 + vector * k.lanes * 4))
              b.maskedStore(sum, to: place, mask: masks[vector])
            }
          }
        }
      }
    }
  }

  /// `dw[o, i, kh, kw] = sum over images and map positions of dy[o] x[i, at the tap]`, with dy transposed and x in a copy
  /// with its padding written out, so that every tap of every position is there.
  ///
  /// A tile is one or two vectors of o by a group of taps of one image channel; one task is such a tile.
  public static func convolution(
    _ name: String, dy: TransposeKernel.Target, x: PaddedImages, dw: TensorSlot,
    geometry g: ConvolutionGeometry,
    target: KernelTarget
  ) -> Kernel {
    let groups = tapGroups(g, limit: target.tileRows)
    let wide = (g.outputChannels + target.lanes - 1) / target.lanes
    // Narrow tiles where wide ones would leave fewer than eight tasks: a second thread is worth more.
    let vectors = wide % 2 == 0 && wide / 2 * g.inputChannels >= 8 ? 2 : 1
    let strips = wide / vectors
    let tasks = strips * g.inputChannels * groups.count
    return Kernel(name, tasks: .fixed(tasks)) { k, task in
      let b = k.b
      let channel = b.urem(b.udiv(task.part, groups.count), g.inputChannels)
      let strip = b.udiv(task.part, groups.count * g.inputChannels)
      let group = b.urem(task.part, groups.count)
      for (number, taps) in groups.enumerated() {
        let emitGroup = {
          tile(
            k, taps: taps, dy: dy, x: x, dw: dw, geometry: g, vectors: vectors, channel: channel, strip: strip)
        }
        if groups.count == 1 {
          emitGroup()
        } else {
          b.ifThen(b.icmp(.eq, group, number), name: "taps") { emitGroup() }
        }
      }
    }
  }

  private static func tile(
    _ k: KernelBuilder, taps: [(row: Int, column: Int)], dy: TransposeKernel.Target, x: PaddedImages,
    dw: TensorSlot,
    geometry g: ConvolutionGeometry, vectors: Int, channel: LLVMValue, strip: LLVMValue
  ) {
    let b = k.b
    let first = taps[0]
    let rowOffsets = taps.map { (($0.row - first.row) * x.width + $0.column - first.column) * k.rowBytes }
    let imageBytes = dy.rowFloats * 4
    let images = k.target.blockImages
    let product = ProductTile(
      rowOffsets: rowOffsets, vectors: vectors, depth: images, vectorStep: imageBytes, broadcastStep: 4,
      outer: .init(
        vectorStep: g.outputWidth * images * imageBytes, broadcastStep: g.strideHeight * x.width * k.rowBytes),
      inner: .init(vectorStep: images * imageBytes, broadcastStep: g.strideWidth * k.rowBytes))
    let anyType = TensorType(.f32, [.images])
    let stripBytes = b.mulIndex(strip, vectors * k.lanes * 4)
    let firstTap = b.addIndex(b.mulIndex(channel, x.height * x.width), first.row * x.width + first.column)
    let tapBytes = b.mulIndex(firstTap, k.rowBytes)
    let zeros = Array(repeating: k.vector.zero, count: taps.count * vectors)
    let sums = b.forLoop(from: 0, to: k.blocks(), carrying: zeros, name: "block") { block, sums in
      let map = k.address(TensorSlot(type: anyType, place: dy.place), block: block)
      let image = k.address(TensorSlot(type: anyType, place: x.place), block: block)
      let partial = product.emit(
        k, vectors: b.offset(map, bytes: stripBytes), broadcasts: b.offset(image, bytes: tapBytes),
        outerCount: b.i64(g.outputHeight), innerCount: b.i64(g.outputWidth),
        initial: Array(repeating: k.vector.zero, count: taps.count))
      return zip(sums, partial.flatMap { $0 }).map { b.add($0, $1) }
    }
    store(k, sums, taps: taps, dw: dw, geometry: g, vectors: vectors, channel: channel, strip: strip)
  }

  /// Scatters a tile to `[o, i, kh, kw]`: lanes are output channels.
  private static func store(
    _ k: KernelBuilder, _ sums: [LLVMValue], taps: [(row: Int, column: Int)], dw: TensorSlot,
    geometry g: ConvolutionGeometry, vectors: Int, channel: LLVMValue, strip: LLVMValue
  ) {
    let b = k.b
    let kernel = g.kernelHeight * g.kernelWidth
    // Through the stack, so that the lanes can be visited by a loop instead of by unrolled code.
    let slot = b.stackSlot(k.vector.array(of: sums.count), align: 64)
    for (index, sum) in sums.enumerated() { k.storeVector(sum, slot, index) }
    let channels = k.lanes * vectors
    let rest = b.sub(b.i64(g.outputChannels), b.mulIndex(strip, channels))
    let end = b.select(b.icmp(.slt, rest, channels), rest, b.i64(channels))
    b.forLoop(from: 0, to: end, name: "lane") { lane in
      let o = b.add(b.mulIndex(strip, channels), lane)
      let weight = b.mulIndex(b.add(b.mulIndex(o, g.inputChannels), channel), kernel)
      let target = b.offset(k.address(dw), bytes: b.mulIndex(weight, 4))
      for (index, tap) in taps.enumerated() {
        let from = b.offset(slot, bytes: b.addIndex(b.mulIndex(lane, 4), index * channels * 4))
        b.store(k.loadFloat(from), to: b.offset(target, bytes: (tap.row * g.kernelWidth + tap.column) * 4))
      }
    }
  }

  /// The kernel's taps in groups that fit a register tile: whole kernel rows where they fit.
  static func tapGroups(_ g: ConvolutionGeometry, limit: Int) -> [[(row: Int, column: Int)]] {
    let taps = (0..<g.kernelHeight).flatMap { row in (0..<g.kernelWidth).map { (row: row, column: $0) } }
    let perRow = g.kernelWidth
    let size = perRow <= limit ? max(1, limit / perRow) * perRow : limit
    let groupCount = (taps.count + size - 1) / size
    let even = (taps.count + groupCount - 1) / groupCount
    let rounded = perRow <= limit ? min(size, (even + perRow - 1) / perRow * perRow) : even
    return stride(from: 0, to: taps.count, by: rounded).map { Array(taps[$0..<min($0 + rounded, taps.count)]) }
  }
}

/// Images in the lanes layout with their padding written out.
public struct PaddedImages: Sendable {
  public let place: Place
  public let height: Int
  public let width: Int

  public init(place: Place, height: Int, width: Int) {
    self.place = place
    self.height = height
    self.width = width
  }

  /// The extents that every tap of every map position stays in.
  public static func extents(_ g: ConvolutionGeometry) -> (height: Int, width: Int) {
    (
      (g.outputHeight - 1) * g.strideHeight + g.kernelHeight,
      (g.outputWidth - 1) * g.strideWidth + g.kernelWidth
    )
  }

  /// True where the taps never leave the image, so that no copy is needed.
  public static func needsCopy(_ g: ConvolutionGeometry) -> Bool {
    let (height, width) = extents(g)
    return g.padTop > 0 || g.padLeft > 0 || height > g.inputHeight || width > g.inputWidth
  }

  public static func byteCount(_ g: ConvolutionGeometry, target: KernelTarget) -> Int {
    let (height, width) = extents(g)
    return g.inputChannels * height * width * target.rowBytes
  }

  /// The copy; one task is one channel of one block.
  public static func kernel(_ name: String, from: TensorSlot, to: PaddedImages, geometry g: ConvolutionGeometry)
    -> Kernel
  {
    Kernel(name, tasks: .perBlock(g.inputChannels)) { k, task in
      let b = k.b
      let row = k.rowBytes
      let source = b.offset(
        k.address(from, block: task.block), bytes: b.mulIndex(task.part, g.inputHeight * g.inputWidth * row))
      let target = b.offset(
        k.address(TensorSlot(type: from.type, place: to.place), block: task.block),
        bytes: b.mulIndex(task.part, to.height * to.width * row))
      b.forLoop(from: 0, to: b.i64(to.height), name: "row") { y in
        let inputRow = b.sub(y, g.padTop)
        b.forLoop(from: 0, to: b.i64(to.width), name: "column") { x in
          let inputColumn = b.sub(x, g.padLeft)
          // Unsigned comparison refuses negative positions too.
          let inside = b.and(
            b.icmp(.ult, inputRow, g.inputHeight), b.icmp(.ult, inputColumn, g.inputWidth))
          let pixel = b.mulIndex(b.add(b.mulIndex(inputRow, g.inputWidth), inputColumn), row)
          let at = b.offset(target, bytes: b.mulIndex(b.add(b.mulIndex(y, to.width), x), row))
          _ = b.ifThen(
            inside, name: "inside",
            {
              for vector in 0..<k.target.tileVectors {
                k.storeVector(k.loadVector(b.offset(source, bytes: pixel), vector), at, vector)
              }
              return []
            },
            else: {
              for vector in 0..<k.target.tileVectors { k.storeVector(k.vector.zero, at, vector) }
              return []
            })
        }
      }
    }
  }
}
