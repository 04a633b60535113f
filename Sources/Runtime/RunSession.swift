import Artifact
import Foundation

/// One process that trained a run: where, when, with what. `environment.json` of the run's folder lists them, one for the
/// beginning and one for each time that the run went on.
public struct RunSession: Codable, Equatable, Sendable {
  /// ISO 8601, UTC.
  public var began: String
  /// Nil while it trains, and where the process was killed.
  public var ended: String?
  /// How it ended, by the names of `TrainingResult.Ending`; `failed` where an error ended it.
  public var ending: String?
  /// Optimizer steps done when it began and when it ended.
  public var fromStep: Int
  public var toStep: Int?
  /// The time that all threads of the process together had been computing when it ended, in seconds.
  public var processorSeconds: Double?
  /// The command line, the program first.
  public var commandLine: [String]
  /// The folder that it was given in.
  public var workingFolder: String
  public var threads: Int
  /// Versions of the runner and of the compiler that made the model.
  public var runner: String
  public var compiler: String
  public var machine: MachineDescription

  public init(
    fromStep: Int, commandLine: [String], threads: Int, runner: String, compiler: String,
    machine: MachineDescription = .current
  ) {
    began = Self.now
    self.fromStep = fromStep
    self.commandLine = commandLine
    workingFolder = FileManager.default.currentDirectoryPath
    self.threads = threads
    self.runner = runner
    self.compiler = compiler
    self.machine = machine
  }

  /// Notes the end.
  public mutating func end(_ ending: String, step: Int) {
    ended = Self.now
    self.ending = ending
    toStep = step
    processorSeconds = Self.processorTime
  }

  private static var processorTime: Double? {
    var time = timespec()
    guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static var now: String { Date().formatted(.iso8601) }
}

extension RunFolder {
  /// The processes that trained this run, the first one first; none where the file is missing or damaged: it only tells
  /// where a run comes from.
  public var sessions: [RunSession] {
    guard let data = try? readFile(environment, limit: 1 << 24) else { return [] }
    return (try? JSONDecoder().decode([RunSession].self, from: data)) ?? []
  }

  public func write(_ sessions: [RunSession]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(try encoder.encode(sessions) + Data("\n".utf8), to: environment)
  }
}
