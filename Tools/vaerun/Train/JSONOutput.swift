import Foundation
import Runtime

/// One JSON object per line, for programs. docs/running.md describes the fields; there are no others.
final class JSONOutput: TrainingOutput {
  private let setup: TrainingSetup
  private let folder: RunFolder

  init(_ setup: TrainingSetup, _ folder: RunFolder) {
    self.setup = setup
    self.folder = folder
  }

  func begin() {
    let configuration = setup.configuration
    let position = setup.start?.position
    write(
      Start(
        run: folder.path, model: configuration.model, data: configuration.data,
        trainingImages: configuration.trainingImages, validationImages: configuration.validationImages,
        testImages: configuration.testImages, epochs: configuration.epochs,
        stepsPerEpoch: setup.trainer.stepsPerEpoch, batch: configuration.batch, rate: configuration.rate,
        hypers: configuration.hypers, seed: configuration.seed, threads: configuration.threads,
        epoch: position?.epoch ?? 0, step: position?.step ?? 0,
        initialWeights: configuration.initialWeights?.path,
        initialTensors: configuration.initialWeights?.tensors))
  }

  func tell(_ event: TrainingEvent) {
    switch event {
    case .step(let report):
      guard let terms = report.rowMetrics else { return }
      write(
        Step(
          epoch: report.epoch, step: report.step, seconds: report.seconds,
          imagesPerSecond: report.imagesPerSecond, secondsLeft: report.secondsLeft, rate: report.rate,
          hypers: report.hypers, terms: terms))
    case .epoch(let report):
      write(
        Epoch(
          epoch: report.metrics.epoch, step: report.metrics.step, seconds: report.seconds,
          imagesPerSecond: report.imagesPerSecond, rate: report.rate, hypers: report.hypers,
          train: report.metrics.training, validation: report.metrics.validation, test: report.metrics.test,
          best: report.isBest))
    }
  }

  func leave() {}

  func end(_ result: TrainingResult, pictures: [String]) {
    write(
      End(
        ending: result.ending.rawValue, epoch: result.position.epoch, step: result.position.step,
        seconds: result.seconds, imagesPerSecond: result.imagesPerSecond, last: folder.last,
        best: result.best.map { _ in folder.best }, bestEpoch: result.best?.epoch,
        pictures: pictures.map { folder.path + "/" + $0 }))
  }

  private struct Start: Encodable {
    let event = "start"
    let run, model, data: String
    let trainingImages, validationImages, testImages, epochs, stepsPerEpoch, batch: Int
    let rate: Double
    let hypers: [String: Double]
    let seed: UInt64
    let threads, epoch, step: Int
    let initialWeights: String?
    let initialTensors: Int?
  }

  private struct Step: Encodable {
    let event = "step"
    let epoch, step: Int
    let seconds, imagesPerSecond, secondsLeft, rate: Double
    let hypers, terms: [String: Double]
  }

  private struct Epoch: Encodable {
    let event = "epoch"
    let epoch, step: Int
    let seconds, imagesPerSecond, rate: Double
    let hypers, train: [String: Double]
    let validation, test: [String: Double]?
    let best: Bool
  }

  private struct End: Encodable {
    let event = "end"
    let ending: String
    let epoch, step: Int
    let seconds, imagesPerSecond: Double
    let last: String
    let best: String?
    let bestEpoch: Int?
    let pictures: [String]
  }

  private func write(_ event: some Encodable) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    // Every number is finite: training stops at the first that is not.
    guard let data = try? encoder.encode(event) else { return }
    Terminal.say(String(decoding: data, as: UTF8.self))
  }
}
