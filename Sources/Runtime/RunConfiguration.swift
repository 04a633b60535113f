import Artifact
import Foundation

/// How a run trains and on what: `config.json` of its folder. A run that is made from it again ends in the same bits.
public struct RunConfiguration: Codable, Equatable, Sendable {
  /// The version of the file's form that this code reads and writes.
  public static let currentFormat = 2

  public var format = Self.currentFormat
  public var model: String
  /// The compiled model's folder when the run began. The run has a copy: `RunFolder.compiledModel`.
  public var modelFolder: String
  public var digests: Digests
  public var data: String
  /// The folder in which its files were looked for, where one was named.
  public var dataFolder: String?
  /// The options that say in which form its images were taken, by their names; nil where there were none.
  public var dataOptions: [String: String]?
  /// Only so many images of each split were taken; all where nil.
  public var limit: Int?
  /// Images that are trained on.
  public var trainingImages: Int
  /// Images of the training split that are held out: they choose the best epoch and are never trained on.
  public var validationImages: Int
  /// The fold that they are, where images are held out by folds.
  public var fold: Fold?
  /// Images of the test split: they are reported and choose nothing.
  public var testImages: Int
  public var epochs: Int
  public var batch: Int
  public var rate: Double
  /// How the rate follows the steps; constant where nil.
  public var rateSchedule: RateSchedule?
  /// Over how long the rate is raised from nothing.
  public var warmUp: Span?
  /// All hypers of the model; for those that follow a schedule, its end.
  public var hypers: [String: Double]
  public var hyperSchedules: [String: HyperSchedule]?
  public var seed: UInt64
  /// The run ends after so many epochs without a smaller validation loss.
  public var patience: Int?
  /// The run ends after so many steps.
  public var steps: Int?
  /// The checkpoint that weights were taken from before the first step; nil where all began at random.
  public var initialWeights: InitialWeights?
  /// Threads change nothing but the time that training takes.
  public var threads: Int

  /// What the run is made of, each as SHA-256 in hex.
  public struct Digests: Codable, Equatable, Sendable {
    /// The model's text.
    public var source: String
    /// The program that was compiled: version of the compiler, target and program after all passes.
    public var model: String
    /// The shared object.
    public var library: String
    /// Images and labels, training split and test split.
    public var data: String

    public init(_ manifest: Manifest, data: String) {
      source = manifest.source.digest
      model = manifest.digest
      library = manifest.libraryDigest
      self.data = data
    }
  }

  public init(
    model: String, modelFolder: String, digests: Digests, data: String, dataFolder: String? = nil,
    limit: Int? = nil, trainingImages: Int, validationImages: Int = 0, testImages: Int, epochs: Int, batch: Int,
    rate: Double, hypers: [String: Double], seed: UInt64, threads: Int
  ) {
    self.model = model
    self.modelFolder = modelFolder
    self.digests = digests
    self.data = data
    self.dataFolder = dataFolder
    self.limit = limit
    self.trainingImages = trainingImages
    self.validationImages = validationImages
    self.testImages = testImages
    self.epochs = epochs
    self.batch = batch
    self.rate = rate
    self.hypers = hypers
    self.seed = seed
    self.threads = threads
  }
}

extension RunConfiguration {
  /// No configuration is longer.
  private static let largestFile = 1 << 20

  /// Reads a configuration and checks its values.
  /// - Throws: `FileError` where there is no file to read, `ConfigurationError` where it is not in order.
  public init(contentsOf path: String) throws {
    struct Version: Decodable {
      var format: Int?
    }
    let data = try readFile(path, limit: Self.largestFile)
    // The version first: a file of another version may lack any other field.
    let version = try Self.decode(Version.self, from: data, path: path)
    guard version.format == Self.currentFormat else {
      throw ConfigurationError.otherFormat(path: path, found: version.format ?? 1)
    }
    self = try Self.decode(Self.self, from: data, path: path)
    try check(path)
  }

  public func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(try encoder.encode(self) + Data("\n".utf8), to: path)
  }

  /// The file may have been edited: values that no option would take are refused here.
  private func check(_ path: String) throws(ConfigurationError) {
    let wholes = [
      ("epochs", epochs, 1...1_000_000), ("batch", batch, 1...16_777_216), ("threads", threads, 1...1024),
      ("limit", limit ?? 1, 1...Int.max), ("patience", patience ?? 1, 1...1_000_000),
      ("steps", steps ?? 1, 1...Int.max), ("validationImages", validationImages, 0...Int.max),
    ]
    for (field, value, range) in wholes where !range.contains(value) {
      throw .damaged(path: path, problem: "\(field) is \(value)")
    }
    if rate <= 0 { throw .damaged(path: path, problem: "rate is \(rate)") }
  }

  private static func decode<T: Decodable>(_ type: T.Type, from json: Data, path: String)
    throws(ConfigurationError)
    -> T
  {
    func name(_ keys: [any CodingKey]) -> String { keys.map(\.stringValue).joined(separator: ".") }
    do {
      return try JSONDecoder().decode(type, from: json)
    } catch DecodingError.keyNotFound(let key, let context) {
      throw .damaged(path: path, problem: "it lacks \(name(context.codingPath + [key]))")
    } catch DecodingError.typeMismatch(_, let context) where !context.codingPath.isEmpty {
      throw .damaged(path: path, problem: "\(name(context.codingPath)) has a value of another type")
    } catch DecodingError.valueNotFound(_, let context) where !context.codingPath.isEmpty {
      throw .damaged(path: path, problem: "\(name(context.codingPath)) has no value")
    } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
      throw .damaged(path: path, problem: "\(name(context.codingPath)) has a value of another form")
    } catch {
      throw .damaged(path: path, problem: "it is not JSON of the form that vaerun writes")
    }
  }
}

/// Why a configuration cannot be used, and what helps.
public enum ConfigurationError: Error, Equatable, CustomStringConvertible {
  case damaged(path: String, problem: String)
  case otherFormat(path: String, found: Int)

  public var description: String {
    switch self {
    case .damaged(let path, let problem):
      "\(path) is damaged, \(problem): mend it, or take the config.json of another run"
    case .otherFormat(let path, let found):
      "\(path) has the format \(found) and this vaerun reads the format \(RunConfiguration.currentFormat): "
        + "train again with this vaerun"
    }
  }
}
