import Runtime
import Testing

@Suite struct SamplesTests {
  private func samples(_ values: [Double]) -> Samples {
    var samples = Samples()
    for value in values { samples.add(value) }
    return samples
  }

  static let medians: [([Double], Double)] = [
    ([], 0), ([3], 3), ([1, 5], 3), ([9, 1, 4], 4), ([1, 2, 10, 4], 3),
  ]

  @Test(arguments: medians)
  func theMedianIsTheMiddleValue(values: [Double], median: Double) {
    #expect(samples(values).median == median)
  }

  @Test func theSpreadIsTheDistanceOfTheOuterValues() {
    #expect(samples([4, 2, 3]).spread == 2.0 / 3)
    #expect(samples([]).spread == 0)
    #expect(samples([0, 0]).spread == 0)
  }

  @Test func syntheticImagesAreAFunctionOfTheirShape() throws {
    let images = try SyntheticImages(imageShape: [1, 3, 5], count: 7)
    #expect(images.count == 7)
    let bytes = try images.bytes(of: [0, 6])
    #expect(bytes.count == 30)
    #expect(Set(bytes).count > 15)
    #expect(try SyntheticImages(imageShape: [1, 3, 5], count: 7).bytes(of: [0, 6]) == bytes)
    #expect(try images.labels(of: [1, 2]) == [0, 0])
  }

  @Test func imagesThatNoMemoryHoldsAreRefused() {
    for count in [1 << 40, .max] {
      let error = #expect(throws: ModelError.self) {
        try SyntheticImages(imageShape: [1, 512, 512], count: count)
      }
      if case .outOfMemory? = error {} else { Issue.record("\(String(describing: error))") }
    }
  }
}
