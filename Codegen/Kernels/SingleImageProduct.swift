import IR
import LLVM

/// The product of a convolution of one image: for each phase, sums over the channels and taps of the planes that
/// `SingleImageConvolution` has filled.
///
/// A task has some rows of the product, the phases that share rows of the result, and a band of their rows of positions. Its
/// sums go to the stack first, laid out as the planes are, a tile after another; from there they are copied to the result with
/// the columns of its phases in turn, a vector at a time.
struct SingleImageProduct {
  private let convolution: SingleImageConvolution
  private let tiling: SingleImageTiling
  /// Channels between the use of weights and their way to the first cache, which takes some 50 ns from the third.
  private static let channelsAhead = 8

  init(_ convolution: SingleImageConvolution) {
    self.convolution = convolution
    tiling = SingleImageTiling(convolution)
  }

  private var pass: ConvolutionPass { convolution.pass }
  private var lanes: Int { convolution.target.lanes }
  private var columnPhases: Int { convolution.columnPhases }
  private var rowPhases: Int { convolution.phases.count / columnPhases }
  private var tiles: Int { tiling.runs.reduce(0) { $0 + $1.tiles } }

  /// Floats that are read behind the planes: by a band that begins in the map and ends behind it.
  var floatsBehind: Int { tiling.bandFloats + tiling.bandRows * convolution.planeColumns + lanes }

  /// From one position of a phase to the next in the result.
  private var step: (rows: Int, columns: Int) {
    pass.isTransposed ? (pass.geometry.strideHeight, pass.geometry.strideWidth) : (1, 1)
  }

  /// Numbers of a phase in the table that the code reads.
  private enum PhaseField: Int, CaseIterable {
    /// The first tap in the table of taps, and how many there are.
    case firstTap, taps
    /// The first position's place in a plane, in floats.
    case start
    /// Rows of positions, and the first one's row in the result.
    case rows, row
  }

  /// What the code of a task has at hand.
  private struct Operands {
    let planes: LLVMValue
    let weights: LLVMValue
    let out: LLVMValue
    let third: LLVMValue?
    let scale: LLVMValue?
    /// The sums of a task on the stack: `[row][phase][position]`.
    let sums: LLVMValue
    let phases: LLVMValue
    let taps: LLVMValue
  }

  /// Rows of the product that a task has, and its part of the phases.
  private struct Part {
    let rows: Int
    let firstRow: LLVMValue
    let firstPhase: LLVMValue
    let firstPosition: LLVMValue
  }

