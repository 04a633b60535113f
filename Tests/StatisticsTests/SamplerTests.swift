import Statistics
import Testing

@Suite struct SamplerTests {
  @Test func aMixtureFindsItsGaussians() throws {
    let (points, labels) = clusters(3, each: 400, columns: 2, distance: 12, seed: 23)
    let mixture = try GaussianMixture(points, count: 3, seed: 1)
    for component in mixture.components { #expect(abs(component.weight - 1.0 / 3) < 0.01) }
    for label in 0..<3 {
      let own = points.selecting(labels.indices.filter { labels[$0] == label }).columnMeans
      let nearest =
        mixture.components.map { abs($0.mean[0] - own[0]) + abs($0.mean[1] - own[1]) }.min() ?? .infinity
      #expect(nearest < 0.05)
    }
    // Three Gaussians of unit deviation with equal weights: -log 3 - 1 - log 2 pi, but for the sample's scatter.
    #expect(abs(mixture.logLikelihood - (-1.0986 - 1 - 1.8379)) < 0.1)
  }

  @Test func drawsHaveTheMixturesMoments() throws {
    let points = normalPoints(2000, 3, seed: 29)
    let mixture = try GaussianMixture(points, count: 1, seed: 1)
    let draws = mixture.sample(4000, seed: 2)
    let means = draws.columnMeans
    for column in 0..<3 {
      #expect(abs(means[column] - points.columnMeans[column]) < 0.06)
    }
    #expect(try frechetDistance(points, draws) < 0.02)
    #expect(mixture.sample(4000, seed: 2) == draws)
  }

  @Test func marginalsKeepTheValuesAndLoseTheirBonds() throws {
    let points = Matrix(rows: 1000, columns: 2) { row, _ in Double(row) }
    let draws = try MarginalSampler(points).sample(500, seed: 3)
    #expect(draws.values.allSatisfy { $0 >= 0 && $0 < 1000 && $0 == $0.rounded() })
    #expect((0..<500).contains { draws[$0, 0] != draws[$0, 1] })
  }

  @Test func tooFewPointsAreAnError() {
    #expect(throws: StatisticsError.tooFew(what: "a mixture of 3 Gaussians", needed: 4, found: 3)) {
      try GaussianMixture(normalPoints(3, 2, seed: 1), count: 3, seed: 1)
    }
  }

  /// Gaussians that differ by a shift and a scale: the distance is known.
  @Test func theFrechetDistanceOfAShiftAndAScale() throws {
    let points = normalPoints(3000, 4, seed: 31)
    let analysis = try PrincipalComponents(of: points)
    let shifted = Matrix(rows: 3000, columns: 4) { points[$0, $1] * 2 + ($1 == 0 ? 3 : 0) }
    // The mean moves by m + (3, 0, 0, 0); the covariance's root grows by itself: its trace is added.
    let moved = analysis.mean.enumerated().reduce(0) { sum, entry in
      let step = entry.element + (entry.offset == 0 ? 3 : 0)
      return sum + step * step
    }
    let wanted = moved + analysis.variances.reduce(0, +)
    #expect(abs(try frechetDistance(points, shifted) - wanted) < 1e-6 * wanted)
    #expect(try frechetDistance(points, points) < 1e-9)
  }
}

@Suite struct ImageQualityTests {
  @Test func anImageIsLikeItself() throws {
    let plane = (0..<28 * 28).map { Float($0 % 28) / 28 }
    #expect(ImageQuality.structuralSimilarity(plane, plane, height: 28, width: 28) == 1)
    #expect(abs(ImageQuality.peakSignalToNoise(meanSquaredError: 0.01) - 20) < 1e-12)
    #expect(ImageQuality.structuralSimilarity(plane, plane, height: 27, width: 28) == nil)
  }

  /// Constant planes: the contrast term is 1, the luminance term is (2ab + c1) / (a^2 + b^2 + c1).
  @Test func constantPlanesDifferInLuminanceAlone() throws {
    let a = [Float](repeating: 0.25, count: 144)
    let b = [Float](repeating: 0.75, count: 144)
    let similarity = try #require(ImageQuality.structuralSimilarity(a, b, height: 12, width: 12))
    #expect(abs(similarity - (2 * 0.1875 + 1e-4) / (0.625 + 1e-4)) < 1e-6)
  }
}
