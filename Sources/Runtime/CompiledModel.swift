import Artifact
import Foundation

/// A compiled model, loaded and checked: its manifest and its entries, without memory. `ModelInstance` runs it.
public final class CompiledModel: Sendable {
  /// The folder's absolute path.
  public let folder: String
  public let manifest: Manifest
  private let library: SharedLibrary
  private let functions: [String: SharedLibrary.Entry]

  /// Loads the model in a folder.
  ///
  /// The manifest is `FOLDER/NAME.json`, where NAME is the folder's name, or else the only manifest in the folder.
  /// - Throws: `ModelError` or `ManifestError`, which name what does not fit: no model, another ABI version, a library
  ///   of another compilation or cut off, instructions that the machine lacks.
  public init(folder: String, machine: Machine = .current) throws {
    let url = URL(fileURLWithPath: folder).standardizedFileURL
    let path = try Self.manifestPath(in: folder)
    let manifest = try Manifest(contentsOf: path)
    let library = try SharedLibrary(
      path: "\(splitPath(path).folder)/\(manifest.library)", digest: manifest.libraryDigest)
    let found = try library.number(manifest.name + "_abi_version")
    guard found == UInt32(Manifest.currentABI) else {
      throw ModelError.otherABI(library: manifest.library, found: found)
    }
    guard try library.text(manifest.name + "_digest") == manifest.digest else {
      throw ModelError.digestsDiffer(library: manifest.library)
    }
    let needed = try library.text(manifest.name + "_cpu_features").split(separator: ",").map(String.init)
    let missing = machine.missing(of: needed)
    guard missing.isEmpty else {
      throw ModelError.missingInstructions(library: manifest.library, features: missing)
    }
    var functions: [String: SharedLibrary.Entry] = [:]
    for entry in manifest.entries { functions[entry.name] = try library.entry(entry.symbol) }
    self.folder = url.path
    self.manifest = manifest
    self.library = library
    self.functions = functions
  }

  /// The manifest of the compiled model in a folder.
  public static func manifestPath(in folder: String) throws -> String {
    let url = URL(fileURLWithPath: folder).standardizedFileURL
    // As the user wrote it, since errors name it.
    let place = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    let expected = "\(place)/\(url.lastPathComponent).json"
    if FileManager.default.fileExists(atPath: expected) { return expected }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      var isFolder: ObjCBool = false
      let isThere = FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
      throw ModelError.notCompiled(
        folder: folder,
        reason: !isThere
          ? "there is no such folder" : isFolder.boolValue ? "it cannot be read" : "it is not a folder")
    }
    let manifests = names.filter { name in
      name.hasSuffix(".json") && names.contains(String(name.dropLast(5)) + ".so")
    }
    guard let name = manifests.first, manifests.count == 1 else {
      throw ModelError.notCompiled(
        folder: folder, reason: manifests.isEmpty ? "it holds no manifest" : "it holds several manifests")
    }
    return "\(place)/\(name)"
  }

  /// Copies library, header (where there is one: the library runs without) and manifest into a folder that is there.
  /// - Returns: the names of the files.
  /// - Throws: `ModelError.digestsDiffer` where the library was compiled anew since it was loaded.
  @discardableResult
  public func copy(to target: String) throws -> [String] {
    let library = try readFile(folder + "/" + manifest.library)
    guard SHA256.hex(of: library) == manifest.libraryDigest else {
      throw ModelError.digestsDiffer(library: manifest.library)
    }
    var names = [manifest.library]
    try AtomicFile.write(library, to: target + "/" + manifest.library)
    if let header = try? readFile(folder + "/" + manifest.header) {
      try AtomicFile.write(header, to: target + "/" + manifest.header)
      names.append(manifest.header)
    }
    try manifest.write(to: "\(target)/\(manifest.name).json")
    return names + ["\(manifest.name).json"]
  }

  /// The entry of this name.
  public func entry(_ name: String) throws -> Manifest.Entry {
    guard let entry = manifest.entry(name) else {
      throw ModelError.noEntry(model: manifest.name, entry: name, there: manifest.entries.map(\.name))
    }
    return entry
  }

  /// The lines in which the library lists its kernels.
  func kernelLines() throws -> [Substring] {
    try library.text(manifest.name + "_kernels").split(separator: "\n")
  }

  /// The entry's function. It is valid as long as this object.
  func function(_ entry: Manifest.Entry) throws -> SharedLibrary.Entry {
    guard let function = functions[entry.name] else {
      throw ModelError.missingSymbol(library: manifest.library, symbol: entry.symbol)
    }
    return function
  }
}
