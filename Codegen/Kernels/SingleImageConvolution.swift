import IR
import LLVM

/// Convolution and transposed convolution of one image at a time, neighbouring pixels in the lanes and single weights
/// broadcast from where they lie: the register tile of ProductTile, with positions where blocks have images.
///
/// A tile goes through the positions of a row. Where rows are shorter than a vector it goes through those of a whole map as they
/// lie in a plane, row behind row: all of them at once, or two vectors at a time, so that each weight is read few times. What it
/// computes between the end of a row and the beginning of the next is dropped.
///
/// Neighbouring positions have to read neighbouring floats. So the source is first copied into planes with its padding
/// written out: for a convolution of stride s, s x s planes of every s-th row and column, in each of which a tap is the
/// same displacement for all positions; for its transpose one plane, and the positions of the result are done phase by
/// phase, s x s of them, each with the taps that reach it.
public struct SingleImageConvolution {
  private let pass: ConvolutionPass
  private let target: KernelTarget
  private let planeRows: Int
  private let planeColumns: Int
  /// Between the source's rows of a plane: row r of plane (a, b) is row `r * spread + a - border` of the source.
  private let spread: (rows: Int, columns: Int)
  private let border: (rows: Int, columns: Int)
  private let phases: [Phase]

  /// Positions of the result that have the same taps: position (m, n) is row `m * step + row`, column `n * step + column`.
  private struct Phase {
    var row: Int
    var column: Int
    var rows: Range<Int>
    var columns: Range<Int>
    /// For each tap its displacement in the planes, in floats from position (0, 0), and its number in the kernel.
    var taps: [(displacement: Int, weight: Int)]
  }

  public init(_ geometry: ConvolutionGeometry, isTransposed: Bool, target: KernelTarget) {
    let g = geometry
    pass = ConvolutionPass(geometry: g, isTransposed: isTransposed)
    self.target = target.singleImage
    let vertical = Axis(
      isTransposed, kernel: g.kernelHeight, stride: g.strideHeight, pad: g.padTop, result: pass.height)
    let horizontal = Axis(
      isTransposed, kernel: g.kernelWidth, stride: g.strideWidth, pad: g.padLeft, result: pass.width)
    (planeRows, planeColumns) = (vertical.length, horizontal.length)
    spread = (vertical.planes, horizontal.planes)
    border = (vertical.border, horizontal.border)
    let plane = planeRows * planeColumns
    var phases: [Phase] = []
    for row in vertical.phases {
      for column in horizontal.phases where !row.positions.isEmpty && !column.positions.isEmpty {
        let taps = row.taps.flatMap { v in
          column.taps.map { h in
            (
              displacement: (v.plane * horizontal.planes + h.plane) * plane + v.shift * horizontal.length
                + h.shift, weight: v.tap * g.kernelWidth + h.tap
            )
          }
        }
        phases.append(
          Phase(
            row: row.offset, column: column.offset, rows: row.positions, columns: column.positions, taps: taps))
      }
    }
    self.phases = phases
  }

  /// What the planes and phases are along one axis.
  private struct Axis {
    struct Phase {
      var offset: Int
      var positions: Range<Int>
      var taps: [(plane: Int, shift: Int, tap: Int)]
    }
    let planes: Int
    let border: Int
    let length: Int
    let phases: [Phase]

    init(_ isTransposed: Bool, kernel: Int, stride: Int, pad: Int, result: Int) {
      guard isTransposed else {
        // Tap t of position p reads padded row p * stride + t: row p + t / stride of plane t % stride.
        planes = stride
        border = pad
        length = result + (kernel - 1) / stride
        let taps = (0..<kernel).map { (plane: $0 % stride, shift: $0 / stride, tap: $0) }
        phases = [Phase(offset: 0, positions: 0..<result, taps: taps)]
        return
      }
      // Position stride * m + f - pad of phase f meets source row m - j with tap f + j * stride.
      let reach = (kernel - 1) / stride
      planes = 1
      border = reach
      length = (result - 1 + pad) / stride + 1 + reach
      phases = (0..<stride).map { f in
        let first = max(0, (pad - f + stride - 1) / stride)
        let end = result - 1 + pad - f < 0 ? first : (result - 1 + pad - f) / stride + 1
        let taps = Swift.stride(from: f, to: max(f, kernel), by: stride).enumerated().map { j, tap in
          (plane: 0, shift: reach - j, tap: tap)
        }
        return Phase(offset: f - pad, positions: first..<max(first, end), taps: taps)
      }
    }
  }

