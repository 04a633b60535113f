import Artifact
import CommandLineTable
import Foundation
import Runtime
import Search

/// How a sweep makes trials: what its study keeps as settings, so that it can go on whatever the command line said.
struct SweepPlan: Sendable {
  /// The model's text in the sweep's folder, or the folder of a model that was compiled before.
  var model: String
  /// Of such a folder: SHA-256 of its shared object.
  var library: String?
  /// What the model is called.
  var name: String
  var method: SearchMethod
  var trials: Int
  /// Nil where each trial is one run with images held out.
  var folds: Int?
  /// What is held out then, as the command line has it.
  var validation: String?
  /// The term that is to be small.
  var objective: String
  var prunes: Bool
  var seed: UInt64
  /// Where paths of the command line lead from.
  var workingFolder: String
  /// For the compiler, and for every run.
  var compilerArguments: [String]
  var runArguments: [String]
  /// Searched parameters that the compiler is given: configs, and `optimizer`.
  var compiled: [String]
  /// The searched parameters that are options of `vaerun train`.
  static let options = ["rate", "batch", "epochs"]
  static let optimizer = "optimizer"

  /// The arguments of the compiler for a trial.
  func compilerArguments(_ values: [String: SearchValue]) -> [String] {
    var arguments = compilerArguments
    for name in compiled.sorted() {
      guard let value = values[name]?.text else { continue }
      arguments += name == Self.optimizer ? ["--optimizer", value] : ["--set", "\(name)=\(value)"]
    }
    return arguments
  }

  /// The options of a trial's runs.
  func runOptions(_ values: [String: SearchValue]) -> [String] {
    var arguments = runArguments
    for (name, value) in values.sorted(by: { $0.key < $1.key }) where !compiled.contains(name) {
      arguments +=
        Self.options.contains(name) ? ["--\(name)", value.text] : ["--hyper", "\(name)=\(value.text)"]
    }
    return arguments
  }

  /// Whether training with `runArguments` is refused where no images are held out.
  var needsHeldOut: Bool {
    zip(runArguments, runArguments.dropFirst()).contains { option, value in
      if option == "--\(TrainOptions.patience.name)" { return true }
      guard option == "--\(TrainOptions.rateSchedule.name)", case .plateau = RateSchedule(value) else {
        return false
      }
      return true
    }
  }

  /// The option that holds images out in a run.
  func heldOut(fold: Int) -> [String] {
    if let folds { return ["--fold", "\(fold)/\(folds)"] }
    return ["--val", validation ?? "0.1"]
  }
}

extension SweepPlan {
  /// The plan as a study keeps it.
  var settings: [String: String] {
    func list(_ items: [String]) -> String {
      (try? JSONEncoder().encode(items)).map { String(decoding: $0, as: UTF8.self) } ?? "[]"
    }
    var settings = [
      "model": model, "name": name, "method": method.rawValue, "trials": "\(trials)", "objective": objective,
      "prune": prunes ? "median" : "none", "seed": "\(seed)", "working_folder": workingFolder,
      "compiler_arguments": list(compilerArguments), "run_arguments": list(runArguments),
      "compiled_parameters": list(compiled),
    ]
    settings["folds"] = folds.map(String.init)
    settings["val"] = validation
    settings["library"] = library
    return settings
  }

  /// The plan of a study.
  /// - Throws: `StudyError` where something is missing or has another form.
  init(_ settings: [String: String], path: String) throws {
    func text(_ name: String) throws -> String {
      guard let value = settings[name] else {
        throw StudyError("\(path) is damaged, it lacks the setting \(name)", "begin a new sweep")
      }
      return value
    }
    func value<T>(_ name: String, _ read: (String) -> T?) throws -> T {
      guard let value = read(try text(name)) else {
        throw StudyError("\(path) is damaged, the setting \(name) has another form", "begin a new sweep")
      }
      return value
    }
    func list(_ name: String) throws -> [String] {
      try value(name) { try? JSONDecoder().decode([String].self, from: Data($0.utf8)) }
    }
    model = try text("model")
    name = try text("name")
    objective = try text("objective")
    workingFolder = try text("working_folder")
    method = try value("method") { SearchMethod(rawValue: $0) }
    trials = try value("trials") { Int($0).flatMap { $0 > 0 ? $0 : nil } }
    prunes = try text("prune") == "median"
    seed = try value("seed") { UInt64($0) }
    compilerArguments = try list("compiler_arguments")
    runArguments = try list("run_arguments")
    compiled = try list("compiled_parameters")
    folds =
      settings["folds"] == nil
      ? nil : try value("folds") { Int($0).flatMap { (2...1000).contains($0) ? $0 : nil } }
    validation = settings["val"]
    library = settings["library"]
  }
}

