import Artifact
import CommandLineTable
import Foundation
import Runtime

/// Why no model could be had, and what to do.
enum LocationError: Error, CustomStringConvertible {
  case nothingCompiled
  case noCompiler(text: String, expected: String)
  case notCompiled(text: String)
  case noText(String)
  /// The name of a text without its ending.
  case isText(String)
  case isRun(String)
  case nothingTrained(String, exists: Bool)

  var description: String {
    switch self {
    case .nothingCompiled:
      "there is no compiled model under build/: compile one with 'vaec compile Models/convvae.vdl', or name one"
    case .noCompiler(let text, let expected):
      "\(text) has to be compiled and there is no \(expected): install vaec beside vaerun, or compile the model and "
        + "name its folder"
    case .notCompiled(let text): "\(text) was not compiled: mend what vaec says above"
    case .isText(let path): "there is no folder \(path): did you mean \(path).vdl?"
    case .isRun(let path):
      "\(path) is a run, not a compiled model: write --resume \(path) to train it on, or name \(path)/model"
    case .nothingTrained(let path, let exists):
      (exists ? "\(path) is neither a run nor a compiled model" : "there is no \(path)")
        + ": 'vaerun runs' lists the runs that there are"
    case .noText(let path): "there is no model text \(path): name a .vdl file, such as Models/convvae.vdl"
    }
  }
}

/// Finds the compiled model that a command is to take.
enum ModelLocation {
  /// The model that MODEL names: a compiled folder, a text, or the newest under build/.
  /// - Parameter quietly: leaves the standard output to the caller alone, where a text has to be compiled first.
  static func load(_ argument: String?, quietly: Bool = false) throws -> CompiledModel {
    guard let argument else { return try CompiledModel(folder: try newest()) }
    let isText = argument.hasSuffix(".vdl")
    if !isText, (try? CompiledModel.manifestPath(in: argument)) == nil {
      let files = FileManager.default
      if files.fileExists(atPath: argument + "/config.json") { throw LocationError.isRun(argument) }
      if !files.fileExists(atPath: argument), files.fileExists(atPath: argument + ".vdl") {
        throw LocationError.isText(argument)
      }
    }
    return try CompiledModel(folder: isText ? try compiled(argument, quietly: quietly) : argument)
  }

  /// The folder under build/ whose manifest is the newest.
  private static func newest() throws -> String {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "build")) ?? []
    let dated = names.compactMap { name -> (date: Date, folder: String)? in
      let folder = "build/" + name
      guard let manifest = try? CompiledModel.manifestPath(in: folder),
        let attributes = try? FileManager.default.attributesOfItem(atPath: manifest)
      else { return nil }
      return (attributes[.modificationDate] as? Date ?? .distantPast, folder)
    }
    guard let best = dated.max(by: { ($0.date, $0.folder) < ($1.date, $1.folder) }) else {
      throw LocationError.nothingCompiled
    }
    return best.folder
  }

  /// The folder of a text's compiled model, after compiling it where the folder has none of this very text. One that was compiled
  /// from it with options is what the user made of it, and taken; that is said, since the text does not show it.
  private static func compiled(_ text: String, quietly: Bool) throws -> String {
    guard FileManager.default.fileExists(atPath: text) else { throw LocationError.noText(text) }
    let source = try readFile(text)
    let folder = "build/" + splitPath(text).name.dropLast(4)
    let manifest = (try? CompiledModel.manifestPath(in: folder)).flatMap { try? Manifest(contentsOf: $0) }
    let options = manifest?.source.options?.joined(separator: " ")
    let isCurrent =
      manifest?.source.digest == SHA256.hex(of: source) && areCurrent(manifest?.source.used ?? [], of: text)
    if let options, !quietly {
      Terminal.complain(
        isCurrent
          ? "vaerun: note: taking \(folder), compiled from \(text) with \(printable(options)); without them: "
            + "vaec compile \(text)"
          : "vaerun: note: \(text) has changed since \(folder) was compiled with \(printable(options)): "
            + "compiling it without them")
    }
    if !isCurrent { try compile(text, into: folder, quietly: quietly) }
    return folder
  }

  /// Whether the texts that a text uses are still those that it was compiled with.
  private static func areCurrent(_ used: [Manifest.Source.UsedText], of text: String) -> Bool {
    used.allSatisfy { part in
      let path = part.file.hasPrefix("/") ? part.file : splitPath(text).folder + "/" + part.file
      return (try? readFile(path)).map { SHA256.hex(of: $0) } == part.digest
    }
  }

  private static func compile(_ text: String, into folder: String, quietly: Bool) throws {
    let expected = CompilerProgram.path
    guard FileManager.default.isExecutableFile(atPath: expected),
      let isCompiled = try? CompilerProgram.run(["compile", "-o", folder, "--", text], quietly: quietly)
    else { throw LocationError.noCompiler(text: text, expected: expected) }
    guard isCompiled else { throw LocationError.notCompiled(text: text) }
  }
}

