import Datasets
import Testing

/// The digest that a run remembers of its data.
@Suite struct DatasetDigestTests {
  private func dataset(_ count: Int, side: Int = 64, change: Int? = nil, label: Int32 = 0) throws -> Dataset {
    var images = (0..<count * side * side).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 9) }
    if let change { images[change] ^= 1 }
    return try Dataset(
      name: "test", split: .train, imageShape: [1, side, side], images: images,
      labels: Array(repeating: label, count: count), classNames: ["a", "b"], source: "here")
  }

  private func digest(_ dataset: Dataset, threads: Int? = nil) throws -> String {
    try Dataset.digest(of: [dataset], threads: threads)
  }

  /// 1,500 images of 4 KiB are two parts of 1,024 at most.
  @Test func whatTheDigestDependsOn() throws {
    let whole = try digest(dataset(1500))
    #expect(whole.hasPrefix(Dataset.digestMark))
    #expect(try digest(dataset(1500), threads: 1) == whole)
    for other in [
      try dataset(1500, change: 5), try dataset(1500, change: 1500 * 4096 - 1), try dataset(1499),
      try dataset(1500, label: 1),
    ] {
      #expect(try digest(other) != whole)
    }
  }

  /// An image that is larger than a part.
  @Test func largeImagesAreAPartEach() throws {
    let (whole, changed) = (try dataset(2, side: 2100), try dataset(2, side: 2100, change: 2100 * 2100))
    #expect(try digest(whole) != digest(changed))
  }
}
