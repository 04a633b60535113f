import Artifact
import CommandLineTable
import Foundation
import Runtime
import Search

/// `vaerun sweep`
enum SweepCommand {
  static let command = Command(
    "sweep", summary: "searches for the settings of a model and of its training that are best",
    details: [
      "Each trial takes values from the spaces: config declarations and 'optimizer' are compiled in; rate, batch and epochs, "
        + "and the model's hypers, decay and clip among them, are given at run time. The objective is the least value over a "
        + "run's epochs on images that are held out, with --folds the mean over the folds. Test images choose nothing.",
      "The folder gets study.db (SQLite; docs/search.md describes its tables), a run for each fold of each trial, and "
        + "pictures. A sweep that was interrupted or killed goes on with --resume, its runs from where they stopped.",
    ],
    positionals: [CommonOptions.model], options: SweepOptions.all,
    examples: [
      Example(
        "vaerun sweep Models/convvae.vdl --space rate=log(1e-4,1e-2) --space hidden=int(50,200) --trials 20",
        "the rate and a size"),
      Example(
        "vaerun sweep Models/convae.vdl --space-file Models/convae.space --data fashion-mnist --method random "
          + "--trials 10 --folds 3", "random search with cross-validation"),
      Example("vaerun sweep --resume sweeps/convvae-001 --trials 40", "goes on with a sweep, to 40 trials"),
      Example("vaerun sweep --show sweeps/convvae-001", "what has come of it so far"),
    ])

  static func run(_ invocation: Invocation) throws -> ExitStatus {
    try SweepOptions.check(invocation)
    if let path = invocation[SweepOptions.show] {
      let folder = try SweepFolder(existing: path)
      return try show(SweepReport(folder, try Study(opening: folder.study, readOnly: true)), invocation)
    }
    let folder: SweepFolder
    if let path = invocation[SweepOptions.resume] {
      folder = try SweepFolder(existing: path)
      let study = try Study(opening: folder.study)
      if let trials = invocation[SweepOptions.trials] { try study.set("trials", to: "\(trials)") }
    } else {
      folder = try begin(invocation)
    }
    // Two sweeps in one folder would make the same trials.
    let lock = try RunLock(folder: folder.path)
    return try withExtendedLifetime(lock) { try search(folder, invocation) }
  }

  /// Makes the folder and the study of a new sweep.
  private static func begin(_ invocation: Invocation) throws -> SweepFolder {
    let space = try SweepOptions.readSpace(invocation)
    let isQuiet = invocation[CommonOptions.quiet] || invocation[CommonOptions.json]
    let argument = invocation[CommonOptions.model]
    guard let text = argument, text.hasSuffix(".vdl") else {
      let model = try ModelLocation.load(argument, quietly: isQuiet)
      if invocation.isGiven(SweepOptions.set) || invocation.isGiven(SweepOptions.optimizer) {
        throw UsageError("--set and --optimizer are for a model's text", "name the .vdl file")
      }
      let plan = try SweepPlan(invocation, space: space, base: model, text: nil)
      let folder = try SweepFolder(making: invocation[SweepOptions.output], model: plan.name)
      _ = try Study(creating: folder.study, space: space, settings: plan.settings)
      return folder
    }
    // The text is compiled from a copy, so that a sweep stays one of one model whatever becomes of the file.
    let base = try ModelLocation.load(text, quietly: isQuiet)
    var plan = try SweepPlan(invocation, space: space, base: base, text: text)
    let folder = try SweepFolder(making: invocation[SweepOptions.output], model: plan.name)
    plan.model = folder.path + "/" + splitPath(text).name
    try AtomicFile.write(try readFile(text), to: plan.model)
    _ = try Study(creating: folder.study, space: space, settings: plan.settings)
    return folder
  }

