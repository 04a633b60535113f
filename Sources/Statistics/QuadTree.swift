/// The points of a plane in cells within cells (Barnes and Hut 1986). The cells lie in the order of a walk, each with the
/// number of the one that follows when it is not entered, so that the walk needs no stack.
package struct QuadTree: Sendable {
  private struct Cell {
    /// The mean of the cell's points.
    var x: Double
    var y: Double
    var count: Double
    var squaredWidth: Double
    /// The cell behind this one and all within it.
    var next: Int32
    var isLeaf: Bool
  }

  private var cells: [Cell] = []
  /// The points' numbers in the order of the walk: neighbours in it are neighbours in the plane.
  package private(set) var order: [Int] = []
  /// Points that are the same to so many halvings share a leaf.
  private static let deepest = 48

  package init(x: [Double], y: [Double]) {
    guard let left = x.min(), let right = x.max(), let bottom = y.min(), let top = y.max() else { return }
    var order = Array(0..<x.count)
    cells.reserveCapacity(2 * x.count)
    let width = max(right - left, top - bottom, .leastNormalMagnitude)
    build(&order, 0..<x.count, x, y, centre: ((left + right) / 2, (bottom + top) / 2), width: width, depth: 0)
    self.order = order
  }

  private mutating func build(
    _ order: inout [Int], _ range: Range<Int>, _ x: [Double], _ y: [Double], centre: (x: Double, y: Double),
    width: Double, depth: Int
  ) {
    let own = cells.count
    let count = Double(range.count)
    var (sumX, sumY) = (0.0, 0.0)
    for index in range {
      sumX += x[order[index]]
      sumY += y[order[index]]
    }
    let isLeaf = range.count == 1 || depth == Self.deepest
    cells.append(
      Cell(x: sumX / count, y: sumY / count, count: count, squaredWidth: width * width, next: 0, isLeaf: isLeaf)
    )
    if !isLeaf {
      let middle = Self.partition(&order, range) { x[$0] < centre.x }
      let lower = Self.partition(&order, range.lowerBound..<middle) { y[$0] < centre.y }
      let upper = Self.partition(&order, middle..<range.upperBound) { y[$0] < centre.y }
      let quarter = width / 4
      func part(_ range: Range<Int>, _ dx: Double, _ dy: Double) {
        guard !range.isEmpty else { return }
        build(
          &order, range, x, y, centre: (centre.x + dx, centre.y + dy), width: width / 2, depth: depth + 1)
      }
      part(range.lowerBound..<lower, -quarter, -quarter)
      part(lower..<middle, -quarter, quarter)
      part(middle..<upper, quarter, -quarter)
      part(upper..<range.upperBound, quarter, quarter)
    }
    cells[own].next = Int32(truncatingIfNeeded: cells.count)
  }

  /// Brings those that satisfy the condition to the front of the range; returns where the others begin.
  private static func partition(_ order: inout [Int], _ range: Range<Int>, _ isFirst: (Int) -> Bool) -> Int {
    var end = range.lowerBound
    for index in range where isFirst(order[index]) {
      order.swapAt(index, end)
      end += 1
    }
    return end
  }

  package struct Repulsion: Sendable {
    /// Sums over the other points of (1 + d^2)^-2 times the difference.
    package var x: Double
    package var y: Double
    /// The sum over the other points of 1 / (1 + d^2).
    package var normalizer: Double

    package init(x: Double, y: Double, normalizer: Double) {
      self.x = x
      self.y = y
      self.normalizer = normalizer
    }
  }

  /// What pushes one of the points away from all others.
  package func repulsion(x: Double, y: Double, theta: Double) -> Repulsion {
    // The point itself is met in its leaf, at no distance: it adds 1 to the sum.
    var sum = Repulsion(x: 0, y: 0, normalizer: -1)
    let squaredTheta = theta * theta
    var index = 0
    while index < cells.count {
      let cell = cells[index]
      let (dx, dy) = (x - cell.x, y - cell.y)
      let distance = dx * dx + dy * dy
      if cell.isLeaf || cell.squaredWidth < squaredTheta * distance {
        let similarity = 1 / (1 + distance)
        let weight = cell.count * similarity
        sum.normalizer += weight
        sum.x += weight * similarity * dx
        sum.y += weight * similarity * dy
        index = Int(cell.next)
      } else {
        index += 1
      }
    }
    return sum
  }

  /// Points that are walked through the tree together.
  package typealias Lanes = SIMD8<Double>

  /// The sums of `Repulsion` for eight points at once: a cell is entered where one of them asks for it, so that none is less
  /// exact than alone. The walk costs once what it costs for one point, and neighbours in `order` enter nearly the same cells.
  package func repulsion(x: Lanes, y: Lanes, theta: Double) -> (x: Lanes, y: Lanes, normalizer: Lanes) {
    var sum = (x: Lanes.zero, y: Lanes.zero, normalizer: Lanes(repeating: -1))
    let squaredTheta = theta * theta
    var index = 0
    while index < cells.count {
      let cell = cells[index]
      let (dx, dy) = (x - cell.x, y - cell.y)
      let distance = dx * dx + dy * dy
      if cell.isLeaf || cell.squaredWidth < squaredTheta * distance.min() {
        let similarity = 1 / (1 + distance)
        let weight = cell.count * similarity
        sum.normalizer += weight
        sum.x += weight * similarity * dx
        sum.y += weight * similarity * dy
        index = Int(cell.next)
      } else {
        index += 1
      }
    }
    return sum
  }
}
