import Artifact
import Datasets
import Foundation
import Runtime

/// Numbers per image under a name.
struct NamedArray {
  var name: String
  var role: Manifest.Role
  /// Image behind image.
  var values: [Float]
  /// The shape of one image's numbers; empty means a list of them.
  var shape: [Int] = []
  /// A name for each of an image's numbers, as a table's head has them; empty means the array's name and a number.
  var columns: [String] = []
}

/// Why a file of images or codes cannot be taken, and what to do.
enum ArrayFileError: Error, CustomStringConvertible {
  case otherKind(path: String, kinds: String)
  case badNumber(path: String, line: Int, text: String)
  case otherLength(path: String, line: Int, found: Int, needed: Int)
  case otherShape(path: String, tensor: String, found: [Int], needed: String)
  case outOfRange(path: String, what: String)
  case noLatent(path: String, latent: String, there: [String])
  case empty(path: String)

  var description: String {
    switch self {
    case .otherKind(let path, let kinds): "\(path) has an ending that is not known here: name a \(kinds) file"
    case .badNumber(let path, let line, let text): "\(path):\(line): '\(text)' is not a number: mend the line"
    case .otherLength(let path, let line, let found, let needed):
      "\(path):\(line): the line has \(found) numbers: it has to have \(needed)"
    case .otherShape(let path, let tensor, let found, let needed):
      "\(path): \(tensor) has the shape \(found): it has to have \(needed)"
    case .outOfRange(let path, let what): "\(path): \(what)"
    case .noLatent(let path, let latent, let there):
      "\(path) has no array \(latent): it has \(there.joined(separator: ", ")): write one for each latent"
    case .empty(let path): "\(path) holds nothing: give at least one line or row"
    }
  }
}

/// Files of images and codes: safetensors, NumPy's arrays and comma-separated values.
enum ArrayFile {
  enum Kind {
    case safetensors
    case npy
    case npz
    case csv

    /// The kind that a path's ending says; `others` names further endings that the command knows.
    init(_ path: String, others: String = "") throws {
      switch (path as NSString).pathExtension.lowercased() {
      case "safetensors": self = .safetensors
      case "npy": self = .npy
      case "npz": self = .npz
      case "csv": self = .csv
      default:
        throw ArrayFileError.otherKind(
          path: path, kinds: ".safetensors, .npz, .npy\(others.isEmpty ? " or" : ",") .csv\(others)")
      }
    }
  }

  /// Images of a shape. Floats are taken to the nearest of the 256 grey levels that models train on. A folder of
  /// pictures, a picture and NumPy's arrays are fitted to the shape as the options say.
  static func images(_ path: String, shape: [Int], options: ImageOptions) throws -> any ImageSource {
    let size = shape.reduce(1, *)
    let bytes: [UInt8]
    let isText = ["csv", "safetensors"].contains((path as NSString).pathExtension.lowercased())
    switch isText ? try Kind(path) : .npy {
    case .npy, .npz: return try DatasetCatalog().allImages(path, options: options)
    case .csv:
      bytes = try table(path, columns: size).map { value in
        guard value >= 0, value <= 255 else {
          throw ArrayFileError.outOfRange(path: path, what: "\(value) is no pixel: write 0 to 255")
        }
        return UInt8(value.rounded())
      }
    case .safetensors:
      let reader = try SafetensorsReader(path)
      let tensor = try reader.tensor("x") ?? Self.only(reader)
      guard tensor.shape.first != 0, Array(tensor.shape.dropFirst()) == shape else {
        throw ArrayFileError.otherShape(
          path: path, tensor: tensor.name, found: tensor.shape,
          needed: "[N, \(shape.map(String.init).joined(separator: ", "))]")
      }
      bytes =
        tensor.element == .u8
        ? try reader.unsignedBytes(of: tensor.name)
        : try reader.floats(of: tensor.name).map {
          guard $0 >= 0, $0 <= 1 else {
            throw ArrayFileError.outOfRange(
              path: path, what: "\($0) is no pixel: write U8, or floats from 0 to 1")
          }
          return UInt8(($0 * 255).rounded())
        }
    }
    return ImageArray(imageShape: shape, bytes: bytes)
  }

