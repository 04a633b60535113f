/// How the product of a convolution of one image is cut: into bands of rows of positions, and those into tiles.
///
/// The vectors of a tile lie behind one another in a plane, through the ends of its rows, whose positions between are computed for
/// nothing; or they are those of some rows, where the last vector of each has lanes too many. Rows of the product take the
/// registers that are left. Of all such tiles the one is taken that needs the fewest cycles.
struct SingleImageTiling {
  /// Rows of the product by tile.
  let runs: [(start: Int, size: Int, tiles: Int)]
  let bands: Int
  /// Rows of positions of a band; the last one may have fewer.
  let bandRows: Int
  /// Floats that the positions of a band take as they lie in a plane, and a vector behind them.
  let bandFloats: Int
  /// Where the vectors of a tile lie, in floats from its first; groups of them in a band, and how far apart they are.
  let vectors: [Int]
  let groups: Int
  let groupFloats: Int
  /// The vectors of the last, smaller group.
  let rest: [Int]

  var mostRows: Int { runs.map(\.size).max() ?? 1 }

  /// Floats of a task's sums, which then lie in the first cache beside what is read.
  private static let mostFloats = 4096
  /// Tasks that there are at least, where the map has rows for them: work for some threads.
  private static let leastTasks = 8

  init(_ convolution: SingleImageConvolution) {
    let target = convolution.target
    let accumulators = target.tileRows * target.tileVectors
    let rows = convolution.phases.map(\.rows.count).max() ?? 1
    let columns = convolution.phases.map(\.columns.count).max() ?? 1
    let (lanes, planeColumns) = (target.lanes, convolution.planeColumns)
    let columnPhases = convolution.columnPhases
    let rowPhases = convolution.phases.count / columnPhases
    let vectorsOfRow = (columns + lanes - 1) / lanes
    func tiling(_ count: Int, rowsAtOnce: Int?) -> (cost: Int, tiling: SingleImageTiling) {
      let runs = tileRuns(convolution.pass.rows, limit: max(1, accumulators / count))
      let tiles = runs.reduce(0) { $0 + $1.tiles }
      let fitting = max(1, Self.mostFloats / ((runs.map(\.size).max() ?? 1) * columnPhases * planeColumns))
      let wanted = (Self.leastTasks + tiles * rowPhases - 1) / (tiles * rowPhases)
      let bands = min(rows, max(wanted, (rows + fitting - 1) / fitting))
      let bandRows = (rows + bands - 1) / bands
      let cut: (vectors: [Int], groups: Int, groupFloats: Int, rest: [Int])
      if let rowsAtOnce {
        let offsets = { (rows: Int) in
          (0..<rows).flatMap { row in (0..<vectorsOfRow).map { row * planeColumns + $0 * lanes } }
        }
        cut = (
          offsets(rowsAtOnce), bandRows / rowsAtOnce, rowsAtOnce * planeColumns, offsets(bandRows % rowsAtOnce)
        )
      } else {
        let all = ((bandRows - 1) * planeColumns + columns + lanes - 1) / lanes
        cut = (
          (0..<count).map { $0 * lanes }, all / count, count * lanes, (0..<all % count).map { $0 * lanes }
        )
      }
      let made = SingleImageTiling(
        runs: runs, bands: (rows + bandRows - 1) / bandRows, bandRows: bandRows,
        bandFloats: bandRows * planeColumns + vectorsOfRow * lanes + lanes, vectors: cut.vectors,
        groups: cut.groups,
        groupFloats: cut.groupFloats, rest: cut.rest)
      return (made.cost, made)
    }
    let rowCounts = vectorsOfRow > accumulators ? [] : Array(1...max(1, accumulators / vectorsOfRow))
    let all =
      (1...accumulators).map { tiling($0, rowsAtOnce: nil) }
      + rowCounts.map { tiling($0 * vectorsOfRow, rowsAtOnce: $0) }
    self = all.min { $0.cost < $1.cost }?.tiling ?? tiling(1, rowsAtOnce: nil).tiling
  }

  private init(
    runs: [(start: Int, size: Int, tiles: Int)], bands: Int, bandRows: Int, bandFloats: Int, vectors: [Int],
    groups: Int, groupFloats: Int, rest: [Int]
  ) {
    self.runs = runs
    self.bands = bands
    self.bandRows = bandRows
    self.bandFloats = bandFloats
    self.vectors = vectors
    self.groups = groups
    self.groupFloats = groupFloats
    self.rest = rest
  }

  /// Half cycles of a step of the sums for all rows and positions of a phase. A cycle has two multiply-adds and two loads, and a
  /// multiply-add can use its predecessor's sum after four.
  private var cost: Int {
    func tile(_ rows: Int, _ vectors: Int) -> Int { max(rows * vectors, rows + vectors + 1, 8) }
    return bands
      * runs.reduce(0) { sum, run in
        sum + run.tiles
          * (groups * tile(run.size, vectors.count) + (rest.isEmpty ? 0 : tile(run.size, rest.count)))
      }
  }
}
