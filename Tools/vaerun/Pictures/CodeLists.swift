import CommandLineTable
import Datasets
import Evaluation
import Runtime
import Statistics

/// Lists of numbers on the command line: images, counted from 0, and latents, counted from 1.
enum NumberList {
  /// - Throws: `UsageError` where the text is no list of numbers of the range.
  static func parse(_ text: String, in range: ClosedRange<Int>, option: String, of what: String) throws -> [Int]
  {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard numbers.count <= 1000, numbers.allSatisfy({ $0.map(range.contains) ?? false }) else {
      throw UsageError(
        "--\(option) takes \(what) from \(range.lowerBound) to \(range.upperBound), not '\(text)'",
        "write them with commas, such as --\(option) \(range.lowerBound),\(min(range.lowerBound + 1, range.upperBound))"
      )
    }
    return numbers.compactMap { $0 }
  }

  /// Numbers of images of a data set, as they are.
  /// - Throws: `UsageError` where there is no such image.
  static func images(_ numbers: [Int], of dataset: Dataset, option: String) throws -> [Int] {
    if let other = numbers.first(where: { !(0..<dataset.count).contains($0) }) {
      throw UsageError(
        "there is no image \(other) among the \(Terminal.count(dataset.count, "\(dataset.split.rawValue) image")) of "
          + dataset.name, "--\(option) takes 0 to \(dataset.count - 1)")
    }
    return numbers
  }
}

extension ModelPictures {
  /// The codes of some images of a data set.
  func codes(of images: [Int], in dataset: Dataset, inputs: EntryInputs) throws -> [[Double]] {
    let all = try codes(of: try dataset.subset(images), inputs: inputs)
    let size = latentSize
    return images.indices.map { all[$0 * size..<($0 + 1) * size].map(Double.init) }
  }

  /// Where a latent usually lies: for a model with a prior 0 and 1, else the mean and the deviation of codes.
  func usual(_ activity: LatentActivity?) -> (means: [Double], deviations: [Double]) {
    guard !hasPrior, let activity else {
      return (Array(repeating: 0, count: latentSize), Array(repeating: 1, count: latentSize))
    }
    return (activity.means, activity.deviations)
  }
}

/// `count` shares from `low` to `high` at equal steps, the first and the last exactly.
func equalSteps(_ count: Int, from low: Double, to high: Double) -> [Double] {
  guard count > 1 else { return [(low + high) / 2] }
  return (0..<count).map { $0 == count - 1 ? high : low + (high - low) * Double($0) / Double(count - 1) }
}
