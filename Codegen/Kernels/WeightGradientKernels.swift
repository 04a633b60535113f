import IR
import LLVM

/// Weight gradients: products that sum over images and positions. One side is transposed so that channels lie in its
/// lanes (TransposeKernel); of the other, single floats are broadcast from where they lie.
public enum WeightGradientKernels {
  /// `dw[o, i] = sum over images of dy[o] x[i]`, with x transposed.
  ///
  /// One task is a strip of columns i for all o.
  public static func dense(
    _ name: String, dy: TensorSlot, x: TransposeKernel.Target, dw: TensorSlot, target: KernelTarget
  ) -> Kernel {
    let (outputs, inputs) = (dw.type.extents[0], dw.type.extents[1])
    let width = x.vectors * target.lanes
    return Kernel(name, tasks: .fixed(x.strips(target))) { k, task in
      let b = k.b
      let columns = TensorSlot(type: dy.type, place: x.place)
      let strip = b.mulIndex(task.part, x.stripBytes(k.target))
      let out = b.offset(k.address(dw), bytes: b.mulIndex(task.part, width * 4))
      func rows(_ store: (_ sum: LLVMValue, _ place: LLVMValue, _ vector: Int) -> Void) {
        for run in tileRuns(outputs, limit: k.target.tileRows) {
          let tile = ProductTile(
            rowOffsets: (0..<run.size).map { $0 * k.rowBytes }, vectors: x.vectors,
            depth: k.target.blockImages, vectorStep: width * 4, broadcastStep: 4, outer: .none, inner: .none)
          b.forLoop(from: 0, to: b.i64(run.tiles), name: "rows") { index in
            let row = b.addIndex(b.mulIndex(index, run.size), run.start)
            let sums = sumBlocks(k, tile) { block in
              (
                b.offset(k.address(columns, block: block), bytes: strip),
                b.offset(k.address(dy, block: block), bytes: b.mulIndex(row, k.rowBytes))
              )
            }
            let first = b.offset(out, bytes: b.mulIndex(row, inputs * 4))
            for (index, sum) in sums.enumerated() {
              let (row, vector) = (index / x.vectors, index % x.vectors)
              store(sum, b.offset(first, bytes: row * inputs * 4 + vector * k.lanes * 4), vector)
            }
          }
        }
      }
      func whole() { rows { sum, place, _ in b.store(sum, to: place) } }
      func rest() {
        let masks = (0..<x.vectors).map {
          b.mask(below: b.i32(max(0, inputs % width - $0 * k.lanes)), lanes: k.lanes)
        }
        rows { sum, place, vector in b.maskedStore(sum, to: place, mask: masks[vector]) }
      }
      // Masked stores are slow on some processors: the last strip alone has them, where it is not whole.
      if inputs % width == 0 {
        whole()
      } else if inputs < width {
        rest()
      } else {
        _ = b.ifThen(
          b.icmp(.slt, task.part, inputs / width), name: "whole",
          {
            whole()
            return []
          },
          else: {
            rest()
            return []
          })
      }
    }
  }

  /// The sums of a tile over all blocks: [row * vectors + vector].
  ///
  /// - Parameter operands: the addresses of a block's vectors and broadcast floats.
  private static func sumBlocks(
    _ k: KernelBuilder, _ tile: ProductTile, operands: (LLVMValue) -> (LLVMValue, LLVMValue)
  ) -> [LLVMValue] {
    let b = k.b
    let zeros = Array(repeating: k.vector.zero, count: tile.rows * tile.vectors)
    return b.forLoop(from: 0, to: k.blocks(), carrying: zeros, name: "block") { block, sums in
      let (vectors, broadcasts) = operands(block)
      let initial = (0..<tile.rows).map { Array(sums[$0 * tile.vectors..<($0 + 1) * tile.vectors]) }
      return tile.emit(
        k, vectors: vectors, broadcasts: broadcasts, outerCount: b.i64(1), innerCount: b.i64(1),
        initial: initial
      ).flatMap { $0 }
    }
  }

  /// `dw[o, i, kh, kw] = sum over images and map positions of dy[o] x[i, at the tap]`, with dy transposed and x in a copy
  /// with its padding written out, so that every tap of every position is there.
  ///
  /// - Parameter sums: scratch for `sumBytes`.
  public static func convolution(
    _ name: String, dy: TransposeKernel.Target, x: PaddedImages, dw: TensorSlot, sums: Place,
    geometry: ConvolutionGeometry, target: KernelTarget
  ) -> Kernel {
    ConvolutionWeightGradient(dy: dy, x: x, dw: dw, sums: sums, geometry: geometry, target: target).kernel(name)
  }

