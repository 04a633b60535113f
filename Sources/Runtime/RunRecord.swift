import Artifact
import Foundation

/// How a run stands, as far as its folder tells.
public enum RunState: String, Codable, Sendable, CaseIterable {
  case finished
  case interrupted
  case failed
  /// A process trains it at this moment.
  case running
  /// Its process ended without a word, by a signal or a power failure.
  case killed
  case stepLimit = "step limit"
  case timeLimit = "time limit"
  case patience

  /// Whether it trained as long as it was to.
  public var isComplete: Bool { self == .finished || self == .patience }
}

/// What came of a run: read from its folder, whether it is at its end or not.
public struct RunRecord: Sendable {
  /// The terms at the end of an epoch.
  public struct Epoch: Equatable, Sendable, Encodable {
    public var epoch: Int
    /// By the names of the terms.
    public var terms: [String: Double]

    public init(epoch: Int, terms: [String: Double]) {
      self.epoch = epoch
      self.terms = terms
    }
  }

  public let folder: RunFolder
  public let configuration: RunConfiguration
  public let state: RunState
  /// Epochs and steps that are done.
  public let epochs: Int
  public let steps: Int
  /// The terms' names, the loss first.
  public let metrics: [String]
  /// `validation` where images are held out, else `test`: the losses that epochs are compared by.
  public let split: String
  /// The epochs of that split.
  public let history: [Epoch]
  /// The test images' terms at the last epoch.
  public let test: [String: Double]
  /// Of training, at its end.
  public let imagesPerSecond: Double?
  /// Since the run began, without the time between two processes.
  public let seconds: Double
  /// When the first process began, ISO 8601.
  public let began: String?

  /// The name of the folder.
  public var name: String { splitPath(folder.path).name }
  /// The name of the loss.
  public var loss: String? { metrics.first }
  /// The epoch with the least loss.
  public var best: Epoch? {
    guard let loss else { return nil }
    return history.min { ($0.terms[loss] ?? .infinity) < ($1.terms[loss] ?? .infinity) }
  }
  public var last: Epoch? { history.last }

  /// - Throws: where there is no run, or its configuration or metrics are damaged.
  public init(_ folder: RunFolder) throws {
    self.folder = folder
    configuration = try folder.readConfiguration()
    let table = folder.hasMetrics ? try MetricsTable(folder) : nil
    let rows = table?.rows ?? []
    metrics = table?.metrics ?? []
    split = rows.contains { $0.split == "validation" } ? "validation" : "test"
    history = rows.filter { [split] in $0.split == split }.map { Epoch(epoch: $0.epoch, terms: $0.values) }
    test = rows.last { $0.split == "test" }?.values ?? [:]
    seconds = rows.last?.seconds ?? 0
    imagesPerSecond = rows.last?.imagesPerSecond
    let position = (try? SafetensorsReader(folder.last)).flatMap { TrainingPosition(metadata: $0.metadata) }
    epochs = position?.epoch ?? history.last?.epoch ?? 0
    steps = position?.step ?? rows.last?.step ?? 0
    let sessions = folder.sessions
    began = sessions.first?.began
    state = Self.state(folder, sessions.last, isDone: epochs >= configuration.epochs)
  }

  private static func state(_ folder: RunFolder, _ session: RunSession?, isDone: Bool) -> RunState {
    if folder.isTraining { return .running }
    guard let ending = session?.ending else { return isDone ? .finished : .killed }
    if ending == "failed" { return .failed }
    switch TrainingResult.Ending(rawValue: ending) {
    case .finished: return .finished
    case .interrupted: return .interrupted
    case .stepLimit: return .stepLimit
    case .timeLimit: return .timeLimit
    case .patience: return .patience
    case nil: return isDone ? .finished : .killed
    }
  }
}

extension RunFolder {
  /// The folders in a folder that hold runs, damaged ones too, by name.
  /// - Throws: `FileError` where the folder cannot be read.
  public static func paths(in parent: String) throws -> [String] {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: parent, isDirectory: &isFolder) else {
      throw FileError(.read, parent, reason: "there is no such folder")
    }
    guard isFolder.boolValue else { throw FileError(.read, parent, reason: "it is not a folder") }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: parent) else {
      throw FileError(.read, parent, reason: "permission denied: change its permissions")
    }
    return names.sorted().map { parent + "/" + $0 }.filter {
      FileManager.default.fileExists(atPath: $0 + "/config.json")
    }
  }
}
