import CommandLineTable
import Datasets
import Foundation
import ImageFiles
import Runtime
import Synchronization

/// The options that say which images a command takes, and in which form.
enum DataOptions {
  static let data = Option(
    "data", .text("DATA"),
    help:
      "the data set (\(DatasetCatalog.names.joined(separator: ", "))), a folder of PNG or JPEG pictures, or an .npy "
      + "or .npz file", default: "mnist where it is found, else digits")
  static let folder = Option(
    "data-dir", .folder, help: "where the data sets' files are",
    default: "VAEC_DATA_DIR, then the cache folder")
  static let split = Option("split", .choice(["train", "test"]), help: "which of its images", value: "test")
  static let limit = Option("limit", .integer(1...), help: "take only the first N images", default: "all")
  static let size = Option(
    "size", .imageSize, help: "scale pictures to N x N or H x W pixels", default: "the model's")
  static let color = Option(
    "color", .choice(["grey", "rgb"]), help: "the images' channels", default: "the model's")
  static let crop = Option(
    "crop", .crop,
    help:
      "the part of a picture to take: the centre of the right aspect ratio, all of it with borders (fit) or "
      + "stretched, or the central N x N or H x W pixels", default: "center")
  static let filter = Option(
    "filter", .choice(ResamplingFilter.allCases.map(\.rawValue)), help: "how pictures are scaled",
    default: "bilinear")
  static let background = Option(
    "background", .color, help: "the color behind transparent pixels and at the borders of --crop fit",
    default: "white")
  static let skipDamaged = Flag("skip-damaged", help: "leave out pictures that cannot be decoded")
  static let noCache = Flag("no-cache", help: "decode pictures into memory instead of the cache folder")
  static let testFraction = Option(
    "test-fraction", .fraction,
    help: "the part held out for testing, where the pictures are not parted into folders", default: "0.1")
  static let splitSeed = Option("split-seed", .seed, help: "chooses that part", default: "0")
  static let classes = Option("classes", .text("NAME"), help: "take this attribute of the data set for classes")

  static let pool = Option(
    "split", .poolSplit,
    help:
      "train on that share of all images and test on the rest, such as 60/40, instead of the data set's own parts; "
      + "--split-seed chooses them", default: "the data set's")

  /// All but the data set itself and the number of images: what a run remembers.
  static let form: [any CommandOption] = [
    size, color, crop, filter, background, skipDamaged, noCache, testFraction, splitSeed, classes,
  ]
  /// For commands that take both splits.
  static let both: [any CommandOption] = [data, folder, limit] + form
  /// For commands that take one.
  static let one: [any CommandOption] = [data, folder, split, limit] + form

  /// The options of `form` that were given, as texts: what a run remembers.
  static func given(_ invocation: Invocation) -> [String: String] {
    var texts: [String: String] = [:]
    texts["size"] = invocation[size]?.text
    texts["color"] = invocation[color]
    texts["crop"] = invocation[crop]?.text
    texts["filter"] = invocation[filter]
    texts["background"] = invocation[background]?.hex
    texts["test-fraction"] = invocation[testFraction].map { "\($0)" }
    texts["split-seed"] = invocation[splitSeed].map { "\($0)" }
    texts["classes"] = invocation[classes]
    // The same name asks other commands for one of the parts.
    if let pool = invocation[pool] { texts["split"] = pool.description }
    if invocation[skipDamaged] { texts["skip-damaged"] = "yes" }
    return texts
  }

  /// Whether the options ask for other images than those of the run that they belong to.
  static func changesImages(_ invocation: Invocation) -> Bool {
    invocation.isGiven(data) || invocation.isGiven(limit) || !given(invocation).isEmpty
  }

  /// The form that is given, else the one that a run has remembered with its data.
  static func remembered(_ invocation: Invocation, run: RunConfiguration?) -> [String: String] {
    let old = invocation.isGiven(data) ? [:] : run?.dataOptions ?? [:]
    return old.merging(given(invocation)) { _, given in given }
  }