  /// Bytes of the sums that a convolution's weight gradient adds up.
  public static func sumBytes(_ geometry: ConvolutionGeometry, target: KernelTarget) -> Int {
    let channels =
      TransposeKernel.Target.byteCount(
        channels: geometry.outputChannels, positions: 1, target: target) / target.blockImages
    return channels * geometry.inputChannels * geometry.kernelHeight * geometry.kernelWidth
  }
}

/// A convolution's weight gradient. A tile is a strip of o by a group of taps of one image channel; a task has a strip and some
/// image channels (some groups of taps, where there are few channels).
///
/// Every channel and group of a task reads the same strip of dy, so the positions are cut into stretches of rows that stay
/// in the first cache meanwhile (16 KiB with AVX2, half of it). Behind a stretch a tile's sums are stored: two memory operations an accumulator
/// for some hundred multiply-adds. They lie in scratch `[strip][channel][tap][o of the strip]` and are scattered to the
/// weights' layout at the end.
private struct ConvolutionWeightGradient {
  let dy: TransposeKernel.Target
  let x: PaddedImages
  let dw: TensorSlot
  let sums: Place
  let geometry: ConvolutionGeometry
  let target: KernelTarget

  private var stretchBytes: Int { target.lanes * 2 * 1024 }
  /// Work for some threads, of even size.
  private static let wantedTasks = 16

  private var g: ConvolutionGeometry { geometry }
  private var taps: [(row: Int, column: Int)] {
    (0..<g.kernelHeight).flatMap { row in (0..<g.kernelWidth).map { (row: row, column: $0) } }
  }
  private var groups: [[(row: Int, column: Int)]] {
    tileRuns(taps.count, limit: target.tileRows).flatMap { run in
      (0..<run.tiles).map { Array(taps[run.start + $0 * run.size..<run.start + ($0 + 1) * run.size]) }
    }
  }
  private var stripWidth: Int { dy.vectors * target.lanes }

  func kernel(_ name: String) -> Kernel {
    let strips = dy.strips(target)
    let channelRuns = min(g.inputChannels, max(1, (Self.wantedTasks + strips - 1) / strips))
    let channelsOfRun = (g.inputChannels + channelRuns - 1) / channelRuns
    let runs = (g.inputChannels + channelsOfRun - 1) / channelsOfRun
    let splitsGroups = strips * runs < Self.wantedTasks / 2 && groups.count > 1
    let parts = splitsGroups ? groups.count : 1
    return Kernel(name, tasks: .fixed(strips * runs * parts)) { k, task in
      let b = k.b
      let strip = b.udiv(task.part, runs * parts)
      let first = b.mulIndex(b.urem(b.udiv(task.part, parts), runs), channelsOfRun)
      let past = b.addIndex(first, channelsOfRun)
      let end = b.select(b.icmp(.slt, past, g.inputChannels), past, b.i64(g.inputChannels))
      for (number, group) in groups.enumerated() {
        let emit = { emitGroups(k, splitsGroups ? [group] : groups, strip: strip, from: first, to: end) }
        if splitsGroups {
          b.ifThen(b.icmp(.eq, b.urem(task.part, parts), number), name: "group") { emit() }
        } else if number == 0 {
          emit()
        }
      }
    }
  }

