import Artifact
import Foundation

/// What a run was made with: `config.json` of its folder.
public struct RunConfiguration: Codable, Equatable, Sendable {
  public var model: String
  /// The compiled model's folder when the run began.
  public var modelFolder: String
  /// The compiled model's digest.
  public var digest: String
  public var data: String
  /// The folder in which its files were looked for, where one was named.
  public var dataFolder: String?
  public var trainingImages: Int
  public var validationImages: Int
  public var epochs: Int
  public var batch: Int
  public var rate: Double
  public var hypers: [String: Double]
  public var seed: UInt64
  public var threads: Int

  public init(
    model: String, modelFolder: String, digest: String, data: String, dataFolder: String? = nil,
    trainingImages: Int,
    validationImages: Int,
    epochs: Int, batch: Int, rate: Double, hypers: [String: Double], seed: UInt64, threads: Int
  ) {
    self.model = model
    self.modelFolder = modelFolder
    self.digest = digest
    self.data = data
    self.dataFolder = dataFolder
    self.trainingImages = trainingImages
    self.validationImages = validationImages
    self.epochs = epochs
    self.batch = batch
    self.rate = rate
    self.hypers = hypers
    self.seed = seed
    self.threads = threads
  }
}

/// The folder that a run writes: configuration, metrics, weights, pictures.
public struct RunFolder: Equatable, Sendable {
  public let path: String

  public var configuration: String { path + "/config.json" }
  public var metricsTable: String { path + "/metrics.csv" }
  public var metricsLines: String { path + "/metrics.jsonl" }
  /// The weights and the state of training where it stopped.
  public var last: String { path + "/last.safetensors" }
  /// The weights of the best epoch.
  public var best: String { path + "/best.safetensors" }

  /// Where a picture of this name goes.
  public func picture(_ name: String) -> String { path + "/\(name).png" }

  /// An existing run.
  public init(existing path: String) throws {
    self.path = path
    _ = try readConfiguration()
  }

  private init(made path: String) { self.path = path }

  /// Makes `parent/MODEL-001`, or the next number that is free.
  public static func make(in parent: String, model: String) throws -> RunFolder {
    try makeFolder(parent)
    for number in 1...999_999 {
      let path =
        parent + "/" + model + "-" + String(repeating: "0", count: max(0, 3 - String(number).count))
        + "\(number)"
      if FileManager.default.fileExists(atPath: path) { continue }
      // Another process may take the same number between these two lines; making the folder decides.
      if (try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)) != nil {
        return RunFolder(made: path)
      }
      guard FileManager.default.fileExists(atPath: path) else {
        throw RunError.noFolder(path, reason: "permission denied or no room: choose another place with --out")
      }
    }
    throw RunError.noFolder(parent, reason: "all numbers are taken: remove old runs")
  }

  /// Makes a run folder at a path, which may exist as long as it holds no run.
  public static func make(at path: String) throws -> RunFolder {
    try makeFolder(path)
    let folder = RunFolder(made: path)
    // Metrics without a configuration are those of a run too: rows would be added to them.
    for file in [folder.configuration, folder.metricsTable, folder.metricsLines] {
      guard !FileManager.default.fileExists(atPath: file) else { throw RunError.folderTaken(path) }
    }
    return folder
  }

  /// The newest run of a model under a folder, by the time of its configuration.
  public static func newest(model: String, in parent: String) throws -> RunFolder {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    var newest: (date: Date, name: String)?
    for name in names {
      let folder = RunFolder(made: parent + "/" + name)
      guard let configuration = try? folder.readConfiguration(), configuration.model == model else { continue }
      let attributes = try? FileManager.default.attributesOfItem(atPath: folder.configuration)
      let date = attributes?[.modificationDate] as? Date ?? .distantPast
      if newest.map({ ($0.date, $0.name) < (date, name) }) ?? true { newest = (date, name) }
    }
    guard let newest else { throw RunError.noRun(model: model, parent: parent) }
    return RunFolder(made: parent + "/" + newest.name)
  }

  public func readConfiguration() throws -> RunConfiguration {
    let data: Data
    do {
      data = try readFile(configuration)
    } catch {
      throw RunError.badRun(path: path, reason: error.description)
    }
    do {
      return try JSONDecoder().decode(RunConfiguration.self, from: data)
    } catch {
      throw RunError.badRun(path: path, reason: "its config.json is damaged")
    }
  }

  public func write(_ value: RunConfiguration) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(try encoder.encode(value) + Data("\n".utf8), to: configuration)
  }

  private static func makeFolder(_ path: String) throws {
    do {
      try Artifact.makeFolder(path)
    } catch {
      throw RunError.noFolder(path, reason: error.reason)
    }
  }
}
