import Artifact
import CommandLineTable
import Diagnostics

/// The tensors of a safetensors file.
struct TensorInspection: Encodable {
  struct Tensor: Encodable {
    let name: String
    let type: String
    let shape: [Int]
    let numbers: Int
    let bytes: Int
    let values: TensorStatistics?
  }

  let kind = "tensors"
  let file: String
  let bytes: Int
  let metadata: [String: String]
  let tensors: [Tensor]
  private let hasValues: Bool

  private enum CodingKeys: CodingKey {
    case kind, file, bytes, metadata, tensors
  }

  /// - Parameter values: whether the tensors' bytes are read, not the header alone.
  init(_ path: String, values: Bool) throws {
    let reader = try SafetensorsReader(path)
    file = path
    bytes = reader.fileBytes
    metadata = reader.metadata
    hasValues = values
    tensors = try reader.tensors.map { tensor in
      Tensor(
        name: tensor.name, type: tensor.element.rawValue, shape: tensor.shape, numbers: tensor.count,
        bytes: tensor.range.count, values: values ? try reader.statistics(of: tensor.name) : nil)
    }
  }

  var text: String {
    var facts = Facts()
    facts.add("file", "\(file), \(byteText(bytes))")
    let numbers = tensors.reduce(0) { $0 + $1.numbers }
    facts.add("tensors", "\(tensors.count) with \(grouped(numbers)) numbers")
    for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
      facts.add("metadata", "\(name) = \(value)")
    }
    guard !tensors.isEmpty else { return facts.text }
    return facts.text + "\n\n" + table
  }

  /// Without the break behind the last line.
  var table: String {
    let values: [(String, TextTable.Alignment)] = [
      ("least", .right), ("greatest", .right), ("mean", .right), ("deviation", .right), ("NaN", .right),
      ("infinite", .right),
    ]
    var table = TextTable(
      [("tensor", .left), ("type", .left), ("shape", .left), ("numbers", .right), ("bytes", .right)]
        + (hasValues ? values : []))
    for tensor in tensors {
      let shape = "[" + tensor.shape.map(String.init).joined(separator: ",") + "]"
      table.add(
        [printable(tensor.name), tensor.type, shape, grouped(tensor.numbers), byteText(tensor.bytes)]
          + (hasValues ? Self.cells(tensor.values) : []))
    }
    return String(table.text.dropLast())
  }

  private static func cells(_ values: TensorStatistics?) -> [String] {
    guard let values else { return Array(repeating: "-", count: 6) }
    let numbers = [values.minimum, values.maximum, values.mean, values.standardDeviation]
    return numbers.map { $0.map(Terminal.significant) ?? "-" } + ["\(values.nans)", "\(values.infinities)"]
  }
}
