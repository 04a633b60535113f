import Statistics
import Testing

@Suite struct ClassificationTests {
  @Test func aLinearProbeReadsClustersAndNewPointsOfThem() throws {
    let (points, labels) = clusters(5, each: 80, columns: 6, distance: 5, seed: 19)
    let train = points.selecting(0..<300)
    let probe = try SoftmaxRegression(train, labels: Array(labels[0..<300]), classes: 5)
    let predicted = try probe.classify(points.selecting(300..<400))
    let matrix = ConfusionMatrix(truth: Array(labels[300...]), predicted: predicted, classes: 5)
    #expect(matrix.accuracy > 0.97)
    #expect(matrix.total == 100)
  }

  @Test func minimizationFindsTheLeastOfABentValley() {
    let value = minimize(from: [3, -2], tolerance: 1e-9) { p in
      (
        (p[0] - 1) * (p[0] - 1) + 10 * (p[1] - p[0]) * (p[1] - p[0]),
        [2 * (p[0] - 1) - 20 * (p[1] - p[0]), 20 * (p[1] - p[0])]
      )
    }
    #expect(abs(value[0] - 1) < 1e-6 && abs(value[1] - 1) < 1e-6)
  }

  @Test func confusionCountsPairs() {
    let matrix = ConfusionMatrix(truth: [0, 0, 1, 1, 7], predicted: [0, 1, 1, 1, 0], classes: 2)
    #expect(matrix.counts == [[1, 1], [0, 2]])
    #expect(matrix.accuracy == 0.75)
    #expect(matrix.rowNormalized == [[0.5, 0.5], [0, 1]])
  }

  @Test func mistakesAreErrors() {
    #expect(throws: StatisticsError.shape(what: "the linear probe")) {
      try SoftmaxRegression(normalPoints(3, 2, seed: 1), labels: [0, 1, 2], classes: 2)
    }
  }
}
