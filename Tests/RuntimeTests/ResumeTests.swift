import Artifact
import Foundation
import Random
import Runtime
import Testing

/// Runs that were cut short at any step and gone on with end in the same bits as runs that were not.
@Suite struct ResumeTests {
  private static let validation = [3, 7, 11]

  private static func options(_ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
    var options = TrainingOptions(epochs: 6, batch: 4, rate: 0.05, seed: 9)
    change(&options)
    return options
  }

  private static func data() -> TrainingData {
    TrainingData(TinyModel.images(21), holdingOut: validation, test: TinyModel.images(5))
  }

  /// Trains a run to its end, or until something throws; goes on with what the folder holds.
  private static func train(
    _ model: CompiledModel, in run: RunFolder, _ options: TrainingOptions,
    progress: (TrainingEvent) throws -> Void = { _ in }
  ) throws -> TrainingResult {
    let instance = try ModelInstance(model)
    instance.initialize(seed: options.seed)
    let isThere = FileManager.default.fileExists(atPath: run.last)
    let start = isThere ? try instance.resume(from: run.last) : nil
    var trainer = try Trainer(instance, data: data(), options: options, from: start)
    return try trainer.run(in: run, progress: progress)
  }

  private static func whole(
    _ model: CompiledModel, in folder: String, _ options: TrainingOptions = options()
  ) throws -> RunFolder {
    let run = try RunFolder.make(at: folder + "/whole")
    _ = try train(model, in: run, options)
    return run
  }

  private func withModel<T>(_ body: (CompiledModel, String) throws -> T) throws -> T {
    try withTemporaryFolder { folder in
      try body(try CompiledModel(folder: try TinyModel.make(in: folder)), folder)
    }
  }

  /// Both runs have the same checkpoints, bit for bit, and the same metrics but for the times.
  private func expectEqual(_ a: RunFolder, _ b: RunFolder, _ what: String) throws {
    #expect(try readFile(a.last) == readFile(b.last), "last, \(what)")
    #expect(try readFile(a.best) == readFile(b.best), "best, \(what)")
    #expect(try timeless(a.metricsTable) == timeless(b.metricsTable), "metrics.csv, \(what)")
    #expect(try linesWithoutTimes(a) == linesWithoutTimes(b), "metrics.jsonl, \(what)")
  }

