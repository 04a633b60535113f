import Artifact
import Foundation
import Runtime
import Testing

@Suite struct TrainerTests {
  @Test func everyImageIsTrainedOnceAnEpochTheLastPartialBatchToo() throws {
    try TinyModel.withInstance { instance, _ in
      var trainer = try Trainer(
        instance, data: TrainingData(TinyModel.images(10)),
        options: TrainingOptions(epochs: 2, batch: 4, rate: 0.1))
      var sizes: [Int] = []
      var told: [Double] = []
      let result = try trainer.run { event in
        guard case .step(let report) = event else { return }
        sizes.append(report.images)
        told.append(report.metrics["count"] ?? 0)
        #expect(report.stepsPerEpoch == 3)
      }
      #expect(sizes == [4, 4, 2, 4, 4, 2])
      #expect(told == [4, 4, 2, 4, 4, 2])
      #expect(result.position == TrainingPosition(epoch: 2, step: 6, seed: 1))
    }
  }

  @Test func trainingGoesDown() throws {
    try TinyModel.withInstance { instance, folder in
      let run = try RunFolder.make(in: folder + "/runs", model: "tiny")
      var trainer = try Trainer(
        instance, data: TrainingData(TinyModel.images(20), test: TinyModel.images(5)),
        options: TrainingOptions(epochs: 5, batch: 4, rate: 0.1))
      var losses: [Double] = []
      let result = try trainer.run(in: run) { event in
        if case .epoch(let report) = event { losses.append(report.metrics.training["loss"] ?? 0) }
      }
      #expect(losses.count == 5)
      #expect((losses.last ?? 9) < (losses.first ?? 0))
      #expect(result.last?.test?["count"] == 1)
      #expect(try SafetensorsReader(run.last).metadata["step"] == "25")
    }
  }

  @Test func notANumberStopsWithTheStepNamedAndKeepsTheLastGoodWeights() throws {
    try TinyModel.withInstance { instance, folder in
      let run = try RunFolder.make(in: folder + "/runs", model: "tiny")
      var trainer = try Trainer(
        instance, data: TrainingData(TinyModel.images(10)),
        options: TrainingOptions(epochs: 3, batch: 4, rate: 0.1, hypers: ["poison": 5]))
      #expect(
        errorText { _ = try trainer.run(in: run) }
          == "loss is NaN at step 5 (epoch 2); the last good weights are in \(run.last): train again with a lower --rate"
      )
      let kept = try SafetensorsReader(run.last)
      #expect(kept.metadata["step"] == "3")
      #expect(try kept.floats(of: "w").allSatisfy(\.isFinite))
    }
  }

  @Test func weightsThatAreNotFiniteAreNotSaved() throws {
    try TinyModel.withInstance { instance, folder in
      let run = try RunFolder.make(in: folder + "/runs", model: "tiny")
      var trainer = try Trainer(
        instance, data: TrainingData(TinyModel.images(4)),
        options: TrainingOptions(epochs: 1, batch: 4, rate: 1e300))
      #expect(
        errorText { _ = try trainer.run(in: run) }.hasPrefix(
          "a weight is NaN or infinite at step 1 (epoch 1); the last"))
      #expect(try SafetensorsReader(run.last).metadata["step"] == "0")
    }
  }

  @Test func stopRequestSavesWhereItStands() throws {
    try TinyModel.withInstance { instance, folder in
      let run = try RunFolder.make(in: folder + "/runs", model: "tiny")
      var trainer = try Trainer(
        instance, data: TrainingData(TinyModel.images(20)),
        options: TrainingOptions(epochs: 3, batch: 4, rate: 0.1))
      let stop = StopRequest()
      let result = try trainer.run(in: run, stop: stop) { event in
        if case .step(let report) = event, report.step == 7 { stop.request() }
      }
      #expect(result.ending == .interrupted)
      #expect(result.position == TrainingPosition(epoch: 1, step: 7, seed: 1))
      #expect(try SafetensorsReader(run.last).metadata["step"] == "7")
    }
  }

  @Test func metricsAreTablesAndLinesOfTheSameNumbers() throws {
    try TinyModel.withInstance { instance, folder in
      let run = try RunFolder.make(in: folder + "/runs", model: "tiny")
      var trainer = try Trainer(
        instance, data: TrainingData(TinyModel.images(10), test: TinyModel.images(5)),
        options: TrainingOptions(epochs: 2, batch: 4, rate: 0.1))
      _ = try trainer.run(in: run)
      let table = try String(contentsOfFile: run.metricsTable, encoding: .utf8).split(separator: "\n")
      let lines = try String(contentsOfFile: run.metricsLines, encoding: .utf8).split(separator: "\n")
      #expect(table.first == "split,epoch,step,seconds,images_per_second,rate,hyper.poison,loss,count")
      #expect(
        table.dropFirst().map { $0.prefix(9) } == [
          "train,1,1", "train,1,2", "train,1,3", "test,1,3,", "train,2,4", "train,2,5", "train,2,6",
          "test,2,6,",
        ])
      #expect(lines.count == 8)
      for (row, line) in zip(table.dropFirst(), lines) {
        #expect((try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?.count == 9)
        #expect(line.contains("\"loss\":\(row.split(separator: ",")[7]),"))
      }
    }
  }

  @Test func mistakesAreFoundBeforeTheFirstStep() throws {
    try TinyModel.withInstance { instance, _ in
      func error(_ options: TrainingOptions, images: Int = 10) -> String {
        errorText { _ = try Trainer(instance, data: TrainingData(TinyModel.images(images)), options: options) }
      }
      #expect(
        error(TrainingOptions(epochs: 1, batch: 4, rate: 0.1, hypers: ["beta": 1]))
          == "tiny has no hyper beta: it has poison")
      #expect(
        error(TrainingOptions(epochs: 1, batch: 4, rate: 0.1), images: 0).hasPrefix("the data hold no images"))
      #expect(
        error(TrainingOptions(epochs: .max, batch: 1, rate: 0.1)).hasPrefix(
          "this would be more than 2147483647"))
    }
  }
}
