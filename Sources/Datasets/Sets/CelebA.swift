internal import Artifact
import Foundation
internal import ImageFiles

/// CelebA, aligned and cropped (Liu, Luo, Wang, Tang: "Deep learning face attributes in the wild", 2015), in its own layout:
/// a folder of JPEG files, a text of 40 attributes, and one of the parts. Images are the central 148 x 148 pixels,
/// scaled to 64 x 64, or as the options or the model say.
enum CelebA {
  /// Where each may lie below the data set's folder; the first is the usual place, the last that of some mirrors.
  private static let imageFolders = [
    "img_align_celeba", "Img/img_align_celeba", "img_align_celeba/img_align_celeba",
  ]
  private static let partFiles = [
    "list_eval_partition.txt", "Eval/list_eval_partition.txt", "list_eval_partition.csv",
  ]
  private static let attributeFiles = [
    "list_attr_celeba.txt", "Anno/list_attr_celeba.txt", "list_attr_celeba.csv",
  ]
  private static let crop = Crop.size(PixelSize(height: 148, width: 148))
  private static let side = 64
  /// The texts have 26 MB.
  private static let longestText = 1 << 28

  /// What every copy has, for finding the folder.
  static func isThere(_ folder: String) -> Bool {
    partFiles.contains { FileManager.default.fileExists(atPath: join(folder, $0)) }
  }

  static func load(
    folder: String, split: DatasetSplit, options: ImageOptions, cache: String?
  ) throws -> Dataset {
    func find(_ names: [String]) -> String? {
      names.map { join(folder, $0) }.first { FileManager.default.fileExists(atPath: $0) }
    }
    guard let parts = find(partFiles) else {
      throw DatasetError.incomplete(
        name: DatasetCatalog.celebA, present: folder, missing: join(folder, partFiles[0]))
    }
    // The nested folder first: the outer one holds nothing but that.
    guard let images = find(imageFolders.reversed()) else {
      throw DatasetError.incomplete(
        name: DatasetCatalog.celebA, present: parts, missing: join(folder, imageFolders[0]))
    }
    var names = try Table(parts).part(split == .train ? "0" : "2")
    guard !names.isEmpty else {
      throw DatasetError.file(
        path: parts,
        fault: .unsuitable(
          problem: "names no picture for the \(split.rawValue) part", remedy: "get the file again"))
    }
    if let limit = options.limit { names = Array(names.prefix(limit)) }
    let attributes = try find(attributeFiles).map { try Table($0).attributes(of: names) } ?? []
    var form = options
    if form.size == nil, form.modelShape == nil { form.size = PixelSize(height: side, width: side) }
    if form.channels == nil, form.modelShape == nil { form.channels = 3 }
    let pictures = try PictureFolder(images, names: names)
    return try FolderDataset.load(
      pictures, name: DatasetCatalog.celebA, split: split, labels: names.map { _ in nil }, classNames: [],
      attributes: attributes, crop: crop, options: form, cache: cache)
  }

  /// A text of lines with a picture's name and some values, between spaces or commas.
  private struct Table {
    private let path: String
    private let lines: [ArraySlice<UInt8>]

    init(_ path: String) throws {
      self.path = path
      let bytes = Array(try readFile(path, limit: longestText))
      lines = bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
    }

    private static func fields(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
      line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\t") }
    }

    /// The names of the pictures whose first value is this one.
    func part(_ value: String) throws -> [String] {
      let wanted = Array(value.utf8)
      var names: [String] = []
      for (number, line) in lines.enumerated() {
        let fields = Self.fields(line)
        // Tables with commas begin with the columns' names.
        if number == 0, fields.first?.elementsEqual("image_id".utf8) ?? false { continue }
        guard fields.count == 2, let name = Self.pictureName(fields[0]) else { throw odd(number) }
        if fields[1].elementsEqual(wanted) { names.append(name) }
      }
      return names
    }

    /// The attributes of these pictures, each `no` (-1) or `yes` (1).
    func attributes(of names: [String]) throws -> [ImageAttribute] {
      // The first line is the number of pictures, or, in tables with commas, the names of the columns.
      guard let first = lines.first else { throw odd(0) }
      let hasCommas = first.contains(UInt8(ascii: ","))
      guard hasCommas || lines.count >= 2 else { throw odd(0) }
      let header = hasCommas ? Self.fields(first).dropFirst() : Self.fields(lines[1])[...]
      let titles = header.map { String(decoding: $0, as: UTF8.self) }
      guard (1...1000).contains(titles.count) else { throw odd(hasCommas ? 0 : 1) }
      let places = Dictionary(zip(names, 0...), uniquingKeysWith: { first, _ in first })
      var values = [[UInt8]](repeating: [UInt8](repeating: 2, count: names.count), count: titles.count)
      for number in (hasCommas ? 1 : 2)..<lines.count {
        let fields = Self.fields(lines[number])
        guard fields.count == titles.count + 1, let name = Self.pictureName(fields[0]) else {
          throw odd(number)
        }
        guard let place = places[name] else { continue }
        for (attribute, field) in fields.dropFirst().enumerated() {
          switch String(decoding: field, as: UTF8.self) {
          case "1": values[attribute][place] = 1
          case "-1", "0": values[attribute][place] = 0
          default: throw odd(number)
          }
        }
      }
      if let missing = values[0].firstIndex(of: 2) {
        throw DatasetError.file(
          path: path,
          fault: .unsuitable(problem: "says nothing of \(names[missing])", remedy: "get the file again"))
      }
      return zip(titles, values).map { ImageAttribute(name: $0, valueNames: ["no", "yes"], values: $1) }
    }

    /// A plain file name: nothing that leads out of the folder.
    private static func pictureName(_ field: ArraySlice<UInt8>) -> String? {
      guard let name = String(validating: field, as: UTF8.self), !name.contains("/"), !name.hasPrefix(".")
      else {
        return nil
      }
      return name
    }

    private func odd(_ line: Int) -> DatasetError {
      .file(
        path: path,
        fault: .unsuitable(problem: "is not in order in line \(line + 1)", remedy: "get the file again"))
    }
  }
}
