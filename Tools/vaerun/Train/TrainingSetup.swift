import Artifact
import CommandLineTable
import Datasets
import Evaluation
import Foundation
import Runtime

/// All that a run needs before its first step: from the options alone, from the configuration of another run, or from a
/// run that goes on.
struct TrainingSetup {
  let model: CompiledModel
  let instance: ModelInstance
  let training: Dataset
  let test: Dataset
  let configuration: RunConfiguration
  let options: TrainingOptions
  /// Where the run goes on; nil for a run that begins.
  let start: TrainingState?
  let trainer: Trainer
  /// The run that goes on, and the right to train it.
  let existing: (folder: RunFolder, lock: RunLock)?
  /// Finds what is to be said of the data; nil where nobody wants to know.
  let findWarnings: (@Sendable () throws -> [String])?

  /// Reads and checks everything; writes nothing.
  init(_ invocation: Invocation) throws {
    if invocation[TrainOptions.resume] != nil { try TrainOptions.checkResume(invocation) }
    existing = try invocation[TrainOptions.resume].map { path in
      let folder = try RunFolder(existing: path)
      return (folder, try folder.lock())
    }
    let basis = try Basis(invocation, run: existing?.folder)
    model =
      try basis?.model(named: invocation[CommonOptions.model], quietly: Self.isSilent(invocation))
      ?? ModelLocation.load(invocation[CommonOptions.model], quietly: Self.isSilent(invocation))

    let old = basis?.configuration
    training = try CommonOptions.load(
      invocation, run: old, split: .train, model: model.manifest, limit: old?.limit,
      poolsAnew: true)
    test = try CommonOptions.load(
      invocation, run: old, split: .test, model: model.manifest, limit: old?.limit,
      poolsAnew: true)
    let (training, test) = (training, test)
    let threads = invocation[CommonOptions.threads]
    let digest = Concurrently { try Dataset.digest(of: [training, test], threads: threads) }
    if let basis, !DataOptions.changesImages(invocation) {
      try basis.check(data: training.name, digest: digest.get())
    }
    var configuration = try Self.configuration(
      invocation, model: model, basis: old, training: training, test: test)
    options = Self.options(configuration, invocation)

    let instance = try ModelInstance(model, threads: configuration.threads)
    instance.initialize(seed: configuration.seed)
    self.instance = instance
    // A process that was killed very early has left a run without weights: it begins again.
    start = try existing.flatMap { run in
      FileManager.default.fileExists(atPath: run.folder.last) ? try instance.resume(from: run.folder.last) : nil
    }
    if start == nil {
      configuration.initialWeights = try Self.initialWeights(invocation, instance, basis: basis)
    }
    let held = try HeldOut.images(configuration, of: training)
    let data = TrainingData(training, holdingOut: held, test: test)
    trainer = try Trainer(instance, data: data, options: options, from: start)
    // Waited for here, and not when the run has its folder, which a killed sweep that is resumed must not find half made.
    configuration.digests.data = try digest.get()
    self.configuration = configuration
    let find: @Sendable () throws -> [String] = {
      try HeldOut.warnings(training: training, held: held, test: test)
    }
    findWarnings = invocation[TrainOptions.quiet] ? nil : find
  }

  /// Whether the standard output belongs to somebody else than the compiler.
  private static func isSilent(_ invocation: Invocation) -> Bool {
    invocation[TrainOptions.json] || invocation[TrainOptions.quiet]
  }

  /// Takes the weights to begin with from the run that the options name, or from the file that the basis began with.
  private static func initialWeights(
    _ invocation: Invocation, _ instance: ModelInstance, basis: Basis?
  ) throws -> InitialWeights? {
    let manifest = instance.manifest
    if let named = invocation[TrainOptions.initial] {
      let path = URL(fileURLWithPath: named).path
      var isFolder: ObjCBool = false
      let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      return try instance.initialize(from: exists && isFolder.boolValue ? RunFolder(existing: path).last : path)
    }
    if let basis, let known = basis.configuration.initialWeights {
      let taken = try instance.initialize(from: known.path)
      guard taken.digest == known.digest else {
        throw RunError.otherInitialWeights(path: known.path, configuration: basis.name)
      }
      return taken
    }
    if let frozen = manifest.frozen?.first {
      throw UsageError(
        "the \(frozen.name.prefix { $0 != "." }) of \(manifest.name) is frozen and has to have the weights of a trained model",
        "write --init and a run of the model that it is of")
    }
    return nil
  }

