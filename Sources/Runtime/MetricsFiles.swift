import Artifact
import Foundation

/// The part of a run's metrics that stays when the run goes on from an earlier step. Rows that are no rows (a power failure
/// cut one) go.
enum MetricsFiles {
  struct Row {
    /// With the end of its line.
    var text: String
    var seconds: Double
  }

  /// The first line of a table, with its end; nil where there is none.
  static func header(of path: String) throws -> String? { try lines(of: path).first.map { $0 + "\n" } }

  /// The rows of a table up to a step; none where there is no file.
  /// - Throws: `RunError.badRun` where the table has other columns.
  static func rows(of path: String, header: String, upTo step: Int) throws -> [Row] {
    let lines = try lines(of: path)
    guard let first = lines.first else { return [] }
    guard first + "\n" == header else {
      throw RunError.badRun(path: splitPath(path).folder, reason: "its metrics.csv is damaged")
    }
    let columns = first.utf8.count { $0 == UInt8(ascii: ",") } + 1
    return lines.dropFirst().compactMap { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count == columns, let rowStep = Int(fields[2]), rowStep <= step,
        let seconds = Double(fields[3])
      else { return nil }
      return Row(text: line + "\n", seconds: seconds)
    }
  }

  /// The lines of JSON up to a step, each with its end; none where there is no file.
  static func lines(of path: String, upTo step: Int) throws -> [String] {
    struct Line: Decodable {
      var step: Int
    }
    return try lines(of: path).compactMap { line in
      guard let value = try? JSONDecoder().decode(Line.self, from: Data(line.utf8)), value.step <= step else {
        return nil
      }
      return line + "\n"
    }
  }

  static func write(_ text: String, to path: String) throws { try AtomicFile.write(Data(text.utf8), to: path) }

  private static func lines(of path: String) throws -> [String] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    return String(decoding: try readFile(path), as: UTF8.self).split(separator: "\n").map(String.init)
  }
}
