import Statistics
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct CodeTests {
  @Test func quantilesAreThoseOfTheNormalDistribution() {
    // Abramowitz and Stegun, table 26.5.
    for (probability, value) in [
      (0.5, 0.0), (0.975, 1.959_963_985), (0.9, 1.281_551_566), (0.001, -3.090_232_306),
    ] {
      #expect(abs(normalQuantile(probability) - value) < 1e-9, "\(probability)")
    }
    #expect(abs(0.5 * erfc(-normalQuantile(1e-12) / 2.0.squareRoot()) / 1e-12 - 1) < 1e-9)
    #expect(normalQuantile(0) == -.infinity && normalQuantile(1) == .infinity)
    #expect(normalQuantile(-0.1).isNaN && normalQuantile(.nan).isNaN)
  }

  @Test(arguments: CodePath.allCases) func pathsBeginAndEndAtTheirCodes(_ path: CodePath) {
    let (from, to) = ([1.0, 2, -1], [0.5, -3, 2.0])
    for (share, end) in [(0.0, from), (1, to)] {
      for (value, wanted) in zip(path.point(from: from, to: to, at: share), end) {
        #expect(abs(value - wanted) < 1e-12)
      }
    }
  }

  @Test func theSphericalPathKeepsTheLength() {
    for share in [0.1, 0.25, 0.5, 0.8] {
      let point = CodePath.spherical.point(from: [2, 0], to: [0, 2], at: share)
      #expect(abs(point[0] * point[0] + point[1] * point[1] - 4) < 1e-12)
      // In equal shares of the angle.
      #expect(abs(atan2(point[1], point[0]) - share * .pi / 2) < 1e-12)
    }
    #expect(CodePath.linear.point(from: [2, 0], to: [0, 2], at: 0.5) == [1, 1])
  }

  @Test func thePathIsStraightWhereNoArcJoinsTheCodes() {
    for (from, to) in [([0.0, 0], [1.0, 1]), ([1, 0], [-2, 0]), ([1, 1], [2, 2])] {
      #expect(
        CodePath.spherical.point(from: from, to: to, at: 0.25)
          == CodePath.linear.point(from: from, to: to, at: 0.25))
    }
  }

  @Test func everyNumberIsInABin() {
    let counts = HistogramCounts([0, 0.1, 0.5, 0.99, 1, .nan, .infinity] as [Float], bins: 4)
    #expect(counts.edges == [0, 0.25, 0.5, 0.75, 1])
    #expect(counts.counts == [2, 0, 1, 2])
    #expect(counts.left == 2 && counts.total == 5)
    #expect(HistogramCounts([3, 3] as [Float], bins: 5).counts == [2])
    #expect(HistogramCounts([] as [Float], bins: 5).counts == [0])
  }

  @Test func activeElementsAreCountedBothWays() {
    let counts = ActivationCounts(codes: [0, 2, -3, 0.5, 0, 0.2, 1, 0, 0], size: 3, threshold: 0.5)
    #expect(counts.imagesOfUnit == [1, 1, 1])
    #expect(counts.unitsOfImage == [2, 0, 1])
    #expect(counts.dead == 0 && abs(counts.meanShare - 3.0 / 9) < 1e-12)
  }
}
