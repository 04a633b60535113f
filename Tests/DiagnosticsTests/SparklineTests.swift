import Diagnostics
import Testing

@Suite struct SparklineTests {
  private func sparkline(_ values: [Double], width: Int = 8) -> String {
    var line = Sparkline(width: width)
    for value in values { line.add(value) }
    return line.text
  }

  @Test func oneSignPerNumberFromTheLeastToTheGreatest() {
    #expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], width: 20) == "▁▂▃▄▅▆▇█")
    #expect(sparkline([3, 2, 1]) == "█▅▁")
  }

  @Test func thereIsNoCurveBeforeThereAreTwoNumbers() {
    #expect(sparkline([]).isEmpty)
    #expect(sparkline([1]).isEmpty)
    #expect(sparkline([.nan, 1, .infinity]).isEmpty)
    #expect(sparkline([1, 1]) == "▁▁")
  }

  @Test(arguments: [2, 3, 7, 20])
  func aMillionNumbersFitTheWidth(_ width: Int) {
    let line = sparkline((0..<1_000_000).map { 1 / Double($0 + 1) }, width: width)
    #expect((max(1, width / 2)...width).contains(line.count))
    #expect(line.last == "▁")
  }

  @Test func signsAreMeansOfEquallyManyNumbers() {
    // After 8 numbers there are 4 runs of 2, then one that is begun.
    #expect(sparkline([0, 2, 2, 4, 4, 6, 6, 8, 5]) == "▁▃▆█▆")
  }

  @Test func oneNumberFarAboveTheOthersLeavesThemTheirShape() {
    let line = sparkline([1000] + (1...11).map { 12 - Double($0) }, width: 20)
    #expect(line.first == "█")
    #expect(Set(line).count >= 7)
  }
}
