import Artifact
import Foundation
import Kernels
import LLVM
import Lowering
import Runtime

/// Measurements of products in files, one for each product, under everything that they follow from: the processor, the instruction
/// sets, the compiler, the product, and how it was called. All of it may be removed at any time.
public struct TuningCache: Sendable {
  private let folder: String
  private let processor: String
  private let target: String
  private let compiler: String

  /// - Parameter folder: vaec's folder for caches.
  public init(
    folder: String, target: KernelTarget, processor: String = MachineDescription.current.processor,
    compiler: String = "\(ModelCompiler.version), LLVM \(LLVMLibrary.version)"
  ) {
    self.folder = folder + "/tuning"
    self.processor = processor
    self.compiler = compiler
    self.target =
      "\(target.machine.triple) \(target.machine.cpu) \(target.machine.features.joined(separator: ","))"
  }

  /// What a file holds; the first fields say of what it is.
  private struct Record: Codable {
    var key: Key
    /// The schedule of the rules, which the ratios are to.
    var standard: [String: Int]
    var measurements: [TunedProduct.Measurement]
    var chosen: [String: Int]
    var ratio: Double
    var share: Double
    var isComplete: Bool
  }

  private struct Key: Codable, Equatable {
    var compiler: String
    var processor: String
    var target: String
    var product: String
    var calls: String

    var name: String {
      let text = [compiler, processor, target, product, calls].joined(separator: "\n")
      return String(SHA256.hex(of: Array(text.utf8)).prefix(24)) + ".json"
    }
  }

  private func key(_ product: Product, _ calls: String) -> Key {
    Key(compiler: compiler, processor: processor, target: target, product: product.name, calls: calls)
  }

  /// What is known of a product; nil where there is nothing, or what there is was measured against other rules.
  /// - Throws: `TuningCacheError` for a file that is damaged or of something else, which is then as if it were not there.
  func read(_ product: Product, _ rules: ScheduleRules, _ calls: String) throws -> TunedProduct? {
    let key = key(product, calls)
    let path = folder + "/" + key.name
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    guard let data = try? readFile(path, limit: 1 << 20),
      let record = try? JSONDecoder().decode(Record.self, from: data), record.key == key,
      record.measurements.allSatisfy({ $0.ratio.isFinite && $0.ratio > 0 }), record.ratio.isFinite,
      let chosen = KernelSchedule(named: record.chosen), rules.problem(chosen, of: product.shape) == nil,
      (0...1).contains(record.share)
    else { throw TuningCacheError(path: path) }
    let standard = rules.standard(product.shape)
    guard record.standard == standard.named else { return nil }
    var tuned = TunedProduct(product, standard: standard)
    tuned.measurements = record.measurements
    tuned.chosen = chosen
    tuned.ratio = record.ratio
    tuned.share = record.share
    tuned.isComplete = record.isComplete
    tuned.isFromCache = true
    return tuned
  }

  /// Keeps what is known of a product.
  func write(_ tuned: TunedProduct, _ calls: String) throws {
    let key = key(tuned.product, calls)
    let record = Record(
      key: key, standard: tuned.standard.named, measurements: tuned.measurements, chosen: tuned.chosen.named,
      ratio: tuned.ratio, share: tuned.share, isComplete: tuned.isComplete)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try makeFolder(folder)
    try AtomicFile.write(try encoder.encode(record), to: folder + "/" + key.name)
  }
}

/// A file of the cache that is not what it should be.
struct TuningCacheError: Error, CustomStringConvertible {
  let path: String

  var description: String { "\(path) is damaged and is measured anew" }
}
