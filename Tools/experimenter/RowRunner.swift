import Artifact
import CommandLineTable
import Foundation
import Synchronization

/// Trains and evaluates what rows need. What is done stays in the folder and is not done again; a run that was stopped goes
/// on where it was.
struct RowRunner: Sendable {
  let programs: Programs
  /// Holds compiled models, runs and evaluations.
  let folder: String
  /// One epoch on few images, to see that everything runs.
  let isQuick: Bool
  let threads: Int

  /// A training with one of its seeds.
  struct Task: Sendable {
    let training: Training
    let seed: Int
  }

  private func model(_ training: Training) -> String { "\(folder)/models/\(training.name)" }

  func run(_ name: String, seed: Int) -> String { "\(folder)/\(name)-\(seed)" }

  func seeds(_ training: Training) -> [Int] { isQuick ? Array(training.seeds.prefix(1)) : training.seeds }

  private func evaluationFile(_ task: Task) -> String {
    run(task.training.name, seed: task.seed) + ".evaluation.json"
  }

  /// The data set that a training takes here, and whether it is the one that the row is about.
  func data(_ data: ExperimentData) -> (name: String, isReal: Bool) {
    programs.has(data) ? (data.rawValue, true) : (data.standIn, false)
  }

  // MARK: Commands

  func compileCommand(_ training: Training) -> [String] {
    ["vaec", "compile", training.model] + training.settings.flatMap { ["--set", $0] }
      + training.compilation + ["-o", model(training)]
  }

  func trainCommand(_ task: Task) throws -> [String] {
    let training = task.training
    let (data, isReal) = data(training.data)
    var command = ["vaerun", "train", model(training), "--data", data]
    var epochs = training.epochs
    if isQuick {
      command += ["--limit", "600"]
      epochs = 1
    } else if !isReal {
      guard let shortened = training.data.standInOptions else {
        throw UsageError(
          "the data set \(training.data.rawValue) is not there",
          "get it with 'vaerun data fetch \(training.data.rawValue)', or try --quick, which takes built-in images"
        )
      }
      command += shortened
      epochs = training.data.standInEpochs
    }
    if let epochs { command += ["--epochs", "\(epochs)"] }
    command += training.options
    if let start = training.start { command += ["--init", run(start, seed: task.seed)] }
    return command + ["--seed", "\(task.seed)", "-o", run(training.name, seed: task.seed)]
  }

  func evaluateCommand(_ task: Task) -> [String] {
    ["vaerun", "evaluate", run(task.training.name, seed: task.seed)] + task.training.evaluation
      + (isQuick ? ["--limit", "300"] : [])
  }

  func sweepCommand(_ sweep: Sweep) -> [String] {
    ["vaerun", "sweep"] + sweep.arguments + ["--data", data(sweep.data).name]
      + ["--trials", "\(isQuick ? 2 : sweep.trials)", "--epochs", "\(isQuick ? 1 : sweep.epochs)"]
      + (isQuick ? ["--limit", "600"] : []) + ["-o", "\(folder)/\(sweep.name)"]
  }

  // MARK: Running

  /// Makes all trials of a search, or those that are missing.
  func perform(_ sweep: Sweep) throws {
    let path = "\(folder)/\(sweep.name)"
    let exists = FileManager.default.fileExists(atPath: path + "/study.db")
    try programs.run(
      exists ? ["vaerun", "sweep", "--resume", path, "--quiet"] : sweepCommand(sweep) + ["--quiet"])
  }

  /// Compiles, trains and evaluates, as far as that is not done.
  func perform(_ task: Task) throws {
    let record = evaluationFile(task)
    guard !FileManager.default.fileExists(atPath: record) else { return }
    let path = run(task.training.name, seed: task.seed)
    let report = FileHandle.standardError
    func say(_ command: [String]) { try? report.write(contentsOf: Data("$ \(shellLine(command))\n".utf8)) }
    if try sessions(path).last?.ending == "finished" {
      // It was stopped between training and evaluation.
    } else if FileManager.default.fileExists(atPath: path + "/last.safetensors") {
      let command = ["vaerun", "train", "--resume", path]
      say(command)
      try programs.run(command + ["--threads", "\(threads)", "--quiet"])
    } else {
      // What is left of a run that never saved.
      try? FileManager.default.removeItem(atPath: path)
      try makeFolder(folder + "/models")
      let command = try trainCommand(task)
      try compile(task.training, say: say)
      say(command)
      try programs.run(command + ["--threads", "\(threads)", "--quiet"])
    }
    let command = evaluateCommand(task)
    say(command)
    try AtomicFile.write(
      programs.run(command + ["--threads", "\(threads)", "--json"]), to: record)
  }

  private static let compiling = Mutex(())

  private func compile(_ training: Training, say: ([String]) -> Void) throws {
    // Seeds that are trained side by side share the compiled model.
    try Self.compiling.withLock { _ in
      guard !FileManager.default.fileExists(atPath: model(training)) else { return }
      let command = compileCommand(training)
      say(command)
      try programs.run(command)
    }
  }

  /// The stretches that a run was trained in; none where there is no run yet.
  private func sessions(_ run: String) throws -> [TrainingSession] {
    let path = run + "/environment.json"
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    return try JSONDecoder().decode([TrainingSession].self, from: readFile(path, limit: 1 << 24))
  }

  /// What is known of a task that was performed.
  func result(_ task: Task) throws -> (evaluation: Evaluation, processorMinutes: Double?) {
    let evaluation = try JSONDecoder().decode(
      Evaluation.self, from: readFile(evaluationFile(task), limit: 1 << 28))
    let seconds = try sessions(run(task.training.name, seed: task.seed)).map(\.processorSeconds)
    let isWhole = seconds.allSatisfy { $0 != nil }
    return (evaluation, isWhole ? seconds.compactMap(\.self).reduce(0, +) / 60 : nil)
  }

  /// Draws a picture to a file. Other files that its command writes, such as codes, stay in the folder of the experiments.
  func draw(_ picture: Picture, to file: String) throws {
    let drawn: String
    switch picture.source {
    case .file(let name): drawn = "\(folder)/\(name)"
    case .command(let command):
      try makeFolder(folder + "/pictures")
      drawn = "\(folder)/pictures/\(picture.name).png"
      try programs.run(["vaerun"] + filled(command) + ["-o", drawn])
    }
    try AtomicFile.write(readFile(drawn), to: file)
  }

  /// A command with the runs in place of their names.
  func filled(_ command: [String]) -> [String] {
    command.map { word in
      if word.hasPrefix("@") { return "\(folder)/\(word.dropFirst())" }
      guard word.hasPrefix("{"), word.hasSuffix("}") else { return word }
      return run(String(word.dropFirst().dropLast()), seed: 1)
    }
  }
}
