import Artifact
import Foundation

/// The folder that a run writes: configuration, environment, metrics, weights, pictures, and a copy of the compiled model,
/// so that the run can be used and continued whatever becomes of the folder that it was compiled into.
public struct RunFolder: Equatable, Sendable {
  public let path: String

  public var configuration: String { path + "/config.json" }
  /// The processes that trained the run: `RunSession`.
  public var environment: String { path + "/environment.json" }
  /// The copy of the compiled model.
  public var compiledModel: String { path + "/" + Self.compiledModelName }
  public static let compiledModelName = "model"
  public var metricsTable: String { path + "/metrics.csv" }
  public var metricsLines: String { path + "/metrics.jsonl" }
  /// The weights and the state of training where it stopped.
  public var last: String { path + "/last.safetensors" }
  /// The weights of the epoch with the least validation loss; there is none where nothing was held out to choose by.
  public var best: String { path + "/best.safetensors" }

  /// The weights of the best epoch.
  /// - Throws: `RunError.noBest` where there is none.
  public func existingBest() throws -> String {
    guard FileManager.default.fileExists(atPath: best) else { throw RunError.noBest(path: path) }
    return best
  }

  /// Whether there is a file of metrics: not before the first row of the run.
  public var hasMetrics: Bool { FileManager.default.fileExists(atPath: metricsTable) }

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
    RunFolder(made: try makeNumbered(in: parent, model: model))
  }

  /// Makes an empty folder `parent/MODEL-001`, or with the next number that is free.
  /// - Returns: its path.
  public static func makeNumbered(in parent: String, model: String) throws -> String {
    try makeFolder(parent)
    for number in 1...999_999 {
      let path =
        parent + "/" + model + "-" + String(repeating: "0", count: max(0, 3 - String(number).count))
        + "\(number)"
      if FileManager.default.fileExists(atPath: path) { continue }
      // Another process may take the same number between these two lines; making the folder decides.
      if (try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)) != nil {
        return path
      }
      guard FileManager.default.fileExists(atPath: path) else {
        throw RunError.noFolder(
          path, reason: "permission denied or no room: choose another place with --output")
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
  /// - Throws: `ConfigurationError` where the newest is damaged and its name is that of a run of this model: an older one
  ///   is not what was asked for.
  public static func newest(model: String, in parent: String) throws -> RunFolder {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
    var newest: (date: Date, name: String)?
    for name in names {
      let folder = RunFolder(made: parent + "/" + name)
      guard FileManager.default.fileExists(atPath: folder.configuration) else { continue }
      let found = Result { try folder.readConfiguration().model }
      switch found {
      case .success(model): break
      case .success: continue
      case .failure: if !name.hasPrefix(model + "-") { continue }
      }
      let attributes = try? FileManager.default.attributesOfItem(atPath: folder.configuration)
      let date = attributes?[.modificationDate] as? Date ?? .distantPast
      if newest.map({ ($0.date, $0.name) < (date, name) }) ?? true { newest = (date, name) }
    }
    guard let newest else { throw RunError.noRun(model: model, parent: parent) }
    return try RunFolder(existing: parent + "/" + newest.name)
  }

  /// - Throws: `RunError.badRun` where there is none, `ConfigurationError` where it is damaged.
  public func readConfiguration() throws -> RunConfiguration {
    do {
      return try RunConfiguration(contentsOf: configuration)
    } catch let error as FileError {
      throw RunError.badRun(path: path, reason: error.description)
    }
  }

  public func write(_ value: RunConfiguration) throws { try value.write(to: configuration) }

  /// Copies the compiled model into this folder, the manifest last, so that a folder with a manifest is complete, and writes the
  /// configuration, which makes the folder a run. Where that fails, on a full disk, nothing of it stays, nor the folder where
  /// it was made for the run or holds nothing else.
  public func begin(with model: CompiledModel, _ configuration: RunConfiguration) throws {
    let manifest = model.manifest
    do {
      let files = [manifest.library, manifest.header, "\(manifest.name).json"]
      try writeFolder(compiledModel, files: files) {
        try model.copy(to: compiledModel)
        try write(configuration)
      }
    } catch {
      // A folder with anything in it stays.
      rmdir(path)
      throw error
    }
  }

  private static func makeFolder(_ path: String) throws {
    do {
      try Artifact.makeFolder(path)
    } catch {
      throw RunError.noFolder(path, reason: error.reason)
    }
  }
}
