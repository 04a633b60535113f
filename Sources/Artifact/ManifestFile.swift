import Foundation

/// What is wrong with a manifest, and what helps.
public enum ManifestError: Error, Equatable, CustomStringConvertible {
  case unreadable(file: String, reason: String)
  case notJSON(file: String)
  case otherFormat(file: String, found: Int)
  case otherABI(file: String, found: Int)
  case missingField(file: String, field: String)
  case malformedField(file: String, field: String, problem: String)
  /// The text is not the one that was written.
  case changed(file: String)

  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "cannot read \(file): \(reason)"
    case .notJSON(let file):
      "\(file) is not a manifest, it is no JSON: \(Self.remedy)"
    case .otherFormat(let file, let found):
      "\(file) was made in format \(found); this vaerun reads format \(Manifest.currentFormat): \(Self.remedy)"
    case .otherABI(let file, let found):
      "\(file) was made by ABI \(found); this vaerun reads ABI \(Manifest.currentABI): \(Self.remedy)"
    case .missingField(let file, let field):
      "\(file) lacks \(field): \(Self.remedy)"
    case .malformedField(let file, let field, let problem):
      "\(file): \(field) \(problem): \(Self.remedy)"
    case .changed(let file):
      "\(file) was changed after vaec wrote it: \(Self.remedy)"
    }
  }

  private static let remedy = "compile the model again with this vaec"
}

/// The first line of a manifest: the digest of the lines behind it. The runner hands memory to native code by the sizes that
/// the manifest gives, and nothing else tells a size that was changed from one that the compiler wrote.
private enum Seal {
  private static let beginning = Data("{\n  \"seal\" : \"".utf8)
  private static let end = Data("\",\n".utf8)
  private static let digits = 64

  /// - Parameter text: a JSON object over several lines.
  static func put(on text: Data) -> Data {
    let fields = Data(text.dropFirst(2)) + Data("\n".utf8)
    return beginning + Data(SHA256.hex(of: fields).utf8) + end + fields
  }

  static func holds(_ text: Data) -> Bool {
    let fields = text.dropFirst(beginning.count + digits + end.count)
    return text == beginning + Data(SHA256.hex(of: fields).utf8) + end + fields
  }
}

extension Manifest {
  /// Reads and validates a manifest.
  /// - Throws: `ManifestError`, with the path as the file's name.
  public init(contentsOf path: String) throws {
    let data: Data
    do {
      data = try readFile(path, limit: Self.largestFile)
    } catch {
      throw ManifestError.unreadable(file: path, reason: error.reason)
    }
    try self.init(json: data, file: path)
  }

  /// A manifest of ten thousand layers has some ten million bytes.
  private static let largestFile = 1 << 26

  /// Reads and validates a manifest from its text; `file` is the name that errors give.
  public init(json: Data, file: String) throws {
    struct Versions: Codable {
      var format: Int
      var abi: Int
    }
    // The versions first: a manifest of another version may lack any other field.
    let versions = try Self.decode(Versions.self, from: json, file: file)
    guard versions.format == Self.currentFormat else {
      throw ManifestError.otherFormat(file: file, found: versions.format)
    }
    guard versions.abi == Self.currentABI else {
      throw ManifestError.otherABI(file: file, found: versions.abi)
    }
    self = try Self.decode(Manifest.self, from: json, file: file)
    do {
      try validate()
    } catch {
      throw ManifestError.malformedField(file: file, field: error.field, problem: error.problem)
    }
    // Last, so that damage that can be named is named.
    guard Seal.holds(json) else { throw ManifestError.changed(file: file) }
  }

  /// The manifest's text: sorted keys, so that equal manifests are equal files, and the seal before them.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Seal.put(on: try encoder.encode(self))
  }

  /// Writes the manifest atomically, after `validate()`: what cannot be read back is not written.
  public func write(to path: String) throws {
    try validate()
    try AtomicFile.write(try json(), to: path)
  }

  private static func decode<T: Decodable>(_ type: T.Type, from json: Data, file: String) throws -> T {
    do {
      return try JSONDecoder().decode(type, from: json)
    } catch DecodingError.keyNotFound(let key, let context) {
      throw ManifestError.missingField(file: file, field: fieldName(context.codingPath + [key]))
    } catch DecodingError.valueNotFound(_, let context) {
      throw ManifestError.missingField(file: file, field: fieldName(context.codingPath))
    } catch DecodingError.typeMismatch(let expected, let context) where !context.codingPath.isEmpty {
      throw ManifestError.malformedField(
        file: file, field: fieldName(context.codingPath), problem: "is not \(describe(expected))")
    } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
      throw ManifestError.malformedField(
        file: file, field: fieldName(context.codingPath), problem: "has a value that is not known here")
    } catch {
      throw ManifestError.notJSON(file: file)
    }
  }

  /// `entries[2].arguments[0].element`
  private static func fieldName(_ path: [any CodingKey]) -> String {
    path.reduce(into: "") { name, key in
      if let index = key.intValue {
        name += "[\(index)]"
      } else {
        name += (name.isEmpty ? "" : ".") + key.stringValue
      }
    }
  }

  private static func describe(_ type: Any.Type) -> String {
    switch type {
    case is String.Type: "a text"
    case is Int.Type, is Double.Type: "a number"
    case is [Any].Type: "a list"
    default: "what is expected there"
    }
  }
}