extension SweepPlan {
  /// What the command line of a new sweep asks for.
  /// - Parameters:
  ///   - base: the model with the settings of the command line.
  ///   - text: the model's text; nil for a model that was compiled before.
  init(_ invocation: Invocation, space: SearchSpace, base: CompiledModel, text: String?) throws {
    let manifest = base.manifest
    if invocation.isGiven(SweepOptions.folds), invocation.isGiven(TrainOptions.validation) {
      throw UsageError("--folds and --val hold out images in two ways", "give one of them")
    }
    model = text ?? URL(fileURLWithPath: base.folder).path
    library = text == nil ? manifest.libraryDigest : nil
    name = manifest.name
    method = invocation[SweepOptions.method].flatMap(SearchMethod.init) ?? .tpe
    trials = try invocation[SweepOptions.trials] ?? Self.usualTrials(method, space)
    folds = invocation[SweepOptions.folds]
    validation = folds == nil ? Self.written(invocation, TrainOptions.validation.name) ?? "0.1" : nil
    if validation == "0" {
      throw UsageError("--val 0 leaves nothing to choose by", "hold out at least one image")
    }
    objective = invocation[SweepOptions.objective] ?? manifest.objective.metrics.first ?? "loss"
    guard manifest.objective.metrics.contains(objective) else {
      throw UsageError(
        "the model has no term \(objective)", "it has \(manifest.objective.metrics.joined(separator: ", "))")
    }
    prunes = invocation[SweepOptions.prune] == "median"
    seed = invocation[TrainOptions.seed] ?? 1
    workingFolder = FileManager.default.currentDirectoryPath
    compilerArguments = Self.arguments(invocation, [SweepOptions.set, SweepOptions.optimizer])
    runArguments = Self.arguments(invocation, SweepOptions.handedOn)
    compiled = try Self.compiledNames(space, invocation, manifest, isText: text != nil)
  }

  private static func usualTrials(_ method: SearchMethod, _ space: SearchSpace) throws -> Int {
    guard method == .grid else { return 20 }
    do {
      return try GridSampler(space).count
    } catch {
      throw UsageError(error.problem, error.remedy)
    }
  }

  /// Options as the command line has them, for another one.
  private static func arguments(_ invocation: Invocation, _ options: [any CommandOption]) -> [String] {
    let names = options.map(\.name)
    return invocation.written.filter { names.contains($0.option) }.flatMap { option, text in
      ["--\(option)"] + (text.map { [$0] } ?? [])
    }
  }

  private static func written(_ invocation: Invocation, _ name: String) -> String? {
    invocation.written.last { $0.option == name }?.text
  }

  /// The searched parameters that the compiler is given.
  /// - Throws: `UsageError` for names that mean nothing in this model, or that are given and searched.
  private static func compiledNames(
    _ space: SearchSpace, _ invocation: Invocation, _ manifest: Manifest, isText: Bool
  ) throws(UsageError) -> [String] {
    let configs = manifest.configuration.map(\.name)
    let hypers = manifest.hypers.map(\.name)
    let fixed =
      options.filter { name in invocation.written.contains { $0.option == name } }
      + (invocation.isGiven(SweepOptions.optimizer) ? [optimizer] : [])
      + invocation[SweepOptions.set].map(\.name) + invocation[TrainOptions.hyper].map(\.name)
      + [CommonOptions.beta.name, TrainOptions.clip.name].filter { name in
        invocation.written.contains { $0.option == name }
      }
    var compiled: [String] = []
    for parameter in space.parameters {
      let name = parameter.name
      if fixed.contains(name) { throw UsageError("\(name) is given and searched", "leave one of them away") }
      if name == optimizer || configs.contains(name) {
        guard isText else {
          throw UsageError("\(name) is fixed in a compiled model", "name the model's text, a .vdl file")
        }
        compiled.append(name)
      } else if !options.contains(name), !hypers.contains(name) {
        let known = options + (isText ? [optimizer] + configs : []) + hypers
        let remedy =
          name == "decay" || name == "clip"
          ? "give its train block \(name == "decay" ? "an optimizer with a decay above 0" : "a clip")"
          : nearest(to: name, among: known).map { "did you mean \($0)?" }
        throw UsageError(
          "the model has no \(name) to search", remedy ?? "there are \(known.joined(separator: ", "))")
      }
    }
    return compiled
  }
}
