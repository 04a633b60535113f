import Reporting
import Testing

@Suite struct TicksTests {
  @Test(arguments: [
    (0.0...1.0, 6, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    (-3.0...3.0, 7, ["−3", "−2", "−1", "0", "1", "2", "3"]),
    (145.3...153.1, 5, ["146", "148", "150", "152"]),
    (0.1...0.3, 3, ["0.1", "0.2", "0.3"]),
    (-0.013...0.021, 4, ["−0.01", "0", "0.01", "0.02"]),
    (0.0...6000.0, 7, ["0", "1000", "2000", "3000", "4000", "5000", "6000"]),
    (0.0...4e6, 5, ["0", "1e6", "2e6", "3e6", "4e6"]),
    (0.0...2e6, 5, ["0", "5e5", "1.0e6", "1.5e6", "2.0e6"]),
    (0.0...2e-6, 3, ["0", "1e−6", "2e−6"]),
    (9_999_990.0...10_000_010.0, 3, ["9.99999e6", "1.000000e7", "1.000001e7"]),
  ]) func ticksAreRoundNumbers(range: ClosedRange<Double>, count: Int, labels: [String]) {
    #expect(Ticks.nice(in: range, count: count).map(\.label) == labels)
  }

  @Test func ticksLieInTheirRangeAndAreExactDecimals() {
    #expect(Ticks.nice(in: 0...0.6, count: 7).map(\.value) == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    for exponent in -40...40 {
      let unit = Double(sign: .plus, exponent: exponent, significand: 1)
      for range in [0...unit, -unit...unit, unit...(3.7 * unit)] {
        let ticks = Ticks.nice(in: range)
        #expect((3...13).contains(ticks.count), "\(range): \(ticks)")
        let slack = unit * 1e-6
        #expect(
          ticks.allSatisfy { $0.value >= range.lowerBound - slack && $0.value <= range.upperBound + slack })
        #expect(Set(ticks.map(\.label)).count == ticks.count, "\(range): \(ticks)")
      }
    }
  }

  @Test func epochsGetWholeTicks() {
    #expect(Ticks.nice(in: 1...3, count: 9, integral: true).map(\.label) == ["1", "2", "3"])
    #expect(Ticks.nice(in: 1.2...1.7, integral: true).isEmpty)
  }

  @Test(arguments: [0.0...0, 5...5, -.infinity...0, 0 ... .infinity, -1e300...1e300] as [ClosedRange<Double>])
  func rangesThatCannotBeDrawnHaveNoTicks(range: ClosedRange<Double>) {
    #expect(Ticks.nice(in: range).isEmpty)
  }

  @Test func anyCountIsTaken() {
    #expect(Ticks.nice(in: 0...1, count: .min).count >= 2)
    #expect(Ticks.nice(in: 0...1, count: .max).count >= 2)
  }
}
