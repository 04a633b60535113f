#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A map of points into the plane that keeps neighbours together: t-SNE (van der Maaten and Hinton 2008), with the forces
/// between far points summed over the cells of a tree (van der Maaten: "Accelerating t-SNE using tree-based algorithms",
/// JMLR 2014, section 4).
public struct Embedding: Sendable {
  public struct Options: Sendable {
    /// About the number of neighbours that count.
    public var perplexity = 30.0
    /// Steps with the attraction `exaggeration` times as strong, then steps as it is.
    public var earlySteps = 250
    public var steps = 750
    public var exaggeration = 12.0
    /// A cell counts as one point where its width is below this share of its distance.
    public var theta = 0.5
    public var threads = processorCount

    public init() {}
  }

  /// Where the optimization is.
  public struct Progress: Sendable {
    public var step: Int
    public var steps: Int
    /// KL(P || Q) of the affinities, without exaggeration.
    public var divergence: Double
  }

  /// [n, 2].
  public let points: Matrix
  /// KL(P || Q) at the end.
  public let divergence: Double

  /// - Parameters:
  ///   - start: [n, 2], such as the first two principal components; scaled to a small deviation here.
  ///   - progress: called every 50 steps.
  /// - Throws: `StatisticsError` for fewer points than three times the perplexity.
  public init(
    of points: Matrix, start: Matrix, options: Options = Options(),
    progress: (Progress) throws -> Void = { _ in }
  ) throws {
    let neighbors = Int((3 * options.perplexity).rounded())
    guard points.rows > neighbors else {
      throw StatisticsError.tooFew(
        what: "t-SNE with perplexity \(options.perplexity)", needed: neighbors + 1, found: points.rows)
    }
    guard start.rows == points.rows, start.columns == 2 else { throw StatisticsError.shape(what: "t-SNE") }
    let affinities = try Affinities(
      of: points, perplexity: options.perplexity, neighbors: neighbors, threads: options.threads)
    var layout = Layout(start: start, affinities: affinities, options: options)
    let total = options.earlySteps + options.steps
    for step in 1...max(1, total) {
      let isTold = step % 50 == 0 || step == total
      layout.move(step: step, measures: isTold)
      if isTold { try progress(Progress(step: step, steps: total, divergence: layout.divergence)) }
    }
    divergence = layout.divergence
    self.points = Matrix(unchecked: points.rows, 2, zip(layout.x, layout.y).flatMap { [$0, $1] })
  }
}

/// The moving points, their velocities and step lengths.
private struct Layout {
  private(set) var x: [Double]
  private(set) var y: [Double]
  private(set) var divergence = 0.0
  private var velocity: [Double]
  private var gains: [Double]
  private let affinities: Affinities
  private let options: Embedding.Options
  private let rate: Double

  init(start: Matrix, affinities: Affinities, options: Embedding.Options) {
    let count = start.rows
    let means = start.columnMeans
    var variance = 0.0
    for row in 0..<count { variance += (start[row, 0] - means[0]) * (start[row, 0] - means[0]) }
    let deviation = (variance / Double(max(1, count))).squareRoot()
    let scale = deviation > 0 ? 1e-4 / deviation : 0
    x = (0..<count).map { (start[$0, 0] - means[0]) * scale }
    y = (0..<count).map { (start[$0, 1] - means[1]) * scale }
    velocity = Array(repeating: 0, count: 2 * count)
    gains = Array(repeating: 1, count: 2 * count)
    self.affinities = affinities
    self.options = options
    // In proportion to the number of points (Belkina et al. 2019, "opt-SNE"), with the gradient's factor 4 left out.
    rate = max(200, Double(count) / options.exaggeration)
  }

  /// One step of gradient descent with momentum and gains.
  /// - Parameter measures: sets `divergence` to that before the step.
  mutating func move(step: Int, measures: Bool) {
    let early = step <= options.earlySteps
    let exaggeration = early ? options.exaggeration : 1
    let momentum = early ? 0.5 : 0.8
    let tree = QuadTree(x: x, y: y)
    let (x, y, affinities, theta, order) = (x, y, affinities, options.theta, tree.order)
    let lanes = QuadTree.Lanes.scalarCount
    let groups = (order.count + lanes - 1) / lanes
    let runs = parallelRuns(groups, threads: options.threads) { run in
      run.map { group -> Forces in
        var (laneX, laneY) = (QuadTree.Lanes.zero, QuadTree.Lanes.zero)
        // The lanes that the last group lacks repeat its last point.
        let points = (0..<lanes).map { order[min(group * lanes + $0, order.count - 1)] }
        for (lane, point) in points.enumerated() { (laneX[lane], laneY[lane]) = (x[point], y[point]) }
        let repulsion = tree.repulsion(x: laneX, y: laneY, theta: theta)
        var (attractionX, attractionY) = (QuadTree.Lanes.zero, QuadTree.Lanes.zero)
        for (lane, point) in points.enumerated() {
          (attractionX[lane], attractionY[lane]) = affinities.attraction(of: point, x: x, y: y)
        }
        return Forces(
          repulsionX: repulsion.x, repulsionY: repulsion.y, normalizer: repulsion.normalizer,
          attractionX: attractionX, attractionY: attractionY)
      }
    }
    let forces = runs.flatMap { $0 }
    var normalizer = 0.0
    for place in order.indices { normalizer += forces[place / lanes].normalizer[place % lanes] }
    normalizer = max(normalizer, .leastNormalMagnitude)
    if measures {
      divergence =
        affinities.negativeEntropy + affinities.spread(x: x, y: y, threads: options.threads) + log(normalizer)
    }
    for (place, point) in order.enumerated() {
      let (force, lane) = (forces[place / lanes], place % lanes)
      let gradientX = exaggeration * force.attractionX[lane] - force.repulsionX[lane] / normalizer
      let gradientY = exaggeration * force.attractionY[lane] - force.repulsionY[lane] / normalizer
      self.x[point] += advance(2 * point, gradientX, momentum)
      self.y[point] += advance(2 * point + 1, gradientY, momentum)
    }
    centre()
  }

  private mutating func advance(_ index: Int, _ gradient: Double, _ momentum: Double) -> Double {
    let opposes = (gradient > 0) != (velocity[index] > 0)
    gains[index] = max(0.01, opposes ? gains[index] + 0.2 : gains[index] * 0.8)
    velocity[index] = momentum * velocity[index] - rate * gains[index] * gradient
    return velocity[index]
  }

  private mutating func centre() {
    let (meanX, meanY) = (x.reduce(0, +) / Double(x.count), y.reduce(0, +) / Double(y.count))
    for point in x.indices {
      x[point] -= meanX
      y[point] -= meanY
    }
  }
}

/// What acts on eight points that are neighbours in the order of the tree.
private struct Forces: Sendable {
  var repulsionX: QuadTree.Lanes
  var repulsionY: QuadTree.Lanes
  var normalizer: QuadTree.Lanes
  var attractionX: QuadTree.Lanes
  var attractionY: QuadTree.Lanes
}
