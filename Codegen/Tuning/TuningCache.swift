import Artifact
import Foundation
import Kernels
import LLVM
import Lowering
import Runtime

/// Measurements in files: one for each product, which any program with it takes up, and one for each program. A file's name is a
/// digest of everything that its numbers follow from: the processor, the instruction sets, the compiler, how the entries were
/// called, and the product or the program. All of it may be removed at any time.
public struct TuningCache: Sendable {
  private let folder: String
  private let origin: Origin

  /// - Parameter folder: vaec's folder for caches.
  public init(
    folder: String, target: KernelTarget, processor: String = MachineDescription.current.processor,
    compiler: String = "\(ModelCompiler.version), LLVM \(LLVMLibrary.version)"
  ) {
    self.folder = folder + "/tuning"
    let machine = target.machine
    origin = Origin(
      compiler: compiler, processor: processor,
      target: "\(machine.triple) \(machine.cpu) \(machine.features.joined(separator: ","))")
  }

  private struct Origin: Codable, Equatable {
    var compiler: String
    var processor: String
    var target: String
  }

  private struct Key: Codable, Equatable {
    var origin: Origin
    /// A product's name, or a program's digest.
    var subject: String
    var calls: String

    var name: String {
      let text = [origin.compiler, origin.processor, origin.target, subject, calls].joined(separator: "\n")
      return String(SHA256.hex(of: Array(text.utf8)).prefix(24)) + ".json"
    }
  }

  private struct File<Content: Codable>: Codable {
    var key: Key
    var content: Content
  }

  /// What is known of a product.
  private struct ProductRecord: Codable {
    /// The schedule of the rules, which the ratios are to.
    var standard: [String: Int]
    var measurements: [TunedProduct.Measurement]
    var confirmations: [TunedProduct.Measurement]
  }

  /// What is known of a program.
  struct ProgramRecord: Codable {
    /// The part of the time that each product takes by the rules, by the product's name.
    var shares: [String: Double]
    /// Choices that were measured together.
    var comparisons: [Comparison] = []

    struct Comparison: Codable {
      /// The knobs that differ from the rules', by the product's name.
      var choices: [String: [String: Int]]
      /// The kernels' time as a part of that by the rules.
      var ratio: Double
    }

    func ratio(of choices: [String: [String: Int]]) -> Double? {
      comparisons.last { $0.choices == choices }?.ratio
    }
  }

  /// Adds what is known of a product; nothing where there is no file, or what it has was measured against other rules.
  /// - Throws: `TuningCacheError` for a file that is damaged or of something else, which is then as if it were not there.
  func read(into tuned: inout TunedProduct, _ rules: ScheduleRules, _ calls: String) throws {
    let key = Key(origin: origin, subject: tuned.product.name, calls: calls)
    guard let record: ProductRecord = try read(key), record.standard == tuned.standard.named else { return }
    let isSound = (record.measurements + record.confirmations).allSatisfy { measurement in
      let schedule = KernelSchedule(named: measurement.knobs)
      return Self.ratios.contains(measurement.ratio)
        && schedule.map { rules.problem($0, of: tuned.product.shape) == nil } == true
    }
    guard isSound else { throw TuningCacheError(path: path(key)) }
    tuned.measurements = record.measurements
    tuned.confirmations = record.confirmations
  }

  /// Keeps what is known of a product.
  func write(_ tuned: TunedProduct, _ calls: String) throws {
    let record = ProductRecord(
      standard: tuned.standard.named, measurements: tuned.measurements, confirmations: tuned.confirmations)
    try write(record, Key(origin: origin, subject: tuned.product.name, calls: calls))
  }

  /// What is known of a program, nil where there is nothing.
  /// - Throws: as the one for products.
  func read(program: String, _ calls: String) throws -> ProgramRecord? {
    let key = Key(origin: origin, subject: program, calls: calls)
    guard let record: ProgramRecord = try read(key) else { return nil }
    let isSound =
      record.shares.values.allSatisfy { (0...1).contains($0) }
      && record.comparisons.allSatisfy { Self.ratios.contains($0.ratio) }
    guard isSound else { throw TuningCacheError(path: path(key)) }
    return record
  }

  /// Keeps what is known of a program.
  func write(_ record: ProgramRecord, program: String, _ calls: String) throws {
    try write(record, Key(origin: origin, subject: program, calls: calls))
  }

  /// How many times as long something can have taken.
  private static let ratios = 1e-6...1e6

  private func path(_ key: Key) -> String { folder + "/" + key.name }

  private func read<Content: Codable>(_ key: Key) throws -> Content? {
    guard FileManager.default.fileExists(atPath: path(key)) else { return nil }
    guard let data = try? readFile(path(key), limit: 1 << 20),
      let file = try? JSONDecoder().decode(File<Content>.self, from: data), file.key == key
    else { throw TuningCacheError(path: path(key)) }
    return file.content
  }

  private func write(_ content: some Codable, _ key: Key) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try makeFolder(folder)
    try AtomicFile.write(try encoder.encode(File(key: key, content: content)), to: path(key))
  }
}

/// A file of the cache that is not what it should be.
struct TuningCacheError: Error, CustomStringConvertible {
  let path: String

  var description: String { "\(path) is damaged and is measured anew" }
}