  func kernel(
    _ name: String, _ epilogue: ProductEpilogue, planes: TensorSlot, w: TensorSlot, _ slots: EpilogueSlots,
    to: TensorSlot
  ) -> Kernel {
    Kernel(name, tasks: .perBlock(tiles * rowPhases * tiling.bands)) { k, task in
      let k = k.with(convolution.target)
      let b = k.b
      let (phases, taps) = tables(b.module, name)
      let floats = tiling.mostRows * columnPhases * tiling.bandFloats + lanes
      let operands = Operands(
        planes: k.address(planes, block: task.block), weights: k.address(w),
        out: k.address(to, block: task.block), third: slots.third.map { k.address($0, block: task.block) },
        scale: slots.scale.map { k.address($0) },
        sums: b.stackSlot(b.context.f32.array(of: floats), align: 64, name: "sums"), phases: phases, taps: taps)
      let (rest, tile) = (b.udiv(task.part, tiles), b.urem(task.part, tiles))
      let band = b.urem(rest, tiling.bands)
      func emit(_ run: (start: Int, size: Int, tiles: Int), _ index: LLVMValue) {
        let part = Part(
          rows: run.size, firstRow: b.addIndex(b.mulIndex(index, run.size), run.start),
          firstPhase: b.mulIndex(b.udiv(rest, tiling.bands), columnPhases),
          firstPosition: b.mulIndex(band, tiling.bandRows))
        addUp(k, operands, part, epilogue)
        store(k, operands, part, epilogue)
      }
      let runs = tiling.runs
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

  /// The numbers of the phases, and for each tap its displacement in the planes and its place in the weights, in bytes.
  private func tables(_ module: LLVMModule, _ name: String) -> (phases: LLVMValue, taps: LLVMValue) {
    var firstTap = 0
    var numbers: [Int64] = []
    for phase in convolution.phases {
      let start = phase.rows.lowerBound * convolution.planeColumns + phase.columns.lowerBound
      let row = phase.rows.lowerBound * step.rows + phase.row
      numbers += [firstTap, phase.taps.count, start, phase.rows.count, row].map(Int64.init)
      firstTap += phase.taps.count
    }
    let taps = convolution.phases.flatMap(\.taps).flatMap {
      [Int64($0.displacement * 4), Int64($0.weight * 4)]
    }
    return (module.addConstant("\(name).phases", numbers), module.addConstant("\(name).taps", taps))
  }

  private func field(_ field: PhaseField, of phase: LLVMValue, _ b: LLVMBuilder, _ o: Operands) -> LLVMValue {
    let numbers = b.offset(o.phases, bytes: b.mulIndex(phase, PhaseField.allCases.count * 8))
    return b.load(b.context.i64, from: b.offset(numbers, bytes: field.rawValue * 8))
  }

  /// The place on the stack of a row's sums for a phase.
  private func sums(_ b: LLVMBuilder, _ o: Operands, row: LLVMValue, phase: LLVMValue) -> LLVMValue {
    let number = b.add(b.mulIndex(row, columnPhases), phase)
    return b.offset(o.sums, bytes: b.mulIndex(number, tiling.bandFloats * 4))
  }

  // MARK: - Sums

  /// All sums of a task, to the stack.
  private func addUp(_ k: KernelBuilder, _ o: Operands, _ part: Part, _ epilogue: ProductEpilogue) {
    let b = k.b
    let weights = b.offset(o.weights, bytes: b.mulIndex(part.firstRow, pass.weightRowStep))
    b.forLoop(from: 0, to: b.i64(columnPhases), name: "phase") { number in
      let phase = b.add(part.firstPhase, number)
      let taps = b.offset(o.taps, bytes: b.mulIndex(field(.firstTap, of: phase, b, o), 16))
      let tapCount = field(.taps, of: phase, b, o)
      let start = b.add(
        field(.start, of: phase, b, o), b.mulIndex(part.firstPosition, convolution.planeColumns))
      let planes = b.offset(o.planes, bytes: b.mulIndex(start, 4))
      let stored = sums(b, o, row: b.i64(0), phase: number)
      func group(_ vectors: [Int], _ position: LLVMValue) {
        let bytes = b.mulIndex(position, 4)
        let initial = (0..<part.rows).flatMap { row in
          // A bias that is not scaled is what the sums begin with.
          let bias = epilogue.third == .bias && !epilogue.isScaled ? o.third : nil
          let value = bias.map {
            k.broadcast(b.offset($0, bytes: b.mulIndex(b.addIndex(part.firstRow, row), 4)))
          }
          return Array(repeating: value ?? k.vector.zero, count: vectors.count)
        }
        let results = tile(
          k, vectors, rows: part.rows, planes: b.opaque(b.offset(planes, bytes: bytes)),
          weights: b.opaque(weights),
          taps: taps, tapCount: tapCount, initial)
        let place = b.offset(stored, bytes: bytes)
        for (index, sum) in results.enumerated() {
          let (row, vector) = (index / vectors.count, index % vectors.count)
          let floats = row * columnPhases * tiling.bandFloats + vectors[vector]
          b.store(sum, to: b.offset(place, bytes: floats * 4))
        }
      }
      b.forLoop(from: 0, to: b.i64(tiling.groups), name: "group") { index in
        group(tiling.vectors, b.mulIndex(index, tiling.groupFloats))
      }
      if !tiling.rest.isEmpty { group(tiling.rest, b.i64(tiling.groups * tiling.groupFloats)) }
    }
  }

  /// [row][vector] of a tile: sums over all channels, of each over the taps, whose weights are neighbours.
  ///
  /// - Parameter vectors: where the vectors lie, in floats from the first.
  private func tile(
    _ k: KernelBuilder, _ vectors: [Int], rows: Int, planes: LLVMValue, weights: LLVMValue, taps: LLVMValue,
    tapCount: LLVMValue, _ initial: [LLVMValue]
  ) -> [LLVMValue] {
    let b = k.b
    let results = b.forLoop(
      from: 0, to: b.i64(pass.depth), carrying: [planes, weights] + initial, name: "channel"
    ) { _, carried in
      let (planes, weights) = (carried[0], carried[1])
      if pass.isTransposed {
        // The rows of a channel lie together, and far from those of the next: asked for before their turn.
        let ahead = b.offset(weights, bytes: Self.channelsAhead * pass.weightDepthStep)
        b.prefetchToRead(ahead, bytes: rows * pass.weightRowStep)
      }
      let sums = b.forLoop(from: 0, to: tapCount, carrying: Array(carried.dropFirst(2)), name: "tap") {
        tap, sums in
        let numbers = b.offset(taps, bytes: b.mulIndex(tap, 16))
        let pixels = b.offset(planes, bytes: b.load(b.context.i64, from: numbers))
        let weight = b.offset(weights, bytes: b.load(b.context.i64, from: b.offset(numbers, bytes: 8)))
        func column(_ index: Int) -> LLVMValue {
          b.load(k.vector, from: b.offset(pixels, bytes: vectors[index] * 4))
        }
        func factor(_ row: Int) -> LLVMValue { k.broadcast(b.offset(weight, bytes: row * pass.weightRowStep)) }
        // The fewer operands stay in registers, of which the sums leave few.
        var sums = sums
        if rows < vectors.count {
          let factors = (0..<rows).map(factor)
          for index in vectors.indices {
            let column = column(index)
            for row in 0..<rows {
              sums[row * vectors.count + index] = b.fma(factors[row], column, sums[row * vectors.count + index])
            }
          }
        } else {
          let columns = vectors.indices.map(column)
          for row in 0..<rows {
            let factor = factor(row)
            for (index, column) in columns.enumerated() {
              sums[row * vectors.count + index] = b.fma(factor, column, sums[row * vectors.count + index])
            }
          }
        }
        return sums
      }
      return [
        b.offset(planes, bytes: convolution.channelFloats * 4), b.offset(weights, bytes: pass.weightDepthStep),
      ] + sums
    }
    return Array(results.dropFirst(2))
  }

  // MARK: - Result

  /// Ends the sums of a task and copies them to the result.
  private func store(_ k: KernelBuilder, _ o: Operands, _ part: Part, _ epilogue: ProductEpilogue) {
    let b = k.b
    let firstRow = field(.row, of: part.firstPhase, b, o)
    let rows = b.minimum(
      b.sub(field(.rows, of: part.firstPhase, b, o), part.firstPosition), b.i64(tiling.bandRows))
    b.forLoop(from: 0, to: b.i64(part.rows), name: "row") { row in
      let channel = b.add(part.firstRow, row)
      let number = b.mulIndex(channel, 4)
      func finish(_ sum: LLVMValue) -> LLVMValue {
        var value = sum
        if epilogue.isScaled, let scale = o.scale, let bias = o.third {
          value = b.fma(
            value, k.broadcast(b.offset(scale, bytes: number)), k.broadcast(b.offset(bias, bytes: number)))
        }
        guard let formula = epilogue.formula, epilogue.third != .activationOutput else { return value }
        return FormulaEmitter(b, lanes: k.lanes).emit(formula, operands: [value])
      }
      let sums = (0..<columnPhases).map { self.sums(b, o, row: row, phase: b.i64($0)) }
      b.forLoop(from: 0, to: rows, name: "position") { m in
        let line = b.mulIndex(m, convolution.planeColumns * 4)
        let sums = sums.map { b.offset($0, bytes: line) }
        let resultRow = b.add(b.mulIndex(b.add(part.firstPosition, m), step.rows), firstRow)
        let out = b.offset(
          o.out, bytes: b.mulIndex(b.add(b.mulIndex(channel, pass.height), resultRow), pass.width * 4))
        storeRow(k, sums, to: out, rowsLeft: b.sub(rows, m), finish)
      }
    }
  }

  /// Stores a row of the result, a vector behind another; the last one ends where the row does, and has some columns again.
  private func storeRow(
    _ k: KernelBuilder, _ sums: [LLVMValue], to out: LLVMValue, rowsLeft: LLVMValue,
    _ finish: (LLVMValue) -> LLVMValue
  ) {
    let b = k.b
    let width = pass.width
    guard width >= lanes else {
      let values = finish(columns(k, sums, from: 0))
      let mask = b.mask(below: b.i32(width), lanes: lanes)
      // Rows that lie behind one another are written in order: what one has too much belongs to the next ones. Masked stores take
      // some processors long.
      guard step.rows == 1 else { return b.maskedStore(values, to: out, mask: mask) }
      _ = b.ifThen(
        b.icmp(.sge, b.mulIndex(rowsLeft, width), lanes), name: "inside",
        {
          b.store(values, to: out)
          return []
        },
        else: {
          b.maskedStore(values, to: out, mask: mask)
          return []
        })
      return
    }
    // As many columns as have every phase in all lanes, again and again.
    let turn = lanes * step.columns
    let whole = width / turn
    func store(_ first: Int, _ index: LLVMValue) {
      let sums = sums.map { b.offset($0, bytes: b.mulIndex(index, lanes * 4)) }
      let place = b.offset(out, bytes: b.mulIndex(index, turn * 4))
      b.store(finish(columns(k, sums, from: first)), to: b.offset(place, bytes: first * 4))
    }
    b.forLoop(from: 0, to: b.i64(whole), name: "turn") { index in
      for first in stride(from: 0, to: turn, by: lanes) { store(first, index) }
    }
    for first in stride(from: whole * turn, to: width, by: lanes) {
      store(min(first, width - lanes) - whole * turn, b.i64(whole))
    }
  }

  /// A vector of a row's columns: of each phase in turn.
  private func columns(_ k: KernelBuilder, _ sums: [LLVMValue], from first: Int) -> LLVMValue {
    let count = step.columns
    let start = first.quotient(count)
    let parts = sums.map { k.b.load(k.vector, from: k.b.offset($0, bytes: start * 4)) }
    guard count > 1 else { return parts[0] }
    return parts.enumerated().reduce(k.vector.zero) { values, part in
      let lanes = (0..<k.lanes).map { lane in
        let column = first + lane - start * count
        return column % count == part.offset ? k.lanes + column / count : lane
      }
      return k.b.shuffle(values, part.element, lanes)
    }
  }
}

extension Int {
  /// The quotient rounded down.
  fileprivate func quotient(_ divisor: Int) -> Int {
    (self - ((self % divisor) + divisor) % divisor) / divisor
  }
}
