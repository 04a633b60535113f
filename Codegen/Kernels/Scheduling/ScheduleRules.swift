import IR

/// What is chosen for a product where nothing was measured, and what else there is to choose: a model of the machine, of its
/// registers and caches. Every rule stands here, with the reason.
public struct ScheduleRules: Sendable {
  public let target: KernelTarget

  public init(_ target: KernelTarget) { self.target = target }

  /// A knob with the numbers that it may have, that of the rule first.
  struct Choice {
    let knob: Knob
    let numbers: [Int]

    /// - Parameter others: to be tried, where they are not the rule's.
    init(_ knob: Knob, _ rule: Int, or others: [Int] = []) {
      self.knob = knob
      numbers = others.reduce(into: [rule]) { if !$0.contains($1) { $0.append($1) } }
    }
  }

  /// The schedule by the rules.
  public func standard(_ shape: ProductShape) -> KernelSchedule {
    KernelSchedule(
      Dictionary(
        choices(shape).map { ($0.knob, $0.numbers[0]) }, uniquingKeysWith: { first, _ in first }))
  }

  /// Other schedules that may be faster: for each knob its other numbers, one at a time.
  public func candidates(_ shape: ProductShape) -> [KernelSchedule] {
    let standard = standard(shape)
    let columns = choices(shape).map { choice in
      choice.numbers.dropFirst().flatMap { number -> [KernelSchedule] in
        let changed = standard.with([choice.knob: number])
        guard choice.knob == .stripVectors else { return [changed] }
        // Strips of other widths leave other numbers of rows to a tile.
        return [changed.with([.tileRows: rows(vectors: number)])]
      }
    }
    // The first of each knob before the second of any.
    let most = columns.map(\.count).max() ?? 0
    let all = (0..<most).flatMap { place in columns.compactMap { $0.dropFirst(place).first } }
    return all.filter { problem($0, of: shape) == nil }
  }

  /// Why a schedule cannot be used for a product; nil where it can.
  public func problem(_ schedule: KernelSchedule, of shape: ProductShape) -> String? {
    let choices = choices(shape)
    for knob in Knob.allCases where schedule.knobs.contains(knob) {
      guard choices.contains(where: { $0.knob == knob }) else { return "it has no \(knob.rawValue)" }
    }
    for choice in choices {
      guard schedule.knobs.contains(choice.knob) else { return "\(choice.knob.rawValue) is missing" }
      let number = schedule[choice.knob]
      let isTileOfStrip = choice.knob == .tileRows && schedule.knobs.contains(.stripVectors)
      guard isTileOfStrip ? number > 0 : choice.numbers.contains(number) else {
        let known = choice.numbers.sorted().map(String.init).joined(separator: ", ")
        return "\(choice.knob.rawValue) is \(number), and may be \(known)"
      }
      if isTileOfStrip, number > rows(vectors: schedule[.stripVectors]) {
        return "\(choice.knob.rawValue) is \(number), more than the registers hold"
      }
    }
    return nil
  }

  /// The rows of a tile of that many vectors: they, a load for each vector and one broadcast fit the registers. With two, this is
  /// `KernelTarget.tileRows`.
  func rows(vectors: Int) -> Int {
    max(1, target.tileRows * target.tileVectors / max(1, vectors))
  }

  private func choices(_ shape: ProductShape) -> [Choice] {
    switch shape {
    case .dense(let rows, let depth, let isGradient):
      dense(rows: rows, depth: depth, isGradient: isGradient)
    case .denseWeightGradient(let outputs, let inputs):
      denseWeightGradient(outputs: outputs, inputs: inputs)
    case .convolution(let geometry, let isTransposed):
      convolution(ConvolutionPass(geometry: geometry, isTransposed: isTransposed))
    case .convolutionWeightGradient(let geometry): convolutionWeightGradient(geometry)
    }
  }

  /// Rows of a tile: as many as the registers hold, for the fewest loads a multiply-add. Fewer can be faster where they are
  /// even. Tiles of equal rows are one choice.
  private func tileRows(of rows: Int) -> Choice {
    let most = target.tileRows
    let fewer = [most, most * 5 / 6, most * 2 / 3, most / 2].filter { $0 > 0 }
    return Choice(.tileRows, most, or: fewer.distinct { (rows + $0 - 1) / $0 })
  }

  /// Fewer tiles of a dense layer are work for too few threads where each is done for all blocks.
  private static let leastTiles = 16

