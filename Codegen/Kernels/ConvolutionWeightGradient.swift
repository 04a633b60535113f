import IR
import LLVM

/// A convolution's weight gradient, `dw[o, i, kh, kw] = sum over images and map positions of dy[o] x[i, at the tap]`: a product
/// whose vectors are output channels and whose rows are the taps of one row of the kernel, for as many input channels as fill
/// the tile.
///
/// A task has a strip of o (what the vectors hold) and a share of the map's positions in all blocks. It goes through them in
/// stretches: those of dy are turned to channels in the lanes on its stack, in the first cache, where every tile reads them; x is read where it lies. A tile's sums are stored behind a stretch: two memory operations an
/// accumulator for some hundred multiply-adds. So dy is read once a call, x once for each strip, and nothing is copied to
/// memory. Rows of the kernel that lie in the padding are skipped, and in columns at the edge the taps that do.
///
/// A task's sums lie in scratch, `[strip][share][channel of a tile][tap][o of the strip]`; a second kernel adds the shares in
/// their order and scatters the sums to the weights' layout.
struct ConvolutionWeightGradient {
  let geometry: ConvolutionGeometry
  /// What dy and x hold: numbers of an image, or of two, as `target` has them.
  let words: ProductWords
  let schedule: KernelSchedule
  let target: KernelTarget

  private var g: ConvolutionGeometry { geometry }
  private var vectors: Int { schedule[.stripVectors] }
  private var stripWidth: Int { vectors * target.lanes }
  private var strips: Int { TransposeKernel.Target.strips(g.outputChannels, vectors: vectors, target) }
  private var taps: Int { g.kernelHeight * g.kernelWidth }

  /// Work for some threads, of even size. Fixed, like the shares: the same sums at any number of threads.
  private var shares: Int { max(1, schedule[.tasks] / strips) }

  private var tapBytes: Int { stripWidth * 4 }
  private var taskBytes: Int { channelTiles * grouping.channels * taps * tapBytes }
  /// Bytes of scratch that the sums take.
  var sumBytes: Int { strips * shares * taskBytes }

  /// What a stretch has of the map: some rows, or a part of one.
  private struct Stretch {
    let rows: Int
    let columns: Int
    /// Stretches side by side, and of a whole map.
    let segments: Int
    let count: Int

    init(_ g: ConvolutionGeometry, most: Int) {
      let (height, width) = (g.outputHeight, g.outputWidth)
      let widest = min(width, max(1, most))
      segments = (width + widest - 1) / widest
      columns = (width + segments - 1) / segments
      rows = segments > 1 ? 1 : max(1, min(height, most / width))
      count = (height + rows - 1) / rows * segments
    }
  }

  private var positionBytes: Int { target.blockImages * stripWidth * 4 }
  private var stretch: Stretch { Stretch(g, most: schedule[.stretchBytes] / positionBytes) }

  /// Channels and columns of the kernel that share a tile.
  private struct TapGroup {
    let channels: Int
    let columns: Range<Int>
  }

  /// The parts that a row of the kernel is cut into, and the channels of a tile: the tile with the most rows, of those the one
  /// with the longest parts. 6 rows hold 2 channels of a row of 3 taps, 3 of half a row of 4.
  private var grouping: (columns: [Range<Int>], channels: Int) {
    let candidates = (1...g.kernelWidth).map { parts in
      let longest = (g.kernelWidth + parts - 1) / parts
      return (longest: longest, channels: min(g.inputChannels, schedule[.tileRows] / longest))
    }
    let best = candidates.max { $0.longest * $0.channels < $1.longest * $1.channels } ?? (1, 1)
    let columns = tileRuns(g.kernelWidth, limit: best.longest).flatMap { run in
      (0..<run.tiles).map { run.start + $0 * run.size..<run.start + ($0 + 1) * run.size }
    }
    let tiles = (g.inputChannels + best.channels - 1) / best.channels
    return (columns, (g.inputChannels + tiles - 1) / tiles)
  }

  /// Tiles that the input channels take. All have as many, so that code is there once: the last one begins sooner where they do
  /// not divide, and has some of the one before it again.
  private var channelTiles: Int { (g.inputChannels + grouping.channels - 1) / grouping.channels }

  /// Where the sums of an input channel lie, of those of all tiles.
  private func place(of channel: LLVMValue, _ b: LLVMBuilder) -> LLVMValue {
    let whole = g.inputChannels / grouping.channels * grouping.channels
    let last = b.addIndex(channel, whole - (g.inputChannels - grouping.channels))
    return b.select(b.icmp(.slt, channel, whole), channel, last)
  }

