import Artifact
import CommandLineTable
import Diagnostics
import Foundation
import Runtime

/// A run's folder: how it was made, what came out, and the files that it left.
struct RunInspection: Encodable {
  struct Result: Encodable {
    let split: String
    let epoch: Int
    let step: Int
    let terms: [String: Double]
    /// Whether no other row of the split has a smaller loss.
    let isLeast: Bool
  }

  struct File: Encodable {
    let name: String
    let bytes: Int
  }

  let kind = "run"
  let folder: String
  let configuration: RunConfiguration
  /// The processes that trained it.
  let sessions: [RunSession]
  /// Of each split the last row and the one with the least loss.
  let results: [Result]
  let files: [File]
  let checkpoint: TensorInspection?
  private let metrics: [String]

  private enum CodingKeys: CodingKey {
    case kind, folder, configuration, sessions, results, files, checkpoint
  }

  /// - Parameter values: whether the tensors of the last checkpoint are read.
  init(_ path: String, values: Bool) throws {
    let folder = try RunFolder(existing: path)
    self.folder = path
    configuration = try folder.readConfiguration()
    sessions = folder.sessions
    let hasMetrics = FileManager.default.fileExists(atPath: folder.metricsTable)
    let table = hasMetrics ? try MetricsTable(folder) : nil
    metrics = table?.metrics ?? []
    results = table.map(Self.results) ?? []
    files = Self.files(in: path)
    checkpoint = values ? try TensorInspection(folder.last, values: true) : nil
  }

  private static func results(_ table: MetricsTable) -> [Result] {
    guard let loss = table.metrics.first else { return [] }
    var splits: [String] = []
    for row in table.rows where !splits.contains(row.split) { splits.append(row.split) }
    return splits.flatMap { split in
      let rows = table.rows.filter { $0.split == split }
      let least = rows.min { ($0.values[loss] ?? .infinity) < ($1.values[loss] ?? .infinity) }
      let shown = least == rows.last ? [rows.last] : [least, rows.last]
      return shown.compactMap(\.self).map { row in
        Result(split: split, epoch: row.epoch, step: row.step, terms: row.values, isLeast: row == least)
      }
    }
  }

  private static func files(in path: String) -> [File] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().compactMap { name in
      let attributes = try? FileManager.default.attributesOfItem(atPath: path + "/" + name)
      guard attributes?[.type] as? FileAttributeType == .typeRegular, let bytes = attributes?[.size] as? Int
      else {
        return nil
      }
      return File(name: name, bytes: bytes)
    }
  }

  var text: String {
    get throws {
      var facts = Facts()
      facts.add("run", folder)
      for (name, value) in try flattened(configuration) { facts.add(name, value) }
      for session in sessions {
        let end = session.ended.map { ", \(session.ending ?? "ended") \($0)" } ?? ", and did not tell its end"
        facts.add(
          "trained", "from step \(session.fromStep) \(session.began)\(end), on \(session.machine.processor)")
      }
      for file in files { facts.add("file", "\(file.name), \(byteText(file.bytes))") }
      return [facts.text, table, checkpoint?.text].compactMap(\.self).joined(separator: "\n\n")
    }
  }

  private var table: String? {
    guard !results.isEmpty else { return nil }
    var table = TextTable(
      [("split", .left), ("epoch", .right), ("step", .right)] + metrics.map { (printable($0), .right) } + [
        ("", .left)
      ])
    for result in results {
      table.add(
        [printable(result.split), "\(result.epoch)", "\(result.step)"]
          + metrics.map { result.terms[$0].map(Terminal.number) ?? "-" } + [result.isLeast ? "least" : "last"])
    }
    return String(table.text.dropLast())
  }
}

/// The fields of a value as its JSON has them, one a line: `hypers.beta` and `1`. What is not there is left out.
func flattened(_ value: some Encodable) throws -> [(name: String, value: String)] {
  func walk(_ value: Any, _ name: String) -> [(name: String, value: String)] {
    if let object = value as? [String: Any] {
      return object.sorted { $0.key < $1.key }.flatMap {
        walk($0.value, name.isEmpty ? $0.key : "\(name).\($0.key)")
      }
    }
    return [(name, "\(value)")]
  }
  return walk(try JSONSerialization.jsonObject(with: try JSONEncoder().encode(value)), "")
}
