import Statistics
import Testing

@Suite struct PrincipalComponentsTests {
  /// Points on an ellipse's axes: the directions and variances are known.
  @Test func theDirectionsOfMostVarianceComeFirst() throws {
    let points = try #require(
      Matrix(rows: 4, columns: 2, values: [3, 4, -3, -4, -0.8, 0.6, 0.8, -0.6]))
    let analysis = try PrincipalComponents(of: points)
    #expect(abs(analysis.variances[0] - 50.0 / 3) < 1e-12)
    #expect(abs(analysis.variances[1] - 2.0 / 3) < 1e-12)
    #expect(abs(abs(analysis.components[0, 0]) - 0.6) < 1e-12)
    #expect(abs(abs(analysis.components[0, 1]) - 0.8) < 1e-12)
    #expect(analysis.count(explaining: 0.9) == 1)
    #expect(analysis.count(explaining: 0.99) == 2)
  }

  @Test func allComponentsTogetherLoseNothing() throws {
    let points = normalPoints(50, 7, seed: 3)
    let analysis = try PrincipalComponents(of: points)
    let again = try analysis.reconstruct(try analysis.project(points, count: 7))
    for (value, wanted) in zip(again.values, points.values) { #expect(abs(value - wanted) < 1e-10) }
  }

  /// What the first directions leave out is the variance of the others.
  @Test func theErrorOfAReconstructionIsTheVarianceLeftOut() throws {
    let points = normalPoints(5000, 6, seed: 5)
    let analysis = try PrincipalComponents(of: points)
    let again = try analysis.reconstruct(try analysis.project(points, count: 2))
    let error = zip(again.values, points.values).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let left = analysis.variances[2...].reduce(0, +) * Double(points.rows - 1)
    #expect(abs(error - left) < 1e-8 * left)
  }

  @Test func mistakesAreErrors() throws {
    #expect(throws: StatisticsError.tooFew(what: "a principal component analysis", needed: 2, found: 1)) {
      try PrincipalComponents(of: normalPoints(1, 3, seed: 1))
    }
    let broken = try #require(Matrix(rows: 2, columns: 1, values: [1, .nan]))
    #expect(throws: StatisticsError.notFinite(what: "a principal component analysis")) {
      try PrincipalComponents(of: broken)
    }
    let analysis = try PrincipalComponents(of: normalPoints(5, 3, seed: 1))
    #expect(throws: StatisticsError.shape(what: "the projection")) {
      try analysis.project(normalPoints(5, 4, seed: 1), count: 2)
    }
    #expect(Matrix(rows: 2, columns: 2, values: [1]) == nil)
  }
}

@Suite struct OpenBLASTests {
  @Test func aProductOfSmallMatricesIsTheOneOfPaper() throws {
    let library = try #require(OpenBLAS.shared)
    let product: [Double]? = library.product([1, 2, 3, 4], transposed: [5, 6, 7, 8, 9, 10], m: 2, n: 3, k: 2)
    #expect(product == [17, 23, 29, 39, 53, 67])
    let wrong: [Double]? = library.product([1, 2, 3], transposed: [1, 2], m: 2, n: 1, k: 2)
    #expect(wrong == nil)
  }

  @Test func avx512ProcessorsGetItsKernels() {
    #expect(OpenBLAS.kernels(for: ["avx2", "fma"]) == nil)
    #expect(OpenBLAS.kernels(for: ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]) == "SkylakeX")
  }
}
