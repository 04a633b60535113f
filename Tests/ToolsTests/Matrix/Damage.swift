import Foundation

/// A way in which something that a command reads is not what it should be.
struct Damage: Sendable {
  /// `cut short`
  let name: String
  /// Does it, to what lies at the path.
  let apply: @Sendable (_ path: String) throws -> Void

  private init(_ name: String, _ apply: @escaping @Sendable (String) throws -> Void) {
    self.name = name
    self.apply = apply
  }

  /// To something inside of a folder.
  private func inside(_ file: String) -> Damage {
    Damage("\(file) \(name)") { try apply($0 + "/" + file) }
  }

  private static func bytes(_ name: String, _ bytes: @escaping @Sendable (Data) -> Data) -> Damage {
    Damage(name) { path in
      let url = URL(fileURLWithPath: path)
      try bytes(try Data(contentsOf: url)).write(to: url)
    }
  }

  private static func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

  static let missing = Damage("missing", remove)
  static let folderInPlace = Damage("a folder") { path in
    try remove(path)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }
  static let fileInPlace = Damage("a file") { path in
    try remove(path)
    try Data("no folder\n".utf8).write(to: URL(fileURLWithPath: path))
  }
  /// Nobody writes to it: a program that waits for that hangs.
  static let pipe = Damage("a pipe") { path in
    try remove(path)
    guard mkfifo(path, 0o600) == 0 else { throw POSIXError(.EIO) }
  }
  static let loop = Damage("a link to itself") { path in
    try remove(path)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path)
  }
  static let empty = bytes("empty") { _ in Data() }
  static let cut = bytes("cut short") { $0.prefix($0.count / 2) }
  static let zeros = bytes("of zeros") { _ in Data(count: 5000) }
  static let picture = bytes("a picture") { _ in
    Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Array(repeating: 0xC3, count: 700))
  }
  static let emptyObject = bytes("{}") { _ in Data("{}".utf8) }
  static let deepJSON = bytes("100,000 brackets") { _ in Data(Array(repeating: 0x5B, count: 100_000)) }

  private static let anyFile = [missing, folderInPlace, pipe, loop, empty, zeros, picture]

  /// What can be wrong with an input.
  static func all(_ input: CommandInput) -> [Damage] {
    let file = input.isThorough ? anyFile + [cut] : [missing, cut]
    let json = file + (input.isThorough ? [emptyObject, deepJSON] : [])
    switch input.kind {
    case .text, .file: return file
    case .lines: return anyFile
    case .folder: return [missing, fileInPlace, folderInPlace]
    case .model:
      return [missing, fileInPlace, folderInPlace, otherLibrary] + json.map { $0.inside("small.json") }
        + file.map { $0.inside("small.so") }
    case .run(let needs):
      return [missing, fileInPlace, folderInPlace]
        + needs.flatMap { name in
          let damages =
            name.hasSuffix(".safetensors")
            ? file + [otherWeights(name)] : name.hasSuffix(".json") ? json : file
          return damages.map { $0.inside(name) }
        }
    }
  }

  /// The library of another model under the right name.
  private static let otherLibrary = Damage("small.so another model's") { path in
    try remove(path + "/small.so")
    try FileManager.default.copyItem(
      atPath: Workbench.root(of: path) + "/other/other/other.so", toPath: path + "/small.so")
  }

  /// The weights of another model under the right name.
  private static func otherWeights(_ file: String) -> Damage {
    Damage("another model's") { path in
      try remove(path)
      try FileManager.default.copyItem(
        atPath: Workbench.root(of: path) + "/other/other-001/last.safetensors", toPath: path)
    }
  }
}
