import Foundation

/// Where training stands: plain fields of a checkpoint's metadata, for whoever reads the file.
public struct TrainingPosition: Codable, Equatable, Sendable {
  /// Epochs finished.
  public var epoch: Int
  /// Optimizer steps done.
  public var step: Int
  public var seed: UInt64

  public init(epoch: Int = 0, step: Int = 0, seed: UInt64) {
    self.epoch = epoch
    self.step = step
    self.seed = seed
  }

  /// The metadata's text form.
  var metadata: [String: String] { ["epoch": String(epoch), "step": String(step), "seed": String(seed)] }

  /// Reads the metadata, where all of it is there and makes sense.
  init?(metadata: [String: String]) {
    guard let epoch = metadata["epoch"].flatMap({ Int($0) }), epoch >= 0,
      let step = metadata["step"].flatMap({ Int($0) }), step >= 0,
      let seed = metadata["seed"].flatMap({ UInt64($0) })
    else { return nil }
    self.init(epoch: epoch, step: step, seed: seed)
  }
}

/// All that training needs besides weights and moments to go on as if it had not stopped. Random numbers are no part of it:
/// they are functions of the seed, the epoch and the image. Nothing in it depends on time, so that two checkpoints of the
/// same step are equal files.
public struct TrainingState: Equatable, Sendable {
  public var position: TrainingPosition
  /// Images per step: where a step's images begin in the epoch's order follows from it.
  public var batch: Int
  var memory = Memory()

  /// What has been seen so far.
  struct Memory: Codable, Equatable, Sendable {
    /// Means over the epoch that is not finished.
    var epochMeans = RunningMeans()
    /// Means since the last row of the metrics.
    var rowMeans = RunningMeans()
    var best: EpochMetrics?
    var last: EpochMetrics?
    /// Only where the rate waits for plateaus.
    var plateau: PlateauWatch?
  }

  /// The beginning of training.
  public init(seed: UInt64, batch: Int) {
    position = TrainingPosition(seed: seed)
    self.batch = batch
  }

  private static let batchField = "batch"
  private static let memoryField = "training"

  /// The fields of a checkpoint's metadata.
  var metadata: [String: String] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let text = String(decoding: try encoder.encode(memory), as: UTF8.self)
      return position.metadata.merging([Self.batchField: String(batch), Self.memoryField: text]) { first, _ in
        first
      }
    }
  }

  /// Reads the metadata, where all of it is there and makes sense.
  init?(metadata: [String: String]) {
    guard let position = TrainingPosition(metadata: metadata),
      let batch = metadata[Self.batchField].flatMap({ Int($0) }), batch >= 1,
      let text = metadata[Self.memoryField],
      let memory = try? JSONDecoder().decode(Memory.self, from: Data(text.utf8)),
      [memory.best, memory.last].allSatisfy({ (1...max(1, position.epoch)).contains($0?.epoch ?? 1) })
    else { return nil }
    self.position = position
    self.batch = batch
    self.memory = memory
  }
}
