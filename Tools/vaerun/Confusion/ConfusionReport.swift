import CommandLineTable
import Diagnostics
import Foundation
import Reporting
import Statistics

/// A confusion matrix as a picture, as text and for `--json`.
struct ConfusionReport {
  let matrix: ConfusionMatrix
  /// A name for each class; classes that the data have no name for are numbered.
  let names: [String]

  init(_ matrix: ConfusionMatrix, names: [String]) {
    self.matrix = matrix
    self.names = (0..<matrix.classes).map { names.indices.contains($0) ? names[$0] : "\($0)" }
  }

  /// The picture of how a model's own decoder takes classes, in a run's folder.
  static let fileName = "classification"

  /// The accuracy in per cent.
  var accuracy: String { Self.share(matrix.accuracy) }

  static func share(_ value: Double) -> String { String(format: "%.2f %%", value * 100) }

  /// Shares of each class.
  func table(title: String) -> ShareTable {
    ShareTable(
      title: title, rowName: "class", columnName: "taken for", names: names, shares: matrix.rowNormalized)
  }

  var figure: ShareTable { table(title: "accuracy: \(accuracy)") }

  /// Whether the table can be read on a terminal.
  var isPrintable: Bool { names.count <= 20 }

  /// Per cents of each class, a class a line.
  func text(title: String) -> String {
    let short = names.map { printable(String($0.prefix(8))) }
    var table = TextTable([(title, .left)] + short.map { ($0, .right) })
    for (name, shares) in zip(names, matrix.rowNormalized) {
      table.add([printable(name)] + shares.map { $0 < 0.005 ? "." : "\(Int(($0 * 100).rounded()))" })
    }
    return table.text
  }

  /// What `--json` prints of it.
  struct Counts: Encodable {
    let accuracy: Double
    /// [class][taken for], images.
    let confusion: [[Int]]

    init(_ matrix: ConfusionMatrix) {
      accuracy = matrix.accuracy
      confusion = matrix.counts
    }
  }
}
