/// One thing that is to be chosen for a product: a number of a few possible ones.
public enum Knob: String, Sendable, CaseIterable {
  /// The most rows of a register tile.
  case tileRows = "tile_rows"
  /// Vectors of channels or inputs that a strip of a weight gradient has.
  case stripVectors = "strip_vectors"
  /// Rows that a task of a dense layer does for all blocks; 0: one tile for one block.
  case groupRows = "group_rows"
  /// Steps of depth that a dense layer's task goes through for all blocks before the next ones.
  case pieceDepth = "piece_depth"
  /// 1: a dense layer's task copies the columns of its weights first; 0: it reads them where they lie.
  case copiesColumns = "copies_columns"
  /// Bytes of pixels that a convolution's task copies to its stack at a time; 0: it reads them, and weights, where they lie.
  case gatheredBytes = "gathered_bytes"
  /// Steps of depth in a turn of a convolution's innermost loop.
  case unrolledDepth = "unrolled_depth"
  /// 1: the rows of a tile's result are asked for before the product.
  case asksAhead = "asks_ahead"
  /// Bytes of a stretch of the map that a convolution's weight gradient turns on its stack at a time.
  case stretchBytes = "stretch_bytes"
  /// Tasks that a weight gradient is to be split into.
  case tasks
}

/// How a product is cut into tiles and tasks: a number for each knob that products of its kind have. Every schedule of a product
/// gives the same sums but for their order, which is fixed for each.
public struct KernelSchedule: Sendable, Hashable {
  private var numbers: [Knob: Int]

  public init(_ numbers: [Knob: Int] = [:]) { self.numbers = numbers }

  /// From names and numbers; nil where a name is no knob's.
  public init?(named numbers: [String: Int]) {
    var known: [Knob: Int] = [:]
    for (name, number) in numbers {
      guard let knob = Knob(rawValue: name) else { return nil }
      known[knob] = number
    }
    self.numbers = known
  }

  /// The number of a knob, 0 for one that the product does not have.
  public subscript(_ knob: Knob) -> Int {
    get { numbers[knob] ?? 0 }
    set { numbers[knob] = newValue }
  }

  public var knobs: Set<Knob> { Set(numbers.keys) }

  /// By the knobs' names.
  public var named: [String: Int] {
    Dictionary(numbers.map { ($0.key.rawValue, $0.value) }, uniquingKeysWith: { first, _ in first })
  }

  /// The same with other numbers of some knobs.
  public func with(_ changes: [Knob: Int]) -> KernelSchedule {
    KernelSchedule(numbers.merging(changes) { $1 })
  }

  /// The knobs whose numbers are not those of another schedule, in words: `tile_rows 4, tasks 8`.
  public func changes(from other: KernelSchedule) -> String {
    Knob.allCases.filter { self[$0] != other[$0] }.map { "\($0.rawValue) \(self[$0])" }
      .joined(separator: ", ")
  }
}