  private static func search(_ folder: SweepFolder, _ invocation: Invocation) throws -> ExitStatus {
    let study = try Study(opening: folder.study)
    let plan = try SweepPlan(try study.settings, path: folder.study)
    let space = try study.space
    if let library = plan.library {
      guard try CompiledModel(folder: plan.model).manifest.libraryDigest == library else {
        throw RunError.otherModel(folder: plan.model, configuration: folder.study)
      }
    }
    let isJSON = invocation[CommonOptions.json]
    let isQuiet = invocation[CommonOptions.quiet]
    let parallel = invocation[SweepOptions.parallel] ?? 1
    let threads = invocation[CommonOptions.threads] ?? max(1, CommonOptions.threadCount(invocation) / parallel)
    if isJSON {
      Lines.write(
        StartEvent(
          sweep: folder.path, model: plan.name, trials: plan.trials, folds: plan.folds,
          space: space.parameters.map(\.description)))
    } else if !isQuiet {
      Terminal.say("model   \(plan.name)")
      Terminal.say("space   \(space.parameters.map(\.description).joined(separator: "  "))")
      let held = plan.folds.map { "\($0) folds" } ?? "--val \(plan.validation ?? "")"
      Terminal.say(
        "search  \(plan.method.rawValue), \(Terminal.count(plan.trials, "trial")), \(held), least \(plan.objective)"
          + (plan.prunes ? ", hopeless ones given up" : "") + "  seed \(plan.seed)  "
          + "\(parallel) at a time on \(Terminal.count(threads, "thread"))")
      Terminal.say("folder  \(folder.path)")
    }
    let interrupt = Interrupt()
    let output = Lines(isJSON: isJSON, isQuiet: isQuiet, objective: plan.objective, space: space)
    let runner = try SweepRunner(
      folder, study: try Study(opening: folder.study), plan: plan, threads: threads, output: output)
    let isFinished = try runner.run(parallel: parallel)
    _ = consume interrupt
    let report = try SweepReport(folder, study)
    let pictures = try report.draw()
    if isJSON {
      Lines.write(
        EndEvent(
          ending: isFinished ? "finished" : "interrupted", best: report.ranked.first.map { $0.number + 1 },
          pictures: pictures))
    } else if !isQuiet {
      say(report, pictures: pictures, isFinished: isFinished)
    }
    guard isFinished else { return .interrupted }
    if report.ranked.isEmpty {
      throw StudyError("no trial was complete", "the messages say why; mend the spaces")
    }
    return .success
  }

  private static func say(_ report: SweepReport, pictures: [String], isFinished: Bool) {
    Terminal.say("")
    Terminal.say(isFinished ? report.summary : "interrupted; \(report.summary)")
    Terminal.say(report.table(most: 20))
    Terminal.say("")
    if !pictures.isEmpty { Terminal.say("\(report.folder.path)/\(pictures.joined(separator: ", "))") }
    guard isFinished else { return Terminal.say("to go on: vaerun sweep --resume \(report.folder.path)") }
    guard let best = report.ranked.first else { return }
    for (index, line) in report.commands(for: best).enumerated() {
      Terminal.say((index == 0 ? "next: " : "      ") + line)
    }
  }

  private static func show(_ report: SweepReport, _ invocation: Invocation) throws -> ExitStatus {
    if invocation[CommonOptions.json] {
      try Terminal.say(json: report.whole)
      return .success
    }
    let pictures = try report.draw()
    guard !invocation[CommonOptions.quiet] else { return .success }
    Terminal.say(report.summary)
    Terminal.say(report.table(most: .max))
    if !pictures.isEmpty { Terminal.say("\(report.folder.path)/\(pictures.joined(separator: ", "))") }
    return .success
  }
}

private struct StartEvent: Encodable {
  let event = "start"
  let sweep, model: String
  let trials: Int
  let folds: Int?
  let space: [String]
}

private struct EndEvent: Encodable {
  let event = "end"
  let ending: String
  let best: Int?
  let pictures: [String]
}

/// A line for each trial: text, or JSON.
private final class Lines: SweepOutput {
  private let isJSON: Bool
  private let isQuiet: Bool
  private let objective: String
  private let space: SearchSpace

  init(isJSON: Bool, isQuiet: Bool, objective: String, space: SearchSpace) {
    self.isJSON = isJSON
    self.isQuiet = isQuiet
    self.objective = objective
    self.space = space
  }

  private struct TrialEvent: Encodable {
    let event = "trial"
    let trial: SweepReport.TrialRow
    let best: Bool

    func encode(to encoder: any Encoder) throws {
      try trial.encode(to: encoder)
      var container = encoder.container(keyedBy: Key.self)
      try container.encode(event, forKey: .event)
      try container.encode(best, forKey: .best)
    }

    private enum Key: CodingKey { case event, best }
  }

  func ended(_ trial: Study.Trial, of trials: Int, isBest: Bool) {
    if isJSON { return Self.write(TrialEvent(trial: SweepReport.TrialRow(trial), best: isBest)) }
    guard !isQuiet else { return }
    let values = space.parameters.map { "\($0.name) \(trial.values[$0.name]?.text ?? "-")" }
    let result = trial.objective.map { "\(objective) \(Terminal.number($0))" } ?? trial.state.rawValue
    Terminal.say(
      printable("trial \(trial.number + 1)/\(trials)  \(result)  \(values.joined(separator: "  "))")
        + "  \(Terminal.duration(trial.seconds))" + (isBest ? Terminal.colored("  best", .green) : ""))
    if let message = trial.message {
      Terminal.complain(printable("vaerun: trial \(trial.number + 1): \(message)"))
    }
  }

  static func write(_ event: some Encodable) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    // Every number is finite: the study keeps no others.
    guard let data = try? encoder.encode(event) else { return }
    Terminal.say(String(decoding: data, as: UTF8.self))
  }
}
