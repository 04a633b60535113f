import CommandLineTable
import Datasets
import Foundation
import Runtime

/// `vaerun train`
enum TrainCommand {
  static let command = Command(
    "train", summary: "trains a compiled model on images and writes a run folder",
    details: [
      "The run folder gets config.json, environment.json, metrics.csv, metrics.jsonl, last.safetensors (weights and the "
        + "optimizer's state), a copy of the compiled model, and pictures. After each epoch the model is evaluated on the "
        + "test images, which are reported and choose nothing. With --val there is also best.safetensors: the epoch with "
        + "the least loss on the images that are held out.",
      "Ctrl-C saves the weights, draws the pictures and ends with status 130; a second Ctrl-C ends at once. 'vaerun train "
        + "--resume RUN' goes on from there, or from the last save where the process was killed, and ends in the same "
        + "bits as a run that never stopped. A loss that is NaN or infinite ends training with status 1 and keeps the "
        + "weights saved before.",
    ],
    positionals: [CommonOptions.model], options: TrainOptions.all,
    examples: [
      Example("vaerun train", "trains the newest model under build/ as its text says"),
      Example(
        "vaerun train Models/convvae.vdl --data digits --epochs 3", "compiles first, trains on built-in digits"),
      Example("vaerun train --data fashion-mnist --data-dir data --beta 2", "a beta-VAE on clothes"),
      Example(
        "vaerun train --rate-schedule cosine --hyper beta=0:1@5epochs",
        "lowers the rate, raises beta over 5 epochs"),
      Example("vaerun train --val 5000 --patience 5", "stops when the validation loss does not fall any more"),
      Example("vaerun train --resume runs/convvae-001 --epochs 60", "goes on with a run, to 60 epochs"),
      Example("vaerun train --config runs/convvae-001/config.json --seed 2", "repeats a run with another seed"),
    ])

  static func run(_ invocation: Invocation) throws -> ExitStatus {
    let setup = try TrainingSetup(invocation)
    // Before there is a folder, which would be in the way of a sweep that goes on.
    guard !Interrupt.isLeftAlone else { return .interrupted }
    let folder = try setup.existing?.folder ?? makeFolder(invocation[TrainOptions.output], model: setup.model)
    let lock = try setup.existing?.lock ?? folder.lock()
    let output = output(invocation, setup: setup, folder: folder)
    return try withExtendedLifetime(lock) {
      try train(setup, in: folder, output: output, drawsPictures: !invocation[TrainOptions.noPictures])
    }
  }

  private static func train(
    _ setup: TrainingSetup, in folder: RunFolder, output: any TrainingOutput, drawsPictures: Bool
  ) throws -> ExitStatus {
    // From here on Ctrl-C leaves a run that can be gone on with.
    let interrupt = Interrupt()
    // The configuration last: a folder that has one can be gone on with.
    if setup.existing == nil {
      try folder.begin(with: setup.model, setup.configuration)
    } else {
      try folder.write(setup.configuration)
    }
    var sessions = folder.sessions
    var session = RunSession(
      fromStep: setup.start?.position.step ?? 0, commandLine: CommandLine.arguments,
      threads: setup.instance.executor.threads, runner: "vaerun \(Vaerun.table.version)",
      compiler: setup.model.manifest.compiler)
    try folder.write(sessions + [session])
    func note(_ ending: String, step: Int) throws {
      session.end(ending, step: step)
      sessions = Array(sessions.suffix(Self.mostSessions - 1)) + [session]
      try folder.write(sessions)
    }

    output.begin()
    let result: TrainingResult
    do {
      result = try run(setup, in: folder, output: output, interrupt)
    } catch {
      // The error itself is what has to be told, also where the folder cannot be written any more.
      try? note("failed", step: session.fromStep)
      throw error
    }
    try note(result.ending.rawValue, step: result.position.step)
    let seed = setup.options.seed
    let pictures =
      drawsPictures
      ? try RunPictures(instance: setup.instance, folder: folder, seed: seed)
        .draw(training: setup.training, test: setup.test) : []
    output.end(result, pictures: pictures)
    return result.ending == .interrupted ? .interrupted : .success
  }

  private static func run(
    _ setup: TrainingSetup, in folder: RunFolder, output: any TrainingOutput,
    _ interrupt: consuming Interrupt
  ) throws -> TrainingResult {
    var trainer = setup.trainer
    // Looked for behind the first step, so that this has all processors.
    var warnings: Concurrently<[String]>?
    var find = setup.findWarnings
    func warn() throws {
      defer { warnings = nil }
      for warning in try warnings?.get() ?? [] { Terminal.complain(warning) }
    }
    Interrupt.stopWithSweep()
    defer { output.leave() }
    let result = try trainer.run(in: folder, stop: Interrupt.stop) { event in
      if let work = find {
        warnings = Concurrently(work)
        find = nil
      }
      if warnings?.isDone == true { try warn() }
      output.tell(event)
    }
    // Ctrl-C does not wait for what has not been found yet.
    if result.ending != .interrupted || warnings?.isDone == true { try warn() }
    // Whoever presses Ctrl-C from here on wants to be rid of the pictures.
    _ = consume interrupt
    return result
  }

  /// More are not kept: a run that is gone on with from a script, each time for a minute, must not grow without bound.
  private static let mostSessions = 1000

  private static func makeFolder(_ path: String?, model: CompiledModel) throws -> RunFolder {
    if let path { return try RunFolder.make(at: path) }
    return try RunFolder.make(in: "runs", model: model.manifest.name)
  }

  private static func output(
    _ invocation: Invocation, setup: TrainingSetup, folder: RunFolder
  ) -> any TrainingOutput {
    if invocation[TrainOptions.json] { return JSONOutput(setup, folder) }
    if invocation[TrainOptions.quiet] { return QuietOutput() }
    return TextOutput(setup, folder)
  }
}