  /// How images are to be made, by the texts that a run remembers and by the options that it does not, else as the model
  /// wants them.
  static func images(
    _ texts: [String: String], _ invocation: Invocation, modelShape: [Int]?
  ) -> ImageOptions {
    var options = ImageOptions(
      size: texts["size"].flatMap { PixelSize($0) },
      channels: texts["color"].map { $0 == "grey" ? 1 : 3 },
      crop: texts["crop"].flatMap { Crop($0) },
      filter: texts["filter"].flatMap { ResamplingFilter(rawValue: $0) } ?? .bilinear,
      background: texts["background"].flatMap { Color($0) } ?? .white,
      skipsDamaged: texts["skip-damaged"] != nil, usesCache: !invocation[noCache],
      testFraction: texts["test-fraction"].flatMap { Double($0) } ?? 0.1,
      splitSeed: texts["split-seed"].flatMap { UInt64($0) } ?? 0, limit: invocation[limit],
      classes: texts["classes"], modelShape: modelShape, threads: invocation[CommonOptions.threads])
    let isSilent = invocation[CommonOptions.quiet] || invocation[CommonOptions.json]
    if Terminal.isLive, !isSilent { options.progress = DecodingProgress().tell }
    if !invocation[CommonOptions.quiet] { options.warn = DataWarnings.tell }
    return options
  }
}

/// Shows how far the decoding of pictures is, where it takes long enough to be seen.
private final class DecodingProgress: Sendable {
  private let begin = ContinuousClock.now

  @Sendable func tell(done: Int, total: Int) {
    guard begin.duration(to: .now) > .seconds(1) else { return }
    if done < total {
      Terminal.overwrite("decoding pictures: \(done) of \(total)")
    } else {
      Terminal.clearLine()
    }
  }
}

/// Warnings about the data. Both parts of a data set have the same to say of the cache folder: it is said once.
private enum DataWarnings {
  private static let told = Mutex<Set<String>>([])

  @Sendable static func tell(_ text: String) {
    guard told.withLock({ $0.insert(text).inserted }) else { return }
    Terminal.complain("vaerun: warning: \(text)")
  }
}

/// Shares of a pool of images to train and to test on: `60/40`.
struct PoolSplit: Equatable, Sendable, LosslessStringConvertible {
  /// Of the images to train on, in percent.
  let training: Double

  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Double(decimal: $0) }
    guard parts.count == 2, let training = parts[0], let test = parts[1], training > 0, test > 0,
      training + test == 100
    else { return nil }
    self.training = training
  }

  var description: String { "\(Terminal.plain(training))/\(Terminal.plain(100 - training))" }
}

extension ValueForm where Value == PoolSplit {
  static var poolSplit: Self {
    Self(placeholder: "A/B", expected: "two shares that make 100, such as 60/40") { PoolSplit($0) }
  }
}

extension ValueForm where Value == PixelSize {
  static var imageSize: Self {
    Self(placeholder: "N|HxW", expected: "a side or height x width from 1 to 4096, such as 64 or 48x64") {
      PixelSize($0)
    }
  }
}

extension ValueForm where Value == Crop {
  static var crop: Self {
    Self(
      placeholder: "center|fit|stretch|N|HxW",
      expected: "center, fit, stretch, or a size such as 148 or 148x178"
    ) {
      Crop($0)
    }
  }
}

extension ValueForm where Value == Color {
  static var color: Self {
    Self(placeholder: "COLOR", expected: "white, black, grey or six hexadecimal digits such as ff8000") {
      Color($0)
    }
  }
}

extension ValueForm where Value == Double {
  static var fraction: Self {
    Self(placeholder: "X", expected: "a number between 0 and 1") { text in
      Double(decimal: text).flatMap { $0 > 0 && $0 < 1 ? $0 : nil }
    }
  }
}