  func kernels(_ name: String, dy: TensorSlot, x: TensorSlot, dw: TensorSlot, sums: Place) -> [Kernel] {
    let sums = TensorSlot(type: dw.type, place: sums)
    return [products(name + "_products", dy: dy, x: x, sums: sums), addition(name, sums: sums, dw: dw)]
  }

  /// One task is a strip and a share of the stretches.
  private func products(_ name: String, dy: TensorSlot, x: TensorSlot, sums: TensorSlot) -> Kernel {
    let (shares, stretch) = (shares, stretch)
    return Kernel(name, tasks: .fixed(strips * shares)) { k, task in
      let b = k.b
      let (strip, share) = (b.udiv(task.part, shares), b.urem(task.part, shares))
      let out = b.offset(k.address(sums), bytes: b.mulIndex(task.part, taskBytes))
      b.forLoop(from: 0, to: b.i64(taskBytes), step: k.lanes * 4, name: "clear") {
        b.store(k.vector.zero, to: b.offset(out, bytes: $0))
      }
      let copy = b.stackSlot(
        b.context.i8.array(of: stretch.rows * stretch.columns * positionBytes), align: 64, name: "stretch")
      let all = b.mulIndex(k.blocks(), stretch.count)
      let first = b.udiv(b.mulIndex(all, share), shares)
      let end = b.udiv(b.mul(all, b.add(share, 1)), shares)
      b.forLoop(from: first, to: end, name: "stretch") { number in
        let (block, inMap) = (b.udiv(number, stretch.count), b.urem(number, stretch.count))
        let rows = extent(k, b.udiv(inMap, stretch.segments), size: stretch.rows, of: g.outputHeight)
        let columns = extent(k, b.urem(inMap, stretch.segments), size: stretch.columns, of: g.outputWidth)
        turn(k, k.address(dy, block: block), strip: strip, rows: rows, columns: columns, to: copy)
        add(k, copy, image: k.address(x, block: block), rows: rows, columns: columns, to: out)
      }
    }
  }

  /// The first and the end of part `number` of an axis.
  private func extent(_ k: KernelBuilder, _ number: LLVMValue, size: Int, of extent: Int) -> (
    first: LLVMValue, end: LLVMValue
  ) {
    guard size < extent else { return (k.b.i64(0), k.b.i64(extent)) }
    let first = k.b.mulIndex(number, size)
    return (first, k.clamp(k.b.addIndex(first, size), 0, extent))
  }

  /// Copies a stretch of a strip of dy as `[row][column][image][channel of the strip]`.
  private func turn(
    _ k: KernelBuilder, _ map: LLVMValue, strip: LLVMValue, rows: (first: LLVMValue, end: LLVMValue),
    columns: (first: LLVMValue, end: LLVMValue), to copy: LLVMValue
  ) {
    let b = k.b
    let channelStep = g.outputHeight * g.outputWidth * k.rowBytes
    let from = b.offset(map, bytes: b.mulIndex(strip, stripWidth * channelStep))
    func positions(channels: Int) {
      b.forLoop(from: rows.first, to: rows.end, name: "row") { row in
        b.forLoop(from: columns.first, to: columns.end, name: "turn") { column in
          let position = b.add(b.mulIndex(row, g.outputWidth), column)
          k.transposePosition(
            b.offset(from, bytes: b.mulIndex(position, k.rowBytes)), channelStep: channelStep,
            channels: channels, vectors: vectors, to: place(k, copy, row, column, rows, columns))
        }
      }
    }
    let whole = g.outputChannels / stripWidth
    let rest = g.outputChannels % stripWidth
    guard rest > 0 else { return positions(channels: stripWidth) }
    guard whole > 0 else { return positions(channels: rest) }
    _ = b.ifThen(
      b.icmp(.slt, strip, whole), name: "whole",
      {
        positions(channels: stripWidth)
        return []
      },
      else: {
        positions(channels: rest)
        return []
      })
  }

  private func place(
    _ k: KernelBuilder, _ copy: LLVMValue, _ row: LLVMValue, _ column: LLVMValue,
    _ rows: (first: LLVMValue, end: LLVMValue), _ columns: (first: LLVMValue, end: LLVMValue)
  ) -> LLVMValue {
    let b = k.b
    let number = b.add(
      b.mulIndex(b.sub(row, rows.first), stretch.columns), b.sub(column, columns.first))
    return b.offset(copy, bytes: b.mulIndex(number, positionBytes))
  }