  private func emitGroups(
    _ k: KernelBuilder, _ groups: [[(row: Int, column: Int)]], strip: LLVMValue, from first: LLVMValue,
    to end: LLVMValue
  ) {
    let b = k.b
    let positionBytes = target.blockImages * stripWidth * 4
    let rows = max(1, min(g.outputHeight, stretchBytes / (g.outputWidth * positionBytes)))
    b.forLoop(from: 0, to: k.blocks(), name: "block") { block in
      let map = b.offset(
        k.address(TensorSlot(type: dw.type, place: dy.place), block: block),
        bytes: b.mulIndex(strip, dy.stripBytes(target)))
      let image = k.address(TensorSlot(type: dw.type, place: x.place), block: block)
      b.forLoop(from: 0, to: b.i64(g.outputHeight), step: rows, name: "stretch") { row in
        let past = b.addIndex(row, rows)
        let stop = b.select(b.icmp(.slt, past, g.outputHeight), past, b.i64(g.outputHeight))
        let isFirst = b.icmp(.eq, b.add(block, row), 0)
        let positions = b.offset(map, bytes: b.mulIndex(row, g.outputWidth * positionBytes))
        b.forLoop(from: first, to: end, name: "channel") { channel in
          let line = b.add(b.mulIndex(channel, x.height), b.mulIndex(row, g.strideHeight))
          let pixels = b.offset(image, bytes: b.mulIndex(line, x.width * k.rowBytes))
          for group in groups {
            add(
              k, group, positions: positions, pixels: pixels, rows: b.sub(stop, row),
              to: sumsAddress(k, strip, channel, group), isFirst: isFirst)
          }
        }
      }
    }
    b.forLoop(from: first, to: end, name: "scatter") { channel in
      for group in groups { scatter(k, group, strip: strip, channel: channel) }
    }
  }

  private func tapNumber(_ tap: (row: Int, column: Int)) -> Int { tap.row * g.kernelWidth + tap.column }

  private func sumsAddress(
    _ k: KernelBuilder, _ strip: LLVMValue, _ channel: LLVMValue, _ group: [(row: Int, column: Int)]
  ) -> LLVMValue {
    let b = k.b
    let row = b.mulIndex(b.add(b.mulIndex(strip, g.inputChannels), channel), taps.count)
    return b.offset(
      k.address(TensorSlot(type: dw.type, place: sums)),
      bytes: b.mulIndex(b.addIndex(row, tapNumber(group[0])), stripWidth * 4))
  }

  /// Adds what a stretch of rows gives to a tile's sums.
  private func add(
    _ k: KernelBuilder, _ group: [(row: Int, column: Int)], positions: LLVMValue, pixels: LLVMValue,
    rows: LLVMValue, to sums: LLVMValue, isFirst: LLVMValue
  ) {
    let b = k.b
    let images = target.blockImages
    let imageBytes = stripWidth * 4
    let product = ProductTile(
      rowOffsets: group.map { ($0.row * x.width + $0.column) * k.rowBytes }, vectors: dy.vectors, depth: images,
      vectorStep: imageBytes, broadcastStep: 4,
      outer: .init(
        vectorStep: g.outputWidth * images * imageBytes, broadcastStep: g.strideHeight * x.width * k.rowBytes),
      inner: .init(vectorStep: images * imageBytes, broadcastStep: g.strideWidth * k.rowBytes))
    func place(_ row: Int, _ vector: Int) -> LLVMValue {
      b.offset(sums, bytes: (row * dy.vectors + vector) * k.lanes * 4)
    }
    let initial = group.indices.map { row in
      (0..<dy.vectors).map { b.select(isFirst, k.vector.zero, b.load(k.vector, from: place(row, $0))) }
    }
    let results = product.emit(
      k, vectors: positions, broadcasts: pixels, outerCount: rows, innerCount: b.i64(g.outputWidth),
      initial: initial)
    for (row, vectors) in results.enumerated() {
      for (vector, sum) in vectors.enumerated() { b.store(sum, to: place(row, vector)) }
    }
  }

  /// Copies a tile's sums to `[o, i, kh, kw]`: lanes are output channels.
  private func scatter(
    _ k: KernelBuilder, _ group: [(row: Int, column: Int)], strip: LLVMValue, channel: LLVMValue
  ) {
    let b = k.b
    let sums = sumsAddress(k, strip, channel, group)
    let rest = b.sub(b.i64(g.outputChannels), b.mulIndex(strip, stripWidth))
    let end = b.select(b.icmp(.slt, rest, stripWidth), rest, b.i64(stripWidth))
    b.forLoop(from: 0, to: end, name: "lane") { lane in
      let o = b.add(b.mulIndex(strip, stripWidth), lane)
      let weight = b.mulIndex(b.add(b.mulIndex(o, g.inputChannels), channel), taps.count)
      let target = b.offset(k.address(dw), bytes: b.mulIndex(weight, 4))
      for (index, tap) in group.enumerated() {
        let sum = k.loadFloat(b.offset(sums, bytes: b.addIndex(b.mulIndex(lane, 4), index * stripWidth * 4)))
        b.store(sum, to: b.offset(target, bytes: tapNumber(tap) * 4))
      }
    }
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
