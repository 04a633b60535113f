import Reporting
import Testing

@Suite struct LineChartTests {
  /// Okabe and Ito's blue, the first curve's.
  private func isBlue(_ pixel: [UInt8]) -> Bool { pixel == [0x00, 0x72, 0xB2] }

  @Test func theFirstEpochDoesNotFlattenTheRest() throws {
    let values = [5000.0, 400] + (0..<18).map { 100 - Double($0) }
    let decoded = try DecodedPicture(LineChart(series: [.init("loss", values: values)]).render(scale: 1))
    // The right four fifths of the plot hold the last values.
    let rows = decoded.rows(inColumns: decoded.width / 4..<decoded.width, where: isBlue)
    let extent = try #require(rows.last) - (try #require(rows.first))
    #expect(extent > decoded.height / 2)
  }

  @Test func aGivenRangeIsKept() throws {
    let chart = LineChart(series: [.init("loss", values: [5, 5, 5])], yRange: 0...10)
    let decoded = try DecodedPicture(chart.render(scale: 1))
    let rows = decoded.rows(inColumns: decoded.width / 2..<decoded.width / 2 + 40, where: isBlue)
    // The plot reaches from 18 below the top to 46 above the bottom; 5 is its middle.
    let middle = (18 + 320 - 46) / 2
    #expect(rows.allSatisfy { abs($0 - middle) <= 6 } && !rows.isEmpty)
  }

  @Test func theSameChartGivesTheSameBytes() throws {
    let chart = LineChart(
      title: "Loss",
      series: [.init("training", values: [3, 2, 1.5]), .init("validation", values: [4, 3, 2.5])])
    #expect(try chart.render().png == chart.render().png)
  }

  @Test func anyDataAreDrawn() throws {
    let curves: [[Double]] = [
      [], [1], [.nan], [.nan, .infinity, -.infinity], [1, .nan, 2], [0, 0, 0], [1e308, -1e308],
      [1e99, -1e99, 1],
      [1, 1 + 1e-15], [.leastNonzeroMagnitude, 0], (0..<1000).map { Double($0) },
    ]
    for values in curves {
      let series = [
        LineChart.Series("a", values: values, color: .min), .init("b", values: values, color: .max),
      ]
      #expect(try LineChart(series: series).render().width == 920)
    }
    _ = try LineChart(series: []).render()
    _ = try LineChart(series: (0..<200).map { .init("curve \($0)", values: [1, 2]) }).render()
    _ = try LineChart(title: "a\u{0}b\n\u{1F600}", series: [.init("", values: [1, 2])], yRange: 3...3).render()
    _ = try LineChart(title: String(repeating: "long ", count: 200), series: []).render()
  }

  @Test func sizesThatCannotBeDrawnAreRefused() {
    for size in [
      Size(width: .nan, height: 1), Size(width: 300, height: .infinity), Size(width: 1e9, height: 300),
    ] {
      #expect(throws: PictureError.self) { try LineChart(series: [], chartSize: size).render() }
      #expect(throws: PictureError.self) { try ScatterPlot(codes: [], side: size.width * size.height).render() }
    }
    #expect(throws: Never.self) { try LineChart(series: [], chartSize: Size(width: -3, height: 0)).render() }
  }
}

@Suite struct ScatterPlotTests {
  @Test func aPointLiesWhereItsCodeSays() throws {
    let plot = ScatterPlot(codes: [0.5, -0.25], xRange: -1...1, yRange: -1...1, side: 200)
    let decoded = try DecodedPicture(plot.render(scale: 1))
    // The data's square starts at (58, 10).
    let pixel = decoded[58 + 150, 10 + 125]
    #expect(pixel[2] > 200 && pixel[0] < 120, "\(pixel)")
  }

  @Test func anEqualAspectGrowsTheShorterRange() throws {
    let codes: [Float] = [-4, 0.1, 4, 0.1]
    let plot = ScatterPlot(codes: codes, xRange: -4...4, yRange: -1...1, side: 200)
    let decoded = try DecodedPicture(plot.render(scale: 1))
    // 0.1 of 8 units along 200 pixels is 2.5 above the middle.
    #expect(decoded[58 + 2, 10 + 97] != [255, 255, 255])
  }

  @Test func plotsSideBySideHaveOneRangeAndOneLegend() throws {
    let plots = ScatterPlot.aligned([
      ScatterPlot(codes: [-3, 0, 0, 1], labels: [0, 0], classNames: ["a"]),
      ScatterPlot(codes: [0, -8, 5, 0], labels: [0, 0], classNames: ["a"]),
    ])
    #expect(plots[0].xRange == plots[1].xRange && plots[0].yRange == plots[1].yRange)
    #expect(try #require(plots[0].xRange).contains(5) && (try #require(plots[1].yRange)).contains(1))
    #expect(plots.map(\.hasLegend) == [false, true])
    #expect(try plots[0].size().width < plots[1].size().width)
  }

  @Test func inputThatDoesNotFitIsNamed() {
    func message(_ plot: ScatterPlot) -> String? {
      #expect(throws: PictureError.self) { try plot.render() }?.description
    }
    #expect(
      message(ScatterPlot(codes: [1, 2, 3]))
        == "3 numbers are no whole number of two-dimensional codes; give N x 2 numbers")
    #expect(
      message(ScatterPlot(codes: [1, 2], labels: [0, 0], classNames: ["a"]))
        == "1 codes have 2 labels; give one label for each code, or none")
    #expect(
      message(ScatterPlot(codes: [1, 2], labels: [3], classNames: ["a"]))
        == "a code is labelled 3, but there are 1 class names; name every class")
  }

  @Test func anyCodesAreDrawn() throws {
    let names = (0..<40).map { "class \($0)" }
    let few: [[Float]] = [
      [], [1, 1], [.nan, 0], [.infinity, -.infinity, 0, 0], [1e38, -1e38, 0, 0], [0, 0, 0, 0, 0, 0],
    ]
    for codes in few {
      let labels = (0..<codes.count / 2).map { $0 * 13 % 40 }
      for equal in [false, true] {
        _ = try ScatterPlot(
          codes: codes, labels: labels, classNames: names, hasEqualAspect: equal,
          priorDeviations: [1, .nan, -2, 0]
        )
        .render()
      }
    }
    _ = try ScatterPlot(codes: [], xRange: 0...(.infinity), yRange: 1...1).render()
  }

  @Test func everyClassIsSeenWhereCodesComeSorted() throws {
    // Two classes at the same places; the one that comes last must not hide the other.
    let places: [Float] = (0..<400).flatMap { [Float($0 % 20), Float($0 / 20)] }
    let plot = ScatterPlot(
      codes: places + places, labels: (0..<800).map { $0 / 400 }, classNames: ["", ""], side: 300)
    let decoded = try DecodedPicture(plot.render(scale: 1))
    var (blue, orange) = (0, 0)
    for y in 10..<310 {
      for x in 58..<358 {
        let pixel = decoded[x, y]
        if pixel[2] > pixel[0], pixel[0] < 160 { blue += 1 }
        if pixel[0] > pixel[2], pixel[2] < 160 { orange += 1 }
      }
    }
    #expect(min(blue, orange) * 4 > max(blue, orange), "\(blue) and \(orange)")
  }
}