  /// Adds what a stretch gives to all sums.
  private func add(
    _ k: KernelBuilder, _ copy: LLVMValue, image: LLVMValue, rows: (first: LLVMValue, end: LLVMValue),
    columns: (first: LLVMValue, end: LLVMValue), to sums: LLVMValue
  ) {
    let b = k.b
    let (columnRuns, channels) = grouping
    b.forLoop(from: 0, to: b.i64(channelTiles), name: "channel") { number in
      let slot = b.mulIndex(number, channels)
      let channel = b.minimum(slot, b.i64(g.inputChannels - channels))
      b.forLoop(from: 0, to: b.i64(g.kernelHeight), name: "tap") { tap in
        let (first, end) = validRows(k, tap)
        let rowsOfTap = (first: b.maximum(first, rows.first), end: b.minimum(end, rows.end))
        b.ifThen(b.icmp(.slt, rowsOfTap.first, rowsOfTap.end), name: "inside") {
          let line = b.add(b.mulIndex(channel, g.inputHeight), b.sub(tap, g.padTop))
          let pixels = b.mulIndex(line, g.inputWidth * k.rowBytes)
          let tapNumber = b.add(b.mulIndex(slot, taps), b.mulIndex(tap, g.kernelWidth))
          let out = b.offset(sums, bytes: b.mulIndex(tapNumber, tapBytes))
          for taps in columnRuns {
            add(
              k, TapGroup(channels: channels, columns: taps), to: out, rows: rowsOfTap, columns: columns,
              vectors: { place(k, copy, $0, $1, rows, columns) },
              broadcasts: { row in
                let line = b.mulIndex(row, g.strideHeight * g.inputWidth * k.rowBytes)
                return b.offset(image, bytes: b.add(pixels, line))
              })
          }
        }
      }
    }
  }

  /// The rows of the map for which a row of the kernel lies inside the image.
  private func validRows(_ k: KernelBuilder, _ tap: LLVMValue) -> (LLVMValue, LLVMValue) {
    let b = k.b
    let stride = g.strideHeight
    let missing = b.maximum(b.sub(b.i64(g.padTop), tap), b.i64(0))
    let first = b.udiv(b.add(missing, stride - 1), stride)
    let past = b.maximum(b.sub(b.i64(g.inputHeight - 1 + g.padTop + stride), tap), b.i64(0))
    return (first, b.udiv(past, stride))
  }

  /// Adds what some rows of the map give to a tile's sums.
  ///
  /// - Parameters:
  ///   - vectors: a position's place in the copy.
  ///   - broadcasts: the line of the image that the kernel's row meets in a row of the map, from its first column on.
  private func add(
    _ k: KernelBuilder, _ group: TapGroup, to sums: LLVMValue, rows: (first: LLVMValue, end: LLVMValue),
    columns: (first: LLVMValue, end: LLVMValue), vectors place: (LLVMValue, LLVMValue) -> LLVMValue,
    broadcasts: (LLVMValue) -> LLVMValue
  ) {
    let b = k.b
    let sums = b.opaque(sums)
    let members = (0..<group.channels).flatMap { channel in group.columns.map { (channel, $0) } }
    func address(_ member: (channel: Int, column: Int), _ vector: Int) -> LLVMValue {
      b.offset(
        sums, bytes: (member.channel * taps + member.column) * tapBytes + vector * k.lanes * 4)
    }
    /// The product for members that are there in all of `count` columns from `first` on.
    func product(
      _ present: [Int], _ row: LLVMValue, from first: LLVMValue, count: LLVMValue, isRare: Bool = false,
      _ sums: inout [[LLVMValue]]
    ) {
      let tile = ProductTile(
        rowOffsets: present.map {
          (members[$0].0 * g.inputHeight * g.inputWidth + members[$0].1 - g.padLeft) * k.rowBytes
        }, vectors: vectors, depth: target.blockImages, vectorStep: stripWidth * 4, broadcastStep: 4,
        outer: .none, inner: .init(vectorStep: positionBytes, broadcastStep: g.strideWidth * k.rowBytes),
        words: words, isRare: isRare)
      let results = tile.emit(
        k, vectors: place(row, first),
        broadcasts: b.offset(broadcasts(row), bytes: b.mulIndex(first, g.strideWidth * k.rowBytes)),
        outerCount: b.i64(1), innerCount: count, initial: present.map { sums[$0] })
      for (index, result) in zip(present, results) { sums[index] = result }
    }
    let initial = members.flatMap { member in
      (0..<vectors).map { b.load(k.vector, from: address(member, $0)) }
    }
    let results = b.forLoop(from: rows.first, to: rows.end, carrying: initial, name: "row") { row, carried in
      var sums = members.indices.map { Array(carried[$0 * vectors..<($0 + 1) * vectors]) }
      let interior = interior(of: group)
      for column in 0..<g.outputWidth where !interior.contains(column) {
        let present = members.indices.filter { g.validColumns(tap: members[$0].1).contains(column) }
        guard !present.isEmpty else { continue }
        func add(_ sums: inout [[LLVMValue]]) {
          product(present, row, from: b.i64(column), count: b.i64(1), isRare: true, &sums)
        }
        guard stretch.segments > 1 else {
          add(&sums)
          continue
        }
        let isHere = b.and(b.icmp(.sle, columns.first, column), b.icmp(.sgt, columns.end, column))
        let before = sums.flatMap { $0 }
        let after = b.ifThen(
          isHere, name: "edge",
          {
            add(&sums)
            return sums.flatMap { $0 }
          }, else: { before })
        sums = members.indices.map { Array(after[$0 * vectors..<($0 + 1) * vectors]) }
      }
      let first = b.maximum(columns.first, b.i64(interior.lowerBound))
      let end = b.minimum(columns.end, b.i64(interior.upperBound))
      product(Array(members.indices), row, from: first, count: b.sub(end, first), &sums)
      return sums.flatMap { $0 }
    }
    for (index, member) in members.enumerated() {
      for vector in 0..<vectors { b.store(results[index * vectors + vector], to: address(member, vector)) }
    }
  }

