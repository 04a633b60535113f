import Artifact
import Foundation

/// Makes a shared object of object files. Generated code calls nothing, so any linker does, without a C library.
enum Linker {
  /// The shared object's bytes, made in the folder for temporary files: where it is to be written is not the linker's concern.
  static func link(objects: [[UInt8]], soname: String) throws -> Data {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "vaec-\(ProcessInfo.processInfo.globallyUniqueString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = objects.indices.map { folder.appendingPathComponent("model\($0).o") }
    for (object, file) in zip(objects, files) { try AtomicFile.write(object, to: file.path) }
    let library = folder.appendingPathComponent("library.so").path
    guard let linker = ProgramSearch.linkers.lazy.compactMap({ ProgramSearch.find($0) }).first else {
      throw LinkError.noLinker
    }
    let options = ["-shared", "--build-id=none", "-soname", soname, "-z", "noexecstack", "-z", "defs"]
    let (status, output) = try ProgramSearch.run(linker, options + ["-o", library] + files.map(\.path))
    guard status == 0 else { throw LinkError.failed(linker: linker, output: output) }
    return try readFile(library)
  }
}

/// Why no shared object was made.
public enum LinkError: Error, CustomStringConvertible {
  case noLinker
  case failed(linker: String, output: String)

  public var description: String {
    switch self {
    case .noLinker: "there is no linker (ld or ld.lld) on the PATH: install binutils or lld"
    case .failed(let linker, let output):
      "\(linker) failed: \(output.split(separator: "\n").first.map(String.init) ?? "it gave no reason")"
    }
  }
}
