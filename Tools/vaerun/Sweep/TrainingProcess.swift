import Artifact
import Foundation
import Synchronization

/// A run in a process of its own, which is this program with `train --json`.
///
/// What it prints goes to a file, from which its events are read while it is written: no pipe can fill up or stay open.
final class TrainingProcess {
  /// What is told of an epoch.
  struct Epoch {
    let number: Int
    /// The terms on the images held out.
    let terms: [String: Double]
  }

  /// How it ended.
  struct End {
    let status: Int32
    /// The last line of its errors.
    let message: String?
    let seconds: Double
  }

  /// The processes that are alive, to be asked to stop.
  final class Register: Sendable {
    private let state = Mutex<(alive: Set<Int32>, isStopping: Bool)>(([], false))

    /// Asks all processes to save and stop, those too that are yet to be added.
    func stopAll() {
      state.withLock { state in
        state.isStopping = true
        for process in state.alive { kill(process, SIGTERM) }
      }
    }

    fileprivate func add(_ process: Int32) {
      state.withLock { state in
        state.alive.insert(process)
        if state.isStopping { kill(process, SIGTERM) }
      }
    }

    fileprivate func remove(_ process: Int32) { _ = state.withLock { $0.alive.remove(process) } }
  }

  private let process = Process()
  private let events: String
  private let errors: String

  /// - Parameter log: a path for its events and, with another ending, its errors.
  init(_ arguments: [String], in folder: String, log: String) {
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.environment = ProcessInfo.processInfo.environment
      .merging([Interrupt.sweepVariable: "\(getpid())"], uniquingKeysWith: { _, new in new })
    process.standardInput = FileHandle.nullDevice
    events = log + ".jsonl"
    errors = log + ".errors"
  }

  /// Runs it to its end.
  /// - Parameter told: takes each epoch; false asks the process to stop.
  func run(_ register: Register, told: (Epoch) throws -> Bool) throws -> End {
    let begin = ContinuousClock.now
    for path in [events, errors] {
      try AtomicFile.write(Data(), to: path)
    }
    guard let output = FileHandle(forWritingAtPath: events),
      let problems = FileHandle(forWritingAtPath: errors),
      let input = FileHandle(forReadingAtPath: events)
    else { throw FileError(.write, events, reason: "it cannot be opened") }
    defer { for file in [output, problems, input] { try? file.close() } }
    process.standardOutput = output
    process.standardError = problems
    try process.run()
    let identifier = process.processIdentifier
    register.add(identifier)
    defer { register.remove(identifier) }
    var rest = Data()
    func read() throws {
      rest += try input.readToEnd() ?? Data()
      while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
        let line = rest[rest.startIndex..<end]
        rest = Data(rest[(end + 1)...])
        if let epoch = Self.epoch(line), try !told(epoch) { kill(identifier, SIGTERM) }
      }
    }
    do {
      while process.isRunning {
        usleep(Self.pause)
        try read()
      }
      process.waitUntilExit()
      try read()
    } catch {
      // Nobody would wait for it.
      kill(identifier, SIGTERM)
      process.waitUntilExit()
      throw error
    }
    let elapsed = Double((ContinuousClock.now - begin) / .milliseconds(1)) / 1000
    let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return End(status: status, message: lastError(), seconds: elapsed)
  }

  /// Microseconds between two looks at the events.
  private static let pause: UInt32 = 20_000

  private func lastError() -> String? {
    let text = String(decoding: (try? readFile(errors, limit: 1 << 20)) ?? Data(), as: UTF8.self)
    return text.split(separator: "\n").last.map { line in
      let prefix = "vaerun: error: "
      return String(line.hasPrefix(prefix) ? line.dropFirst(prefix.count) : line)
    }
  }

  private struct Event: Decodable {
    let event: String
    let epoch: Int?
    let validation: [String: Double]?
  }

  private static func epoch(_ line: Data) -> Epoch? {
    guard let event = try? JSONDecoder().decode(Event.self, from: line), event.event == "epoch",
      let number = event.epoch, let terms = event.validation
    else { return nil }
    return Epoch(number: number, terms: terms)
  }
}
