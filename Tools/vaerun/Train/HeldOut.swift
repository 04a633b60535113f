import CommandLineTable
import Datasets
import Runtime

/// What `--val` holds out of the training images.
enum HoldOut: Equatable, Sendable {
  case share(Double)
  case images(Int)

  /// How many of so many images; not yet checked against them.
  func count(of images: Int) -> Int {
    switch self {
    case .share(let share): Int((share * Double(images)).rounded())
    case .images(let count): count
    }
  }
}

/// The training images that a run holds out, by `--val` or `--fold`: they choose the best epoch and are never trained on.
struct HeldOut {
  let count: Int
  let fold: Fold?

  /// What the options say, else the basis.
  init(_ invocation: Invocation, basis: RunConfiguration?, images: Int) throws {
    if invocation.isGiven(TrainOptions.validation), invocation.isGiven(TrainOptions.fold) {
      throw UsageError("--val and --fold hold out images in two ways", "give one of them")
    }
    let given = invocation[TrainOptions.validation]
    fold = invocation[TrainOptions.fold] ?? (given == nil ? basis?.fold : nil)
    if let fold {
      guard fold.count <= images else {
        throw UsageError(
          "--fold \(fold) of \(Terminal.count(images, "image"))", "ask for fewer folds than images")
      }
      count = images * fold.number / fold.count - images * (fold.number - 1) / fold.count
      return
    }
    count = given?.count(of: images) ?? basis?.validationImages ?? 0
    let isNone = given.map { $0 == .images(0) } ?? (count == 0)
    guard isNone || (1..<max(1, images)).contains(count) else {
      throw UsageError(
        "--val holds out \(count) of \(Terminal.count(images, "image"))",
        "at least one has to be held out and one to be left")
    }
  }

  /// The numbers of the images.
  static func images(_ configuration: RunConfiguration, of training: Dataset) throws -> [Int] {
    if let fold = configuration.fold {
      return try training.fold(fold.number, of: fold.count, seed: configuration.seed).validation
    }
    guard configuration.validationImages > 0 else { return [] }
    return try training.holdingOut(configuration.validationImages, seed: configuration.seed).validation
  }

  /// Warnings where images that are to judge the training are trained on too: what they say of it is too good then.
  static func warnings(training: Dataset, held: [Int], test: Dataset) throws -> [String] {
    let isHeld = Set(held)
    let trained = (0..<training.count).filter { !isHeld.contains($0) }
    func warning(_ kind: String, _ repeats: Int, of count: Int) -> String? {
      // A few of them are in many data sets and change no figure that one could see.
      guard repeats * leastShare >= count, repeats > 0 else { return nil }
      return
        "vaerun: warning: \(repeats) of the \(Terminal.count(count, "\(kind) image")) are also training images: "
        + "their figures say too much; take them out of one of the two"
    }
    return [
      warning("validation", try training.repeats(held, in: training, trained), of: held.count),
      warning("test", try test.repeats(Array(0..<test.count), in: training, trained), of: test.count),
    ].compactMap { $0 }
  }

  /// One image in so many has to be repeated for a warning.
  private static let leastShare = 100
}

extension ValueForm where Value == HoldOut {
  /// A share below 1, or a number of images; 0 is none.
  static var holdOut: Self {
    Self(placeholder: "X", expected: "a share such as 0.1 or a number of images such as 5000") { text in
      if let count = Int(text) { return count >= 0 ? .images(count) : nil }
      return Double(decimal: text).flatMap { $0 > 0 && $0 < 1 ? .share($0) : nil }
    }
  }
}

extension ValueForm where Value == Fold {
  static var fold: Self {
    Self(placeholder: "K/N", expected: "a fold and how many there are, such as 2/3") { Fold($0) }
  }
}
