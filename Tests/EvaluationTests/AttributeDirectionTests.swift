import Evaluation
import Statistics
import Testing

@Suite struct AttributeDirectionTests {
  /// Two groups of points, around (1, 0) and (3, 4).
  private let codes = Matrix(rows: 4, columns: 2, values: [0, 0, 2, 0, 2, 4, 4, 4])

  @Test func theDirectionLeadsFromMeanToMean() throws {
    let codes = try #require(codes)
    let direction = try #require(AttributeDirection(codes: codes, has: [false, false, true, true]))
    #expect(direction.difference == [2, 4])
    #expect(direction.middle == [2, 2])
    #expect((direction.with, direction.without) == (2, 2))
    #expect(abs(direction.length - 20.0.squareRoot()) < 1e-12)
    #expect(direction.moved([1, 0], by: 0.5) == [2, 2])
  }

  @Test func bothGroupsCountAlike() throws {
    let codes = try #require(codes)
    let direction = try #require(AttributeDirection(codes: codes, has: [false, false, true, true]))
    // One of three without is on the wrong side, and so is the one with: 2/3 and 0.
    let test = try #require(Matrix(rows: 4, columns: 2, values: [0, 0, 1, 1, 4, 4, 0, 1]))
    let told = try #require(direction.balancedAccuracy(codes: test, has: [false, false, false, true]))
    #expect(abs(told - 1.0 / 3) < 1e-12)
    #expect(direction.balancedAccuracy(codes: codes, has: [false, false, true, true]) == 1)
    #expect(direction.balancedAccuracy(codes: codes, has: [true, true, true, true]) == nil)
  }

  @Test func whatAllHaveHasNoDirection() throws {
    let codes = try #require(codes)
    #expect(AttributeDirection(codes: codes, has: [true, true, true, true]) == nil)
    #expect(AttributeDirection(codes: codes, has: [false, false, false, false]) == nil)
    #expect(AttributeDirection(codes: codes, has: [true]) == nil)
  }
}