  /// Codes, one behind the other: a table or an array of them, or an array for each latent by its name.
  static func codes(_ path: String, parts: [Manifest.Latent]) throws -> [Float] {
    let size = parts.reduce(0) { $0 + $1.count }
    let arrays: [(name: String, shape: [Int])]
    let floats: (Int) throws -> [Float]
    switch try Kind(path) {
    case .csv: return try table(path, columns: size)
    case .npy, .npz:
      let found = try NumpyFile.arrays(path)
      arrays = found.map { ($0.name, $0.shape) }
      floats = { try found[$0].floats() }
    case .safetensors:
      let reader = try SafetensorsReader(path)
      arrays = reader.tensors.map { ($0.name, $0.shape) }
      floats = { try reader.floats(of: arrays[$0].name) }
    }
    func read(_ index: Int, size: Int, otherwise needed: String) throws -> [Float] {
      let (name, shape) = arrays[index]
      guard let count = shape.first, count > 0, shape.dropFirst().reduce(1, *) == size else {
        throw ArrayFileError.otherShape(
          path: path, tensor: name.isEmpty ? "the array" : name, found: shape, needed: needed)
      }
      return try floats(index)
    }
    let places = parts.map { part in arrays.firstIndex { $0.name == part.name } }
    if arrays.count == 1, parts.count > 1 || places == [nil] {
      return try read(0, size: size, otherwise: "[N, \(size)]")
    }
    var codes: [[Float]] = []
    for (part, place) in zip(parts, places) {
      guard let place else {
        throw ArrayFileError.noLatent(path: path, latent: part.name, there: arrays.map(\.name))
      }
      codes.append(try read(place, size: part.count, otherwise: "[N, \(part.count)]"))
    }
    return try joined(codes, parts, path)
  }

  /// The latents of each image one behind the other.
  static func joined(_ latents: [[Float]], _ parts: [Manifest.Latent], _ path: String) throws -> [Float] {
    let counts = zip(latents, parts).map { $0.count / max(1, $1.count) }
    guard let count = counts.first, counts.allSatisfy({ $0 == count }) else {
      throw ArrayFileError.outOfRange(path: path, what: "its latents are of different numbers of images")
    }
    return (0..<count).flatMap { image in
      zip(latents, parts).flatMap { $0[image * $1.count..<(image + 1) * $1.count] }
    }
  }

  /// The classes of codes or images, from the column or array called `label`; nil where there is none.
  static func labels(_ path: String) throws -> [Int32]? {
    let numbers: [Int]
    switch try Kind(path) {
    case .npy: return nil
    case .npz:
      guard let array = try NumpyFile.arrays(path).first(where: { $0.name == "label" }) else { return nil }
      numbers = try array.floats().map { Int(exactly: $0) ?? -1 }
    case .safetensors:
      let reader = try SafetensorsReader(path)
      guard reader.tensor("label") != nil else { return nil }
      numbers = try reader.wholeNumbers(of: "label")
    case .csv:
      guard let column = try labelColumn(path) else { return nil }
      numbers = column
    }
    return try numbers.map { number in
      guard number >= 0, let label = Int32(exactly: number) else {
        throw ArrayFileError.outOfRange(path: path, what: "a label is no whole number from 0 up")
      }
      return label
    }
  }

  /// The column of a table that is called `label`; -1 for what is no number.
  private static func labelColumn(_ path: String) throws -> [Int]? {
    let lines = String(decoding: try readFile(path), as: UTF8.self).utf8.split(separator: UInt8(ascii: "\n"))
      .filter { !trimmed($0).isEmpty }
    func fields(_ line: Substring.UTF8View) -> [Substring] {
      line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(trimmed)
    }
    guard let names = lines.first.map(fields), let column = names.firstIndex(of: "label") else { return nil }
    return lines.dropFirst().map { line in
      let fields = fields(line)
      return column < fields.count ? Int(fields[column]) ?? -1 : -1
    }
  }