  private var planeCount: Int { spread.rows * spread.columns }
  /// Floats from one channel of the planes to the next: an odd number of lines, so that the channels of a position do not crowd
  /// a few sets of the caches.
  private var channelFloats: Int {
    // The last row's last vector may reach behind it.
    let lines = (planeCount * planeRows * planeColumns + target.lanes - 1 + 15) / 16
    return (lines | 1) * 16
  }
  /// The positions of a phase as they lie in a plane, those between its rows included.
  private func span(_ phase: Phase) -> Int { (phase.rows.count - 1) * planeColumns + phase.columns.count }
  private func vectors(of positions: Int) -> Int { (positions + target.lanes - 1) / target.lanes }
  /// The most vectors of a tile, which leave it some rows.
  private static let mostVectors = 4
  /// Channels whose taps are all done before those of the next ones, where they are a multiple.
  private static let channelsAtOnce = 32
  /// True where a tile goes through all positions of a phase as they lie: where its rows are short, and not many positions lie
  /// between them.
  private var isWhole: Bool {
    phases.allSatisfy { phase in
      let all = vectors(of: span(phase))
      let tile = tileVectors(of: all)
      return phase.columns.count <= target.lanes && (all + tile - 1) / tile * tile * 4 <= phase.rows.count * 5
    }
  }
  /// Vectors of a tile that goes through so many: all of them, or two, which leave it most rows.
  private func tileVectors(of all: Int) -> Int { all <= Self.mostVectors ? all : target.tileVectors }
  /// Vectors of a tile.
  private var vectors: Int {
    guard isWhole else {
      return (phases.map(\.columns.count).max() ?? 1) > target.lanes ? target.tileVectors : 1
    }
    return tileVectors(of: phases.map { vectors(of: span($0)) }.max() ?? 1)
  }
  private var tileRows: Int { max(1, target.tileRows * target.tileVectors / vectors) }

  /// Bytes of the planes of an image. The last tile of the positions reads past it.
  public var planeBytes: Int { (pass.depth * channelFloats + vectors * target.lanes) * 4 }

  /// The kernels: the planes, then the product.
  public func kernels(
    _ name: String, operation: Operation, from: TensorSlot, w: TensorSlot, epilogue: EpilogueSlots,
    to: TensorSlot, planes: Place
  ) -> [Kernel] {
    [
      fillPlanes(name + "_planes", from: from, to: TensorSlot(type: from.type, place: planes)),
      product(
        name, ProductEpilogue(operation), planes: TensorSlot(type: from.type, place: planes), w: w,
        epilogue, to: to),
    ]
  }