  /// The columns of the map for which all taps of a group lie inside the image.
  private func interior(of group: TapGroup) -> Range<Int> {
    let valid = group.columns.map { g.validColumns(tap: $0) }
    let first = valid.map(\.lowerBound).max() ?? 0
    return first..<max(first, valid.map(\.upperBound).min() ?? first)
  }

  /// Adds the shares of the sums and copies them to `[o, i, kh, kw]`. One task is some channels of a strip.
  private func addition(_ name: String, sums: TensorSlot, dw: TensorSlot) -> Kernel {
    let runs = min(g.inputChannels, max(1, schedule[.tasks] / strips))
    return Kernel(name, tasks: .fixed(strips * runs)) { k, task in
      let b = k.b
      let (strip, run) = (b.udiv(task.part, runs), b.urem(task.part, runs))
      let first = b.udiv(b.mulIndex(run, g.inputChannels), runs)
      let end = b.udiv(b.mulIndex(b.add(run, 1), g.inputChannels), runs)
      let rest = b.sub(b.i64(g.outputChannels), b.mulIndex(strip, stripWidth))
      let lanes = b.minimum(rest, b.i64(stripWidth))
      let ofStrip = b.offset(k.address(sums), bytes: b.mulIndex(strip, shares * taskBytes))
      let total = b.stackSlot(b.context.i8.array(of: taps * tapBytes), align: 64, name: "total")
      b.forLoop(from: first, to: end, name: "channel") { channel in
        let ofChannel = b.offset(ofStrip, bytes: b.mulIndex(place(of: channel, b), taps * tapBytes))
        b.forLoop(from: 0, to: b.i64(taps * tapBytes), step: k.lanes * 4, name: "add") { byte in
          let place = b.offset(ofChannel, bytes: byte)
          let sum = (1..<shares).reduce(b.load(k.vector, from: place)) {
            b.add($0, b.load(k.vector, from: b.offset(place, bytes: $1 * taskBytes)))
          }
          b.store(sum, to: b.offset(total, bytes: byte))
        }
        b.forLoop(from: 0, to: lanes, name: "lane") { lane in
          let o = b.add(b.mulIndex(strip, stripWidth), lane)
          let weight = b.mulIndex(b.add(b.mulIndex(o, g.inputChannels), channel), taps)
          b.forLoop(from: 0, to: b.i64(taps), name: "tap") { tap in
            let from = b.add(b.mulIndex(tap, stripWidth), lane)
            b.store(
              k.loadFloat(b.offset(total, bytes: b.mulIndex(from, 4))),
              to: b.offset(k.address(dw), bytes: b.mulIndex(b.add(weight, tap), 4)))
          }
        }
      }
    }
  }
}

extension WeightGradientKernels {
  /// `dw[o, i, kh, kw] = sum over images and map positions of dy[o] x[i, at the tap]`.
  ///
  /// - Parameter sums: scratch for `sumBytes`.
  public static func convolution(
    _ name: String, dy: TensorSlot, x: TensorSlot, dw: TensorSlot, sums: Place, geometry: ConvolutionGeometry,
    words: ProductWords, schedule: KernelSchedule, target: KernelTarget
  ) -> [Kernel] {
    ConvolutionWeightGradient(geometry: geometry, words: words, schedule: schedule, target: target).kernels(
      name, dy: dy, x: x, dw: dw, sums: sums)
  }

  /// Bytes of the sums that a convolution's weight gradient adds up.
  public static func sumBytes(
    _ geometry: ConvolutionGeometry, schedule: KernelSchedule, target: KernelTarget
  ) -> Int {
    ConvolutionWeightGradient(geometry: geometry, words: .floats, schedule: schedule, target: target).sumBytes
  }
}