  private func timeless(_ path: String) throws -> [String] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
      let fields = line.split(separator: ",")
      return (fields.prefix(3) + fields.dropFirst(5)).joined(separator: ",")
    }
  }

  private func linesWithoutTimes(_ run: RunFolder) throws -> [NSDictionary] {
    try String(contentsOfFile: run.metricsLines, encoding: .utf8).split(separator: "\n").map { line in
      var fields = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      for time in ["seconds", "images_per_second"] { #expect(fields.removeValue(forKey: time) != nil) }
      return fields as NSDictionary
    }
  }

  @Test func aRunThatIsStoppedAtEveryStepInTurnEndsInTheSameBits() throws {
    try withModel { model, folder in
      let whole = try Self.whole(model, in: folder)
      let run = try RunFolder.make(at: folder + "/parts")
      for step in 1...29 {
        #expect(try Self.train(model, in: run, Self.options { $0.stepLimit = step }).ending == .stepLimit)
      }
      #expect(try Self.train(model, in: run, Self.options()).ending == .finished)
      try expectEqual(whole, run, "each step on its own")
    }
  }

  /// An error in the progress stands for a process that is killed: nothing is saved there, rows are left over.
  private struct Killed: Error {}

  @Test(arguments: [("constant", 0.05), ("cosine", 0.05), ("plateau:0.5@1epochs", 0.3)])
  func aRunThatIsKilledAtRandomStepsEndsInTheSameBits(_ schedule: String, _ rate: Double) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var random = Draws(seed: seed)
    let rateSchedule = try #require(RateSchedule(schedule))
    func options(_ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
      var options = Self.options()
      options.rate = rate
      options.rateSchedule = rateSchedule
      options.warmUp = Span(7, .steps)
      options.hyperSchedules["poison"] = HyperSchedule(from: -1, to: -2, span: Span(2, .epochs))
      change(&options)
      return options
    }
    try withModel { model, folder in
      let whole = try Self.whole(model, in: folder, options())
      for attempt in 1...3 {
        let run = try RunFolder.make(at: folder + "/killed-\(attempt)")
        let saving = SavingInterval.steps(random.next(below: 7) + 2)
        var isFinished = false
        while !isFinished {
          let end = random.next(below: 40) + 1
          do {
            var events = 0
            _ = try Self.train(model, in: run, options { $0.saving = saving }) { _ in
              events += 1
              if events == end { throw Killed() }
            }
            isFinished = true
          } catch is Killed {
          } catch let error as RunError where "\(error)".hasPrefix("there is nothing left to train") {
            isFinished = true
          }
        }
        try expectEqual(whole, run, "\(schedule), attempt \(attempt), seed \(seed)")
      }
    }
  }

  @Test func rowsThatWereCutAndRowsBehindTheCheckpointGo() throws {
    try withModel { model, folder in
      let whole = try Self.whole(model, in: folder)
      let run = try RunFolder.make(at: folder + "/cut")
      _ = try Self.train(model, in: run, Self.options { $0.stepLimit = 12 })
      for path in [run.metricsTable, run.metricsLines] {
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.seekToEnd()
        let text =
          path == run.metricsTable
          ? "train,3,13,0.1,5,0.05,0,1,4\ntrain,3,"
          : "{\"split\":\"train\",\"epoch\":3,\"step\":13}\n{\"split\":"
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
      }
      _ = try Self.train(model, in: run, Self.options())
      try expectEqual(whole, run, "rows left over")
    }
  }

  @Test func timeGoesOnWhereItStopped() throws {
    try withModel { model, folder in
      let run = try RunFolder.make(at: folder + "/run")
      _ = try Self.train(model, in: run, Self.options { $0.stepLimit = 7 })
      let text = try String(contentsOfFile: run.metricsTable, encoding: .utf8)
      let changed = text.split(separator: "\n").map { line in
        var fields = line.split(separator: ",").map(String.init)
        if fields[2] == "7" { fields[3] = "5000.000" }
        return fields.joined(separator: ",") + "\n"
      }
      try Data(changed.joined().utf8).write(to: URL(fileURLWithPath: run.metricsTable))
      let result = try Self.train(model, in: run, Self.options())
      #expect((5000..<5100).contains(result.seconds))
    }
  }

  @Test func whatTheRunWasNotTrainedWithIsRefused() throws {
    try withModel { model, folder in
      let run = try RunFolder.make(at: folder + "/run")
      _ = try Self.train(model, in: run, Self.options { $0.stepLimit = 7 })
      func error(_ options: TrainingOptions, _ data: TrainingData = Self.data()) -> String {
        errorText {
          let instance = try ModelInstance(model)
          let start = try instance.resume(from: run.last)
          _ = try Trainer(instance, data: data, options: options, from: start)
        }
      }
      #expect(
        error(Self.options { $0.batch = 3 })
          == "the checkpoint was trained with the batch 4, not 3: go on with that one")
      #expect(
        error(Self.options(), TrainingData(TinyModel.images(40)))
          == "the checkpoint stands at step 7 behind epoch 1, and an epoch has 10 steps here: "
          + "go on with the data and the batch that it was trained with")
      #expect(
        error(Self.options { $0.epochs = 1 })
          == "there is nothing left to train: 1 epochs are done: go on with a larger --epochs")
      #expect(
        error(Self.options { $0.stepLimit = 7 })
          == "there is nothing left to train: 7 steps are done: go on with a larger --steps")
    }
  }

  @Test func checkpointsThatCannotBeGoneOnWithAreRefused() throws {
    try withModel { model, folder in
      let run = try RunFolder.make(at: folder + "/run")
      _ = try Self.train(model, in: run, Self.options { $0.stepLimit = 7 })
      let reader = try SafetensorsReader(run.last)
      let instance = try ModelInstance(model)
      let path = folder + "/changed.safetensors"
      func error(_ names: [String], _ change: (inout [String: String]) -> Void) throws -> String {
        var metadata = reader.metadata
        change(&metadata)
        let tensors = try names.map { TensorToWrite($0, try reader.floats(of: $0), shape: [4]) }
        try Safetensors.write(tensors, metadata: metadata, to: path)
        return errorText { _ = try instance.resume(from: path) }
      }
      let all = ["w", "adam.m/w"]
      #expect(try error(all) { _ in } == "no error")
      #expect(
        try error(all) { $0["digest"] = "11" }
          == "\(path) was trained with another compilation of tiny: go on with the model that it was trained with, "
          + "or begin a new run")
      let notResumable =
        "\(path) does not say where training stood: take the last.safetensors of a run of this vaerun"
      #expect(try error(["w"]) { _ in } == notResumable)
      for field in ["digest", "epoch", "step", "seed", "batch", "training"] {
        #expect(try error(all) { $0[field] = nil } == notResumable, "\(field)")
      }
      for (field, value) in [
        ("step", "-1"), ("epoch", "x"), ("batch", "0"), ("training", "{}"), ("training", "{\"best\":1"),
      ] {
        #expect(try error(all) { $0[field] = value } == notResumable, "\(field) \(value)")
      }
      // Numbers that no run has, and no trap.
      for (field, value) in [("step", "\(Int.max)"), ("epoch", "\(Int.max)")] {
        #expect(try error(all) { $0[field] = value } == "no error")
        let start = try instance.resume(from: path)
        let found = errorText {
          _ = try Trainer(instance, data: Self.data(), options: Self.options(), from: start)
        }
        #expect(found.hasPrefix("the checkpoint stands at step "), "\(found)")
      }
    }
  }
}

/// Numbers for tests, from a seed that a failing test prints.
private struct Draws {
  private let stream: RandomStream
  private var next: UInt32 = 0

  init(seed: UInt64) { stream = RandomStream(seed: seed, domain: .data, stream: 0) }

  mutating func next(below bound: Int) -> Int {
    next += 1
    return Int(stream.words(block: next).0 % UInt32(bound))
  }
}
