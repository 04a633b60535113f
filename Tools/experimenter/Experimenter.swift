import Artifact
import CommandLineTable
import Foundation
import Synchronization

/// The program behind Tools/experiments.
enum Experimenter {
  private static let rows = Positional(
    "ROW", help: "rows of docs/experiments.md, such as R1b; all where none is named", isRepeated: true)
  private static let quick = Flag(
    "quick", help: "one epoch on a few hundred images, to see that a row runs; the page stays as it is")
  private static let jobs = Option(
    "jobs", .integer(1...64), help: "trainings at the same time, which share the processors", value: 1)
  private static let folder = Option(
    "folder", .folder, help: "where models, runs and evaluations are kept",
    default: "experiments, with --quick experiments/quick")

  static let table = CommandTable(
    program: "experiments", version: PackageVersion.current, summary: "runs the rows of docs/experiments.md",
    commands: [
      Command(
        "run", summary: "trains, evaluates and draws rows, and writes their parts of docs/experiments.md",
        details: [
          "What is done is kept and not done again; what was interrupted goes on where it stopped. Rows on data that "
            + "is not there take built-in images where the row allows that, and say so."
        ],
        positionals: [rows], options: [quick, jobs, folder],
        examples: [
          Example("Tools/experiments R1b", "one row"),
          Example("Tools/experiments --quick", "a shortened pass over all"),
        ]),
      Command("list", summary: "lists the rows"),
    ])

  static func run(_ invocation: Invocation) throws {
    switch invocation.command.name {
    case "list":
      for row in Row.all { print(row.id.padding(toLength: 6, withPad: " ", startingAt: 0) + row.title) }
    default: try perform(invocation)
    }
  }

  private static func perform(_ invocation: Invocation) throws {
    let names = invocation.all(rows)
    let chosen = try names.isEmpty ? Row.all : names.map(row)
    let isQuick = invocation[quick]
    let jobs = invocation[jobs] ?? 1
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let runner = RowRunner(
      programs: try Programs(),
      folder: invocation[folder] ?? (isQuick ? "experiments/quick" : "experiments"), isQuick: isQuick,
      threads: max(1, processors / jobs))
    try makeFolder(runner.folder)
    Children.listen()
    try train(chosen, runner, jobs: jobs)
    let pictures = isQuick ? runner.folder + "/pictures" : "docs/images/experiments"
    try makeFolder(pictures)
    for row in chosen {
      if let sweep = row.sweep { try runner.perform(sweep) }
      let text = try RowText(row: row, runner: runner, pictures: "images/experiments").markdown()
      for picture in row.pictures { try runner.draw(picture, to: "\(pictures)/\(picture.name).png") }
      if isQuick {
        print("## \(row.id): \(row.title)\n\n\(text)\n")
      } else {
        var page = GeneratedPage(String(decoding: try readFile(pagePath), as: UTF8.self))
        try page.replace(row.id, with: text)
        try AtomicFile.write(Data(page.text.utf8), to: pagePath)
      }
    }
  }

  private static let pagePath = "docs/experiments.md"

  private static func row(_ name: String) throws -> Row {
    guard let row = Row.all.first(where: { $0.id.lowercased() == name.lowercased() }) else {
      throw UsageError(
        "there is no row '\(name)'", "the rows are \(Row.all.map(\.id).joined(separator: ", "))")
    }
    return row
  }

  /// Trains and evaluates what the rows name, each training once.
  private static func train(_ rows: [Row], _ runner: RowRunner, jobs: Int) throws {
    var names = Set<String>()
    let trainings = rows.flatMap(\.trainings).filter { names.insert($0.name).inserted }
    // A training that takes the weights of another waits for it.
    for stage in [trainings.filter { $0.start == nil }, trainings.filter { $0.start != nil }] {
      let tasks = stage.flatMap { training in
        runner.seeds(training).map { RowRunner.Task(training: training, seed: $0) }
      }
      let next = Mutex((index: 0, failure: (any Error)?.none))
      let work: @Sendable () -> Void = {
        while true {
          let index = next.withLock { state -> Int? in
            guard state.failure == nil, state.index < tasks.count else { return nil }
            defer { state.index += 1 }
            return state.index
          }
          guard let index else { return }
          do { try runner.perform(tasks[index]) } catch { next.withLock { $0.failure = $0.failure ?? error } }
        }
      }
      // Threads, and no dispatch queue: its threads, and the commands with them, would have priorities of their own.
      let done = DispatchSemaphore(value: 0)
      for _ in 0..<jobs {
        Thread {
          work()
          done.signal()
        }.start()
      }
      for _ in 0..<jobs { done.wait() }
      if let failure = next.withLock({ $0.failure }) { throw failure }
    }
  }
}