  /// One task is one channel. A plane's rows are written in order, in whole vectors: what one has too much belongs to the next.
  private func fillPlanes(_ name: String, from: TensorSlot, to: TensorSlot) -> Kernel {
    Kernel(name, tasks: .perBlock(pass.depth)) { k, task in
      let k = k.with(target)
      let b = k.b
      let (height, width) = (pass.sourceHeight, pass.sourceWidth)
      let source = b.offset(
        k.address(from, block: task.block), bytes: b.mulIndex(task.part, height * width * 4))
      let planes = b.offset(k.address(to, block: task.block), bytes: b.mulIndex(task.part, channelFloats * 4))
      for (vertical, horizontal) in (0..<spread.rows).flatMap({ v in (0..<spread.columns).map { (v, $0) } }) {
        let plane = (vertical * spread.columns + horizontal) * planeRows * planeColumns
        b.forLoop(from: 0, to: b.i64(planeRows), name: "row") { planeRow in
          let row = b.addIndex(b.mulIndex(planeRow, spread.rows), vertical - border.rows)
          let isInside = b.icmp(.ult, row, b.i64(height))
          let line = b.offset(source, bytes: b.mulIndex(row, width * 4))
          let to = b.offset(planes, bytes: b.mulIndex(b.addIndex(b.mulIndex(planeRow, planeColumns), plane), 4))
          for first in stride(from: 0, to: planeColumns, by: k.lanes) {
            let column = first * spread.columns + horizontal - border.columns
            let values = b.ifThen(
              isInside, name: "inside", { [pixels(k, line, from: column)] }, else: { [k.vector.zero] })
            b.store(values[0], to: b.offset(to, bytes: first * 4))
          }
        }
      }
    }
  }

  /// The pixels of a row that are `spread` columns apart, from a column on; zeros outside the row.
  private func pixels(_ k: KernelBuilder, _ line: LLVMValue, from column: Int) -> LLVMValue {
    let b = k.b
    let step = spread.columns
    func load(_ first: Int) -> LLVMValue {
      let inside = (first..<first + k.lanes).map { (0..<pass.sourceWidth).contains($0) }
      guard inside.contains(true) else { return k.vector.zero }
      let address = b.offset(line, bytes: first * 4)
      guard inside.contains(false) else { return b.load(k.vector, from: address) }
      let mask = k.vector.with(element: b.context.i1).constant(lanes: inside.map { $0 ? 1 : 0 })
      return b.maskedLoad(k.vector, from: address, mask: mask)
    }
    guard step > 1 else { return load(column) }
    // Each part gives the lanes whose pixels are in it.
    return (0..<step).reduce(k.vector.zero) { values, part in
      let places = (0..<k.lanes).map { $0 * step - part * k.lanes }
      let lanes = places.enumerated().map { lane, place in
        (0..<k.lanes).contains(place) ? k.lanes + place : lane
      }
      return b.shuffle(values, load(column + part * k.lanes), lanes)
    }
  }

  /// Numbers of a phase in the table that the code reads.
  private enum PhaseField: Int, CaseIterable {
    case firstTap, taps, start, rows, span, columns, row, column
  }

