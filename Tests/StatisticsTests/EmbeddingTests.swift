import Statistics
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct EmbeddingTests {
  @Test func theNearestAreThoseOfASearchOfAllPairs() throws {
    let points = normalPoints(300, 5, seed: 7)
    let nearest = try NearestNeighbors(points).nearest(4, to: points, excludingSelf: true, threads: 2)
    for row in 0..<points.rows {
      var all = (0..<points.rows).filter { $0 != row }.map { other in
        (other, zip(points.row(row), points.row(other)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) })
      }
      all.sort { $0.1 < $1.1 }
      #expect(nearest[row].map(\.index) == all.prefix(4).map(\.0))
      #expect(nearest[row].map(\.squaredDistance) == all.prefix(4).map(\.1))
    }
  }

  @Test func theAffinitiesHaveTheWantedPerplexity() {
    let probabilities = Affinities.conditional((1...90).map { Double($0) * 0.7 }, perplexity: 30)
    let entropy = probabilities.reduce(0) { $0 - $1 * log($1) }
    #expect(abs(entropy - log(30)) < 1e-5)
    #expect(abs(probabilities.reduce(0, +) - 1) < 1e-12)
  }

  @Test func sumsOverCellsAreNearThoseOverPoints() {
    let points = normalPoints(500, 2, seed: 11)
    let (x, y) = ((0..<500).map { points[$0, 0] * 20 }, (0..<500).map { points[$0, 1] * 20 })
    let tree = QuadTree(x: x, y: y)
    var (error, size) = (0.0, 0.0)
    var sums = (near: 0.0, exact: 0.0)
    for point in 0..<500 {
      var exact = QuadTree.Repulsion(x: 0, y: 0, normalizer: 0)
      for other in 0..<500 where other != point {
        let (dx, dy) = (x[point] - x[other], y[point] - y[other])
        let similarity = 1 / (1 + dx * dx + dy * dy)
        exact.normalizer += similarity
        exact.x += similarity * similarity * dx
        exact.y += similarity * similarity * dy
      }
      let near = tree.repulsion(x: x[point], y: y[point], theta: 0.5)
      sums.near += near.normalizer
      sums.exact += exact.normalizer
      error += (near.x - exact.x) * (near.x - exact.x) + (near.y - exact.y) * (near.y - exact.y)
      size += exact.x * exact.x + exact.y * exact.y
      let open = tree.repulsion(x: x[point], y: y[point], theta: 0)
      #expect(abs(open.normalizer - exact.normalizer) < 1e-9 && abs(open.x - exact.x) < 1e-9)
    }
    #expect(abs(sums.near - sums.exact) < 0.01 * sums.exact)
    // As a share of the root mean square of the forces: single ones cancel to almost nothing.
    #expect((error / size).squareRoot() < 0.03)
  }

  @Test func eightPointsTogetherAreAsNearAsOneByOne() {
    let points = normalPoints(400, 2, seed: 12)
    let (x, y) = ((0..<400).map { points[$0, 0] * 20 }, (0..<400).map { points[$0, 1] * 20 })
    let tree = QuadTree(x: x, y: y)
    #expect(tree.order.sorted() == Array(0..<400))
    var errors = (together: 0.0, alone: 0.0)
    for start in stride(from: 0, to: 400, by: 8) {
      let members = tree.order[start..<start + 8]
      let lanes = (QuadTree.Lanes(members.map { x[$0] }), QuadTree.Lanes(members.map { y[$0] }))
      let open = tree.repulsion(x: lanes.0, y: lanes.1, theta: 0)
      let near = tree.repulsion(x: lanes.0, y: lanes.1, theta: 0.5)
      for (lane, point) in members.enumerated() {
        let exact = tree.repulsion(x: x[point], y: y[point], theta: 0)
        #expect(abs(open.normalizer[lane] - exact.normalizer) < 1e-9)
        #expect(abs(open.x[lane] - exact.x) < 1e-9 && abs(open.y[lane] - exact.y) < 1e-9)
        let alone = tree.repulsion(x: x[point], y: y[point], theta: 0.5)
        errors.together += abs(near.normalizer[lane] - exact.normalizer)
        errors.alone += abs(alone.normalizer - exact.normalizer)
      }
    }
    #expect(errors.together <= errors.alone, "\(errors)")
  }

  @Test func pointsThatAreAllTheSameMakeATree() {
    let tree = QuadTree(x: [1, 1, 1], y: [2, 2, 2])
    #expect(tree.repulsion(x: 1, y: 2, theta: 0.5).normalizer == 2)
  }

  @Test func clustersStayTogether() throws {
    let (points, labels) = clusters(4, each: 60, columns: 10, distance: 6, seed: 13)
    var options = Embedding.Options()
    options.perplexity = 15
    options.steps = 250
    let start = try PrincipalComponents(of: points).project(points, count: 2)
    var steps: [Int] = []
    let embedding = try Embedding(of: points, start: start, options: options) { steps.append($0.step) }
    #expect(steps == Array(stride(from: 50, through: 500, by: 50)))
    let neighbors = try NearestNeighbors(embedding.points).nearest(5, to: embedding.points, excludingSelf: true)
    for (row, list) in neighbors.enumerated() {
      #expect(list.allSatisfy { labels[$0.index] == labels[row] })
    }
    #expect(embedding.divergence > 0 && embedding.divergence < 1)
  }

  @Test func theNumberOfThreadsChangesNoBit() throws {
    let (points, _) = clusters(3, each: 50, columns: 4, distance: 5, seed: 17)
    var options = Embedding.Options()
    options.perplexity = 10
    options.earlySteps = 30
    options.steps = 30
    let start = try PrincipalComponents(of: points).project(points, count: 2)
    options.threads = 1
    let one = try Embedding(of: points, start: start, options: options)
    options.threads = 3
    let three = try Embedding(of: points, start: start, options: options)
    #expect(one.points == three.points)
  }

  @Test func tooFewPointsAreAnError() {
    #expect(
      throws: StatisticsError.tooFew(what: "t-SNE with perplexity 30.0", needed: 91, found: 90)
    ) { try Embedding(of: normalPoints(90, 3, seed: 1), start: normalPoints(90, 2, seed: 1)) }
  }
}