  /// What the options say, else the basis, else the model; the data's digest is still to be filled in.
  private static func configuration(
    _ invocation: Invocation, model: CompiledModel, basis: RunConfiguration?, training: Dataset, test: Dataset
  ) throws -> RunConfiguration {
    let manifest = model.manifest
    let held = try HeldOut(invocation, basis: basis, images: training.count)
    let defaults = manifest.hypers.map { ($0.name, $0.defaultValue) }
    let given = try HyperOptions(invocation)
    let hypers = Dictionary(defaults, uniquingKeysWith: { first, _ in first })
      .merging(basis?.hypers ?? [:]) { $1 }.merging(given.values) { $1 }
    // A number that is given ends a schedule of the basis.
    let schedules = (basis?.hyperSchedules ?? [:]).filter { given.values[$0.key] == nil }
      .merging(given.schedules) { $1 }
    var configuration = RunConfiguration(
      model: manifest.name,
      modelFolder: invocation[CommonOptions.model] == nil ? basis?.modelFolder ?? model.folder : model.folder,
      digests: .init(manifest, data: ""),
      // A path is kept so that it leads there from everywhere.
      data: DatasetCatalog.names.contains(training.name)
        ? training.name : URL(fileURLWithPath: training.name).path,
      dataFolder: invocation[DataOptions.folder].map { URL(fileURLWithPath: $0).path }
        ?? basis?.dataFolder,
      limit: invocation[DataOptions.limit] ?? basis?.limit, trainingImages: training.count - held.count,
      validationImages: held.count, testImages: test.count,
      epochs: invocation[TrainOptions.epochs] ?? basis?.epochs ?? manifest.training.epochs,
      batch: invocation[TrainOptions.batch] ?? basis?.batch ?? manifest.training.batch,
      rate: invocation[TrainOptions.rate] ?? basis?.rate ?? manifest.training.rate, hypers: hypers,
      seed: invocation[TrainOptions.seed] ?? basis?.seed ?? 1,
      threads: invocation[CommonOptions.threads] ?? basis?.threads ?? CommonOptions.threadCount(invocation))
    let form = DataOptions.remembered(invocation, run: basis)
    configuration.initialWeights = basis?.initialWeights
    configuration.dataOptions = form.isEmpty ? nil : form
    configuration.fold = held.fold
    configuration.rateSchedule = invocation[TrainOptions.rateSchedule] ?? basis?.rateSchedule
    configuration.warmUp = invocation[TrainOptions.warmUp] ?? basis?.warmUp
    configuration.hyperSchedules = schedules.isEmpty ? nil : schedules
    configuration.patience = invocation[TrainOptions.patience] ?? basis?.patience
    let isResumed = invocation[TrainOptions.resume] != nil
    configuration.steps = invocation[TrainOptions.steps] ?? (isResumed ? nil : basis?.steps)
    return configuration
  }

  private static func options(_ configuration: RunConfiguration, _ invocation: Invocation) -> TrainingOptions {
    var options = TrainingOptions(
      epochs: configuration.epochs, batch: configuration.batch, rate: configuration.rate,
      hypers: configuration.hypers, seed: configuration.seed, patience: configuration.patience,
      stepLimit: configuration.steps, timeLimit: invocation[TrainOptions.limitTime],
      saving: invocation[TrainOptions.every] ?? .standard)
    options.rateSchedule = configuration.rateSchedule ?? .constant
    options.warmUp = configuration.warmUp
    options.hyperSchedules = configuration.hyperSchedules ?? [:]
    return options
  }
}

/// The configuration that a run is made from.
private struct Basis {
  let configuration: RunConfiguration
  /// What errors call it.
  let name: String
  /// Where a copy of the compiled model may lie.
  private let folder: String

  /// Nil where the options name none.
  init?(_ invocation: Invocation, run: RunFolder?) throws {
    if let run {
      configuration = try run.readConfiguration()
      name = run.path
      folder = run.path
    } else if let path = invocation[TrainOptions.config] {
      configuration = try RunConfiguration(contentsOf: path)
      name = path
      folder = splitPath(path).folder
    } else {
      return nil
    }
  }

  /// The model that is named, or else the one of the configuration, unchanged.
  func model(named argument: String?, quietly: Bool) throws -> CompiledModel {
    if let argument { return try ModelLocation.load(argument, quietly: quietly) }
    let copy = folder + "/" + RunFolder.compiledModelName
    let isThere = (try? CompiledModel.manifestPath(in: copy)) != nil
    let model = try CompiledModel(folder: isThere ? copy : configuration.modelFolder)
    guard model.manifest.libraryDigest == configuration.digests.library else {
      throw RunError.otherModel(folder: isThere ? copy : configuration.modelFolder, configuration: name)
    }
    return model
  }

  func check(data: String, digest: String) throws {
    guard configuration.digests.data.hasPrefix(Dataset.digestMark) else {
      throw RunError.earlierDigest(configuration: name)
    }
    guard digest == configuration.digests.data else {
      throw RunError.otherData(name: data, configuration: name)
    }
  }
}