  /// Writes arrays of `count` images each; a .csv or .npy file gets the first of them.
  static func write(_ arrays: [NamedArray], labels: [Int32]?, count: Int, to path: String, kind: Kind) throws {
    func shape(_ array: NamedArray) -> [Int] {
      [count] + (array.shape.isEmpty ? [array.values.count / max(1, count)] : array.shape)
    }
    switch kind {
    case .npy:
      guard let array = arrays.first else { return }
      try NumpyFile.write(
        NumpyFile.ArrayToWrite(array.name, array.values, shape: shape(array)), to: path)
    case .npz:
      var members = arrays.map { NumpyFile.ArrayToWrite($0.name, $0.values, shape: shape($0)) }
      if let labels { members.append(NumpyFile.ArrayToWrite("label", labels, shape: [count])) }
      try NumpyFile.write(members, to: path)
    case .safetensors:
      var tensors = arrays.map { TensorToWrite($0.name, $0.values, shape: shape($0)) }
      if let labels { tensors.append(TensorToWrite("label", labels, shape: [count])) }
      try Safetensors.write(tensors, to: path)
    case .csv:
      guard let array = arrays.first else { return }
      let size = array.values.count / max(1, count)
      let columns = array.columns.isEmpty ? (0..<size).map { "\(array.name)\($0 + 1)" } : array.columns
      let names = (labels == nil ? [] : ["label"]) + columns
      try AtomicFile.write(to: path) { sink in
        try sink.write(Array((names.joined(separator: ",") + "\n").utf8))
        for image in 0..<count {
          let numbers = array.values[image * size..<(image + 1) * size].map { "\($0)" }
          let fields = (labels.map { ["\($0[image])"] } ?? []) + numbers
          try sink.write(Array((fields.joined(separator: ",") + "\n").utf8))
        }
      }
    }
  }

  private static func only(_ reader: SafetensorsReader) throws -> Safetensors.Tensor {
    guard let tensor = reader.tensors.first, reader.tensors.count == 1 else {
      throw SafetensorsError.noTensor(path: reader.path, tensor: "x or z", there: reader.tensors.map(\.name))
    }
    return tensor
  }

  /// The numbers of a table: lines of `columns` numbers, after a line of names if the first is one; the column that is
  /// called `label` is left out.
  private static func table(_ path: String, columns: Int) throws -> [Float] {
    let text = String(decoding: try readFile(path), as: UTF8.self)
    var values: [Float] = []
    var labelColumn: Int?
    // Bytes and not characters: a file of a million lines is nothing out of the ordinary.
    for (number, line) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated()
    {
      if trimmed(line).isEmpty { continue }
      var fields = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(trimmed)
      if number == 0, fields.allSatisfy({ Float($0) == nil }) {
        labelColumn = fields.firstIndex(of: "label")
        continue
      }
      if let labelColumn, labelColumn < fields.count { fields.remove(at: labelColumn) }
      guard fields.count == columns else {
        throw ArrayFileError.otherLength(path: path, line: number + 1, found: fields.count, needed: columns)
      }
      for field in fields {
        guard let value = Float(field), value.isFinite else {
          throw ArrayFileError.badNumber(path: path, line: number + 1, text: shown(field))
        }
        values.append(value)
      }
    }
    guard !values.isEmpty else { throw ArrayFileError.empty(path: path) }
    return values
  }

  /// A text without the spaces, tabs and carriage returns around it.
  private static func trimmed(_ text: Substring.UTF8View) -> Substring {
    let isSpace = { (byte: UInt8) in
      byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
    var rest = text.drop(while: isSpace)
    while let last = rest.last, isSpace(last) { rest.removeLast() }
    return Substring(rest)
  }

  /// The beginning of a text that may be anything, without what would move a terminal's cursor.
  private static func shown(_ text: Substring) -> String {
    String(text.prefix(40).unicodeScalars.filter { $0.properties.generalCategory != .control })
  }
}