  /// One task is a tile of rows for one phase.
  private func product(
    _ name: String, _ epilogue: ProductEpilogue, planes: TensorSlot, w: TensorSlot, _ slots: EpilogueSlots,
    to: TensorSlot
  ) -> Kernel {
    let runs = tileRuns(pass.rows, limit: tileRows)
    let tiles = runs.reduce(0) { $0 + $1.tiles }
    return Kernel(name, tasks: .perBlock(tiles * phases.count)) { k, task in
      let k = k.with(target)
      let b = k.b
      var firstTap = 0
      var table: [Int64] = []
      for phase in phases {
        // The first position's place in a plane; rows to go through, and positions of each; the first position in the result.
        let numbers = [
          firstTap, phase.taps.count, phase.rows.lowerBound * planeColumns + phase.columns.lowerBound,
          isWhole ? 1 : phase.rows.count, isWhole ? span(phase) : phase.columns.count, phase.columns.count,
          phase.rows.lowerBound * step.rows + phase.row,
          phase.columns.lowerBound * step.columns + phase.column,
        ]
        table += numbers.map(Int64.init)
        firstTap += phase.taps.count
      }
      let phaseTable = b.module.addConstant("\(name).phases", table)
      let tapTable = b.module.addConstant(
        "\(name).taps", phases.flatMap(\.taps).flatMap { [Int64($0.displacement * 4), Int64($0.weight * 4)] })
      let numbers = b.offset(
        phaseTable, bytes: b.mulIndex(b.udiv(task.part, tiles), PhaseField.allCases.count * 8))
      func field(_ field: PhaseField) -> LLVMValue {
        b.load(b.context.i64, from: b.offset(numbers, bytes: field.rawValue * 8))
      }
      let tile = b.urem(task.part, tiles)
      func emit(_ run: (start: Int, size: Int, tiles: Int), _ index: LLVMValue) {
        let row = b.addIndex(b.mulIndex(index, run.size), run.start)
        let taps = b.offset(tapTable, bytes: b.mulIndex(field(.firstTap), 16))
        let tile = Tile(
          rows: run.size, first: row, planes: k.address(planes, block: task.block),
          weights: b.offset(k.address(w), bytes: b.mulIndex(row, pass.weightRowStep)), taps: taps,
          tapCount: field(.taps), out: k.address(to, block: task.block),
          third: slots.third.map { k.address($0, block: task.block) }, scale: slots.scale.map { k.address($0) })
        let (start, span, columns) = (field(.start), field(.span), field(.columns))
        let origin = b.add(b.mulIndex(field(.row), pass.width), field(.column))
        // One turn where a tile goes through all rows as they lie.
        b.forLoop(from: 0, to: field(.rows), name: "row") { m in
          let start = b.add(start, b.mulIndex(m, planeColumns))
          let origin = b.add(origin, b.mulIndex(m, step.rows * pass.width))
          b.forLoop(from: 0, to: span, step: vectors * k.lanes, name: "position") { first in
            let sums = self.sums(k, tile, epilogue, b.add(start, first))
            store(k, sums, tile, epilogue, from: first, span: span, columns: columns, origin: origin)
          }
        }
      }
      guard runs.count == 2 else { return emit(runs[0], tile) }
      _ = b.ifThen(
        b.icmp(.slt, tile, runs[0].tiles), name: "run",
        {
          emit(runs[0], tile)
          return []
        },
        else: {
          emit(runs[1], b.sub(tile, runs[0].tiles))
          return []
        })
    }
  }

  /// A tile of rows and where its operands lie.
  private struct Tile {
    let rows: Int
    let first: LLVMValue
    let planes: LLVMValue
    let weights: LLVMValue
    let taps: LLVMValue
    let tapCount: LLVMValue
    let out: LLVMValue
    let third: LLVMValue?
    let scale: LLVMValue?

    /// Its row's number in all lanes, of numbers for each channel.
    func broadcast(_ k: KernelBuilder, _ numbers: LLVMValue, row: Int) -> LLVMValue {
      k.broadcast(k.b.offset(numbers, bytes: k.b.addIndex(k.b.mulIndex(first, 4), row * 4)))
    }
  }

  /// [row][vector] of the positions from a place in a plane on.
  private func sums(
    _ k: KernelBuilder, _ tile: Tile, _ epilogue: ProductEpilogue, _ place: LLVMValue
  ) -> [[LLVMValue]] {
    let b = k.b
    // All taps of some channels before the next ones: a weight's line has several taps.
    let chunk = pass.depth % Self.channelsAtOnce == 0 ? Self.channelsAtOnce : pass.depth
    let product = ProductTile(
      rowOffsets: (0..<tile.rows).map { $0 * pass.weightRowStep }, vectors: vectors, depth: chunk,
      vectorStep: channelFloats * 4, broadcastStep: pass.weightDepthStep, outer: .none, inner: .none)
    let initial = (0..<tile.rows).flatMap { row in
      // A bias that is not scaled is what the sums begin with.
      let bias = epilogue.third == .bias && !epilogue.isScaled ? tile.third : nil
      let value = bias.map { tile.broadcast(k, $0, row: row) }
      return Array(repeating: value ?? k.vector.zero, count: vectors)
    }
    let position = b.offset(tile.planes, bytes: b.mulIndex(place, 4))
    let sums = b.forLoop(from: 0, to: b.i64(pass.depth / chunk), carrying: initial, name: "chunk") {
      part, sums in
      let channels = b.mulIndex(part, chunk * channelFloats * 4)
      let weights = b.mulIndex(part, chunk * pass.weightDepthStep)
      return b.forLoop(from: 0, to: tile.tapCount, carrying: sums, name: "tap") { tap, sums in
        let numbers = b.offset(tile.taps, bytes: b.mulIndex(tap, 16))
        let displacement = b.add(channels, b.load(b.context.i64, from: numbers))
        let weight = b.add(weights, b.load(b.context.i64, from: b.offset(numbers, bytes: 8)))
        let before = (0..<tile.rows).map { Array(sums[$0 * vectors..<($0 + 1) * vectors]) }
        return product.emit(
          k, vectors: b.offset(position, bytes: displacement),
          broadcasts: b.offset(tile.weights, bytes: weight),
          outerCount: b.i64(1), innerCount: b.i64(1), initial: before
        ).flatMap { $0 }
      }
    }
    return (0..<tile.rows).map { Array(sums[$0 * vectors..<($0 + 1) * vectors]) }
  }

