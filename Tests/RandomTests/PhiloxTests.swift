import Random
import Testing

struct PhiloxTests {
  /// The known answers that the authors publish with their Random123 library (file kat_vectors, philox4x32 10).
  @Test(
    arguments: [
      ([0, 0, 0, 0], [0, 0], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
      (
        [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff],
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ] as [([UInt32], [UInt32], [UInt32])])
  func blocksAreTheKnownAnswers(counter: [UInt32], key: [UInt32], expected: [UInt32]) {
    let block = Philox.block(counter: (counter[0], counter[1], counter[2], counter[3]), key: (key[0], key[1]))
    #expect([block.0, block.1, block.2, block.3] == expected)
  }

  @Test func unitNumbersAreExactInFloat32AndInsideTheInterval() {
    for word: UInt32 in [0, 511, 512, 0x8000_0000, .max] {
      let value = RandomStream.unit(word)
      #expect(value > 0 && value < 1)
      #expect(Double(Float(value)) == value)
    }
  }
}

struct RandomStreamTests {
  private let stream = RandomStream(seed: 7, domain: .sample, stream: streamIdentifier(of: "encoder.z"))

  @Test func normalNumbersHaveMeanZeroAndVarianceOne() {
    let count = 40_000
    let values = (0..<count).map { stream.normal(element: $0 % 8, image: UInt32($0 / 8)) }
    let mean = values.reduce(0, +) / Double(count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(count)
    // Four standard errors of the mean and of the variance.
    #expect(abs(mean) < 4 / Double(count).squareRoot())
    #expect(abs(variance - 1) < 4 * (2 / Double(count)).squareRoot())
  }

  @Test func everyPartOfTheCounterAndTheKeyChangesTheNumber() {
    let base = stream.normal(element: 1, image: 2, epoch: 3, sample: 4)
    let others = [
      stream.normal(element: 2, image: 2, epoch: 3, sample: 4),
      stream.normal(element: 1, image: 3, epoch: 3, sample: 4),
      stream.normal(element: 1, image: 2, epoch: 4, sample: 4),
      stream.normal(element: 1, image: 2, epoch: 3, sample: 5),
      RandomStream(seed: 8, domain: .sample, stream: streamIdentifier(of: "encoder.z"))
        .normal(element: 1, image: 2, epoch: 3, sample: 4),
      RandomStream(seed: 7, domain: .train, stream: streamIdentifier(of: "encoder.z"))
        .normal(element: 1, image: 2, epoch: 3, sample: 4),
      RandomStream(seed: 7, domain: .sample, stream: streamIdentifier(of: "encoder.w"))
        .normal(element: 1, image: 2, epoch: 3, sample: 4),
    ]
    #expect(Set(others + [base]).count == others.count + 1)
  }

  @Test(arguments: [0, 1, 2, 17, 1000])
  func aPermutationHasEveryNumberOnce(count: Int) {
    #expect(stream.permutation(count: count, epoch: 1).sorted() == Array(0..<count))
  }

  @Test func permutationsDifferFromEpochToEpochAndRepeatWithTheSeed() {
    let first = stream.permutation(count: 100, epoch: 1)
    #expect(first != stream.permutation(count: 100, epoch: 2))
    #expect(first == stream.permutation(count: 100, epoch: 1))
    #expect(first != Array(0..<100))
  }
}