  /// Where there are rows for many tiles, the loops are cut so that what is read again is in a near cache: a piece of a block's
  /// numbers (16 KiB with AVX2) in the first, the piece of a task's weights (48 KiB) in the second. Columns, often a power of two
  /// apart, crowd a few sets of the caches, so they are copied.
  private func dense(rows: Int, depth: Int, isGradient: Bool) -> [Choice] {
    let tiles = (rows + target.tileRows - 1) / target.tileRows
    let (groupRows, pieceDepth) = (48, 256)
    let isGrouped = tiles >= Self.leastTiles
    let groups = [groupRows, groupRows / 2, groupRows * 2].distinct {
      DenseGroups(rows: rows, groupRows: $0).wanted
    }
    let pieces = [pieceDepth, pieceDepth * 2, pieceDepth / 2, pieceDepth * 4].distinct { min($0, depth) }
    var choices = [
      Choice(.groupRows, isGrouped ? groupRows : 0, or: groups + [0]),
      Choice(.pieceDepth, pieceDepth, or: isGrouped ? pieces : []), tileRows(of: rows),
    ]
    if isGradient { choices.append(Choice(.copiesColumns, 1, or: isGrouped ? [0] : [])) }
    return choices
  }

  /// Strips of two vectors: as many multiply-adds for a broadcast as for the other products. Channels that fit one vector do not
  /// fill two.
  private func stripVectors(of channels: Int) -> Choice {
    let rule = channels <= target.lanes ? 1 : target.tileVectors
    func lanes(_ vectors: Int) -> Int {
      (channels + vectors * target.lanes - 1) / target.lanes / vectors * vectors
    }
    // Another width is worth it where it leaves fewer lanes without a channel.
    let others = [1, 2, 3].filter { $0 != rule && lanes($0) < lanes(rule) }
    return Choice(.stripVectors, rule, or: others)
  }

  /// Rows of a weight gradient's tile: those of other products, for a strip of one vector too.
  private func stripRows(_ channels: Int) -> Choice {
    let most = target.tileRows
    let more = channels <= target.lanes ? [rows(vectors: 1)] : []
    return Choice(.tileRows, most, or: more + [most * 2 / 3, most / 2].filter { $0 > 0 })
  }

  /// Work for some threads, of even size, as long as a task has enough rows.
  private func denseWeightGradient(outputs: Int, inputs: Int) -> [Choice] {
    let strips = TransposeKernel.Target.strips(inputs, vectors: stripVectors(of: inputs).numbers[0], target)
    let tasks = [32, 16, 64].distinct {
      WeightGradientKernels.parts(tasks: $0, strips: strips, outputs: outputs)
    }
    return [Choice(.tasks, 32, or: tasks), stripVectors(of: inputs), stripRows(inputs)]
  }

  /// Steps of a tile behind which the way of its result's rows from memory is hidden.
  private static let leastSteps = 128

  /// Pixels are gathered, and weights packed, where several tiles of rows read them, or the channels of a pixel crowd the first
  /// cache; as many as an eighth of the second cache holds, unless one position reaches too many for the stack.
  private func convolution(_ pass: ConvolutionPass) -> [Choice] {
    let bytes = target.gatheredBytes
    let fits = Gathering.fits(pass, target)
    let isGathered = fits && (pass.rows > target.tileRows || Gathering.crowds(pass, target))
    let sizes = [bytes, bytes / 2, bytes * 2, bytes / 4].distinct {
      Gathering.positions(pass, bytes: $0, target)
    }
    let unrolled = [4, 3, 2].first { pass.depth % $0 == 0 } ?? 1
    let steps = [8, 2, 16, 4].filter { pass.depth % $0 == 0 }
    let hides = pass.depth * pass.visitedTaps >= Self.leastSteps
    return [
      Choice(.gatheredBytes, isGathered ? bytes : 0, or: fits ? sizes + [0] : []),
      Choice(.unrolledDepth, unrolled, or: isGathered ? steps : []), tileRows(of: pass.rows),
      Choice(.asksAhead, isGathered && hides ? 1 : 0, or: [0, 1]),
    ]
  }

  /// A stretch of the map takes half of the first cache; shares of the map for some threads, few since each has sums of its own,
  /// which are added at the end.
  private func convolutionWeightGradient(_ geometry: ConvolutionGeometry) -> [Choice] {
    let bytes = target.lanes * 2 * 1024
    return [
      Choice(.stretchBytes, bytes, or: [bytes * 2, bytes / 2]), Choice(.tasks, 16, or: [8, 32]),
      stripVectors(of: geometry.outputChannels), stripRows(geometry.outputChannels),
    ]
  }
}

extension [Int] {
  /// The numbers that lead to something else than those before them.
  fileprivate func distinct(_ effect: (Int) -> Int) -> [Int] {
    var seen: Set<Int> = []
    return filter { seen.insert(effect($0)).inserted }
  }
}