/// A model with trained weights, and the run that they come from.
struct TrainedModel {
  let instance: ModelInstance
  /// Nil where the weights were named by --weights.
  let run: RunFolder?
  let configuration: RunConfiguration?
  let weights: String

  var manifest: Manifest { instance.manifest }

  /// The model and the weights that the command line names: of a run, or of a file.
  init(_ invocation: Invocation) throws { try self.init(invocation[CommonOptions.model], invocation) }

  /// The models that the arguments of a repeated MODEL name, one after the other; the usual one where there is none.
  static func each(_ invocation: Invocation, _ body: (TrainedModel) throws -> Void) throws {
    let arguments = invocation.all(CommonOptions.models)
    let options: [any CommandOption] = [CommonOptions.run, CommonOptions.weights]
    if arguments.count > 1, let option = options.first(where: invocation.isGiven) {
      throw UsageError(
        "--\(option.name) names the weights of one model, and there are \(arguments.count)",
        "name the runs instead, such as runs/convvae-001 runs/convvae-002")
    }
    for argument in arguments.isEmpty ? [nil] : arguments.map(Optional.some) {
      try body(try TrainedModel(argument, invocation))
    }
  }

  /// The model that an argument names, or with none the options, and its weights.
  private init(_ argument: String?, _ invocation: Invocation) throws {
    if invocation[CommonOptions.weights] != nil, invocation[CommonOptions.run] != nil {
      throw UsageError("--run and --weights name two sources of weights", "give one of them")
    }
    let named = argument.flatMap { Self.isRun($0) ? $0 : nil }
    if let named, let other = invocation[CommonOptions.run] {
      throw UsageError("\(named) and --run \(other) name two runs", "give one of them")
    }
    let model = named == nil ? argument : nil
    var run = try (named ?? invocation[CommonOptions.run]).map { try RunFolder(existing: $0) }
    let compiled =
      try model
      ?? run.map { run in
        let hasCopy = (try? CompiledModel.manifestPath(in: run.compiledModel)) != nil
        return hasCopy ? run.compiledModel : try run.readConfiguration().modelFolder
      }
    try Self.requireModel(model)
    let loaded = try ModelLocation.load(compiled, quietly: invocation[CommonOptions.json])
    if let path = invocation[CommonOptions.weights] {
      weights = path
    } else {
      let folder = try run ?? RunFolder.newest(model: loaded.manifest.name, in: "runs")
      run = folder
      weights = try invocation[CommonOptions.best] ? folder.existingBest() : folder.last
    }
    instance = try ModelInstance(loaded, threads: CommonOptions.threadCount(invocation))
    try instance.load(from: weights)
    self.run = run
    configuration = try run?.readConfiguration()
  }

  /// The runs that the arguments of a repeated MODEL name, whether they have weights yet or not: folders of runs, and the newest
  /// runs of models; that of the newest model where there is none.
  static func runs(_ invocation: Invocation) throws -> [RunFolder] {
    let arguments = invocation.all(CommonOptions.models)
    return try (arguments.isEmpty ? [nil] : arguments.map(Optional.some)).map { argument in
      if let argument, isRun(argument) { return try RunFolder(existing: argument) }
      try requireModel(argument)
      let model = try ModelLocation.load(argument, quietly: invocation[CommonOptions.quiet])
      return try RunFolder.newest(model: model.manifest.name, in: "runs")
    }
  }

  private static func isRun(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: path + "/config.json")
  }

  /// Refuses an argument that is no run, where it names no model either.
  private static func requireModel(_ argument: String?) throws {
    if let argument, !argument.hasSuffix(".vdl"), (try? CompiledModel.manifestPath(in: argument)) == nil {
      throw LocationError.nothingTrained(argument, exists: FileManager.default.fileExists(atPath: argument))
    }
  }

  /// What entries are to be given: the seed and the hypers of the options, or else of the run.
  func inputs(_ invocation: Invocation) throws -> EntryInputs {
    let known = Set(manifest.hypers.map(\.name))
    let trained = (configuration?.hypers ?? [:]).filter { known.contains($0.key) }
    let hypers = try CommonOptions.hypers(invocation)
    return EntryInputs(
      seed: invocation[CommonOptions.seed] ?? configuration?.seed ?? 1,
      hypers: trained.merging(hypers) { _, given in given })
  }

  /// Where a file goes that the user did not place: into the run's folder, or beside the weights.
  func place(_ name: String) -> String {
    let folder = run?.path ?? splitPath(weights).folder
    return folder == "." ? name : folder + "/" + name
  }
}
