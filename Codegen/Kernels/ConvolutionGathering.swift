import LLVM

/// The pixels that a stretch of a result's row reaches, copied to the stack as `[row][column][channel]`.
struct Gathering {
  private let pass: ConvolutionPass
  private let words: ProductWords
  private let schedule: KernelSchedule
  /// Positions of the result in a stretch, and columns of the source that they reach.
  private let positions: Int
  private let columns: Int

  /// Nil where the schedule does without: one tile of rows reads each pixel once for each tap as it is.
  init?(
    _ pass: ConvolutionPass, _ words: ProductWords, _ schedule: KernelSchedule, _ target: KernelTarget
  ) {
    guard schedule[.gatheredBytes] > 0, Self.fits(pass, target) else { return nil }
    self.pass = pass
    self.words = words
    self.schedule = schedule
    positions = Self.positions(pass, bytes: schedule[.gatheredBytes], target)
    columns = pass.reach(columns: positions)
  }

  private static func columnBytes(_ pass: ConvolutionPass, _ target: KernelTarget) -> Int {
    pass.visitedRows * pass.depth * target.rowBytes
  }

  /// False where the pixels that one position reaches are too many for the stack.
  static func fits(_ pass: ConvolutionPass, _ target: KernelTarget) -> Bool {
    pass.reach(columns: 1) * columnBytes(pass, target) <= 2 * target.gatheredBytes
  }

  /// Positions of a stretch whose pixels take about so many bytes.
  static func positions(_ pass: ConvolutionPass, bytes: Int, _ target: KernelTarget) -> Int {
    let columnBytes = columnBytes(pass, target)
    let most = (1...pass.width).last { pass.reach(columns: $0) * columnBytes <= bytes } ?? 1
    let stretches = (pass.width + most - 1) / most
    return (pass.width + stretches - 1) / stretches
  }

  /// True where more than half of the ways of a set would be taken by channels of the same pixel: in a first cache of 64 sets
  /// of 8 lines of 64 bytes, which most processors have had for long.
  static func crowds(_ pass: ConvolutionPass, _ target: KernelTarget) -> Bool {
    let lines = pass.sourceHeight * pass.sourceWidth * max(1, target.rowBytes / 64)
    var common = 64
    while lines % common != 0 { common /= 2 }
    return pass.depth * common / 64 > 4
  }

  /// Steps of depth that the tile's code has in one turn of its loop.
  private var unrolled: Int { max(1, schedule[.unrolledDepth]) }

  /// A row of the result from packed weights, stretch by stretch.
  func emit(
    _ k: KernelBuilder, _ epilogue: ProductEpilogue, source: LLVMValue, weights: LLVMValue,
    rows: ConvolutionPass.Taps, _ call: (LLVMValue) -> ProductFunction.Call
  ) {
    let b = k.b
    let row = k.rowBytes
    let packed = PackedWeights(pass, tileRows: schedule[.tileRows])
    let product = ProductRows(
      k, rows: pass.rows, tileRows: schedule[.tileRows],
      broadcasts: .packed(
        depth: pass.geometry.kernelWidth * pass.depth, outerStep: pass.kernelStep.rows * packed.rowBytes),
      epilogue: epilogue, outStep: pass.height * pass.width * row, depth: unrolled, vectorStep: row,
      outer: .init(vectorStep: columns * pass.depth * row, broadcastStep: 0),
      asksAhead: schedule[.asksAhead] > 0, words: words)
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
