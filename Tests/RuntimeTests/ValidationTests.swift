import Artifact
import Foundation
import Runtime
import Testing

/// What is held out chooses the best epoch and when to stop; test images choose nothing.
@Suite struct ValidationTests {
  /// Images whose four pixels are `value`.
  private func plain(_ values: [UInt8]) -> ImageArray {
    ImageArray(imageShape: [1, 2, 2], bytes: values.flatMap { [$0, $0, $0, $0] })
  }

  /// The weights run from where they begin towards the training images, 255, and so first towards the images held out,
  /// 128, and then past them; the test images are where they run to.
  private func trained(
    holdingOut: [Int] = [6, 7], in run: RunFolder? = nil, _ instance: ModelInstance,
    _ change: (inout TrainingOptions) -> Void = { _ in }
  ) throws -> (result: TrainingResult, reports: [EpochReport]) {
    let images = plain([255, 255, 255, 255, 255, 255, 128, 128])
    try instance.set("w", to: [0, 0, 0, 0])
    let data = TrainingData(images, holdingOut: holdingOut, test: plain([255]))
    var options = TrainingOptions(epochs: 20, batch: 8, rate: 0.05)
    change(&options)
    var trainer = try Trainer(instance, data: data, options: options)
    var reports: [EpochReport] = []
    let result = try trainer.run(in: run) { event in
      if case .epoch(let report) = event { reports.append(report) }
    }
    return (result, reports)
  }

  @Test func theBestEpochHasTheLeastLossOnTheImagesHeldOut() throws {
    try TinyModel.withInstance { instance, folder in
      let run = try RunFolder.make(in: folder, model: "tiny")
      let (result, reports) = try trained(in: run, instance)
      let losses = reports.compactMap { $0.metrics.validation?["loss"] }
      let tests = reports.compactMap { $0.metrics.test?["loss"] }
      let least = try #require(losses.indices.min { losses[$0] < losses[$1] })
      #expect((2..<19).contains(least))
      #expect(tests == tests.sorted(by: >), "the test loss falls to the end and chooses nothing")
      #expect(result.best?.epoch == least + 1)
      #expect(try SafetensorsReader(run.best).metadata["epoch"] == "\(least + 1)")
      #expect(reports.map(\.isBest) == losses.indices.map { $0 <= least })
      let table = try MetricsTable(run)
      #expect(table.rows.filter { $0.split == "validation" }.map { $0.values["loss"] } == losses)
      #expect(table.rows.filter { $0.split == "test" }.map { $0.values["loss"] } == tests)
    }
  }

  @Test func withoutImagesHeldOutNothingIsBest() throws {
    try TinyModel.withInstance { instance, folder in
      let run = try RunFolder.make(in: folder, model: "tiny")
      let (result, reports) = try trained(holdingOut: [], in: run, instance)
      #expect(result.best == nil)
      #expect(reports.allSatisfy { !$0.isBest && $0.metrics.validation == nil && $0.metrics.test != nil })
      #expect(
        errorText { _ = try run.existingBest() }
          == "\(run.path) has no best epoch: it was trained without images held out to choose by: take its last "
          + "weights, or train with --val 0.1")
    }
  }

  @Test func imagesHeldOutAreNeverTrainedOn() throws {
    try TinyModel.withInstance { instance, _ in
      let data = TrainingData(TinyModel.images(10), holdingOut: [2, 9])
      #expect(data.training == [0, 1, 3, 4, 5, 6, 7, 8])
      // Held-out images of other values leave every weight as it is.
      let first = try trained(instance)
      let weights = try instance.values(of: "w")
      let images = plain([255, 255, 255, 255, 255, 255, 0, 77])
      try instance.set("w", to: [0, 0, 0, 0])
      var trainer = try Trainer(
        instance, data: TrainingData(images, holdingOut: [6, 7]),
        options: TrainingOptions(epochs: 20, batch: 8, rate: 0.05))
      let second = try trainer.run()
      #expect(try instance.values(of: "w") == weights)
      #expect(first.result.last?.training == second.last?.training)
    }
  }

  @Test(arguments: [1, 3])
  func patienceEndsTrainingAfterSoManyEpochsWithoutABetterOne(_ patience: Int) throws {
    try TinyModel.withInstance { instance, _ in
      let (result, reports) = try trained(instance) { $0.patience = patience }
      let best = try #require(result.best?.epoch)
      #expect(result.ending == .patience)
      #expect(reports.count == best + patience)
    }
  }

  @Test func patienceThatIsUpIsToldWhenTheRunIsGoneOnWith() throws {
    try TinyModel.withInstance { instance, folder in
      let run = try RunFolder.make(in: folder, model: "tiny")
      let best = try #require(try trained(in: run, instance, { $0.patience = 2 }).result.best?.epoch)
      let start = try instance.resume(from: run.last)
      let data = TrainingData(
        plain([255, 255, 255, 255, 255, 255, 128, 128]), holdingOut: [6, 7], test: plain([255]))
      var options = TrainingOptions(epochs: 20, batch: 8, rate: 0.05, patience: 2)
      #expect(
        errorText { _ = try Trainer(instance, data: data, options: options, from: start) }
          == "there is nothing left to train: no epoch since epoch \(best) had a smaller validation loss: "
          + "go on with a larger --patience")
      options.patience = 4
      var trainer = try Trainer(instance, data: data, options: options, from: start)
      #expect(try trainer.run(in: run).position.epoch == best + 4)
    }
  }

  @Test func patienceWithoutImagesHeldOutIsRefused() throws {
    try TinyModel.withInstance { instance, _ in
      #expect(
        errorText { _ = try trained(holdingOut: [], instance) { $0.patience = 3 } }
          == "patience needs images that are held out: add --val 0.1")
      #expect(
        errorText { _ = try trained(holdingOut: Array(0..<8), instance) }.hasPrefix("the data hold no images"))
    }
  }

  @Test func theTimeLimitEndsTrainingAfterSaving() throws {
    try TinyModel.withInstance { instance, folder in
      let run = try RunFolder.make(in: folder, model: "tiny")
      let (result, _) = try trained(in: run, instance) {
        $0.timeLimit = 1e-9
        $0.epochs = 1000
        $0.batch = 1
      }
      #expect(result.ending == .timeLimit)
      #expect(result.position.step == 1)
      #expect(try SafetensorsReader(run.last).metadata["step"] == "1")
    }
  }

  @Test func theStateIsSavedWithinEpochs() throws {
    try TinyModel.withInstance { instance, folder in
      for (saving, expected) in [
        (SavingInterval.steps(2), ["0", "0", "2", "2", "4", "4"]),
        (.seconds(0), ["0", "1", "2", "3", "4", "5"]),
        (.seconds(1000), ["0", "0", "0", "0", "0", "0"]),
      ] {
        let run = try RunFolder.make(in: folder, model: "tiny")
        var options = TrainingOptions(epochs: 1, batch: 1, rate: 0.05)
        options.saving = saving
        var trainer = try Trainer(instance, data: TrainingData(TinyModel.images(6)), options: options)
        var saved: [String?] = []
        _ = try trainer.run(in: run) { event in
          guard case .step = event else { return }
          saved.append(try SafetensorsReader(run.last).metadata["step"])
        }
        #expect(saved == expected)
      }
    }
  }
}