  /// From one position of a phase to the next in the result.
  private var step: (rows: Int, columns: Int) {
    pass.isTransposed ? (pass.geometry.strideHeight, pass.geometry.strideWidth) : (1, 1)
  }

  /// Ends the sums of the positions from `first` on and stores those that are in the result: through the stack where neighbours
  /// in a plane lie a stride apart there, or some are in no row.
  private func store(
    _ k: KernelBuilder, _ sums: [[LLVMValue]], _ tile: Tile, _ epilogue: ProductEpilogue,
    from first: LLVMValue, span: LLVMValue, columns: LLVMValue, origin: LLVMValue
  ) {
    let b = k.b
    let area = pass.height * pass.width
    func finish(_ sum: LLVMValue, _ row: Int) -> LLVMValue {
      var value = sum
      if let scale = tile.scale, let bias = tile.third {
        value = b.fma(value, tile.broadcast(k, scale, row: row), tile.broadcast(k, bias, row: row))
      }
      guard let formula = epilogue.formula, epilogue.third != .activationOutput else { return value }
      return FormulaEmitter(b, lanes: k.lanes).emit(formula, operands: [value])
    }
    let out = b.offset(tile.out, bytes: b.mulIndex(b.add(b.mulIndex(tile.first, area), origin), 4))
    if !isWhole && step.columns == 1 {
      for (row, values) in sums.enumerated() {
        for (vector, sum) in values.enumerated() {
          let place = b.addIndex(first, row * area + vector * k.lanes)
          let rest = b.sub(b.sub(span, first), vector * k.lanes)
          b.maskedStore(
            finish(sum, row), to: b.offset(out, bytes: b.mulIndex(place, 4)),
            mask: b.mask(below: b.trunc(rest, to: b.context.i32), lanes: k.lanes))
        }
      }
      return
    }
    let slot = b.stackSlot(k.vector.array(of: tile.rows * vectors), align: 64)
    for (row, values) in sums.enumerated() {
      for (vector, sum) in values.enumerated() { k.storeVector(finish(sum, row), slot, row * vectors + vector) }
    }
    let count = b.minimum(b.sub(span, first), b.i64(vectors * k.lanes))
    b.forLoop(from: 0, to: count, name: "lane") { lane in
      let place = b.add(first, lane)
      let (row, column) = (b.udiv(place, planeColumns), b.urem(place, planeColumns))
      b.ifThen(b.icmp(.slt, column, columns), name: "inside") {
        let from = b.offset(slot, bytes: b.mulIndex(lane, 4))
        let position = b.add(
          b.mulIndex(row, step.rows * pass.width), b.mulIndex(column, step.columns))
        let to = b.offset(out, bytes: b.mulIndex(position, 4))
        for row in 0..<tile.rows {
          b.store(
            k.loadFloat(b.offset(from, bytes: row * vectors * k.lanes * 4)),
            to: b.offset(to, bytes: row * area * 4))
        }
      }
    }
  }
}
