import CommandLineTable
import Diagnostics
import Foundation
import IR
import Kernels
import LLVM
import Lowering
import Passes
import VDL

/// A model's text with the options that say how it is compiled.
struct ModelInput {
  let source: SourceText
  private let settings: [String: String]
  private let cpu: String

  /// The largest text that is read.
  private static let sizeLimit = 1 << 20

  init(_ invocation: Invocation) throws {
    let path = invocation[VaecCommands.model] ?? ""
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw CommandError.cannotRead(path, "there is no such file")
    }
    guard !isFolder.boolValue else { throw CommandError.cannotRead(path, "it is a folder; give a .vdl file") }
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CommandError.cannotRead(path, "permission denied")
    }
    guard data.count <= Self.sizeLimit else {
      throw CommandError.cannotRead(path, "it is larger than \(Self.sizeLimit) bytes; a model is a short text")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw CommandError.cannotRead(path, "it is not UTF-8 text")
    }
    // Ranges name the file without its folder, so that dumps do not depend on where the model lies.
    source = SourceText(name: (path as NSString).lastPathComponent, text: text)
    settings = Dictionary(
      invocation[VaecCommands.set].map { ($0.name, $0.value) }, uniquingKeysWith: { _, last in last })
    cpu = invocation[VaecCommands.cpu] ?? "host"
  }

  func target() throws -> LLVMTarget {
    guard let target = TargetSelection.target(cpu) else { throw CommandError.unknownTarget(cpu) }
    return target
  }

  /// The module after the passes; errors in the model are shown with the lines that they point to.
  func lowered(stopAfter last: String? = nil, observe: (Phase) throws -> Void = { _ in }) throws -> Module {
    do {
      let module = try elaborate(source, settings: settings)
      let options = PassOptions(blockImages: KernelTarget(try target()).blockImages)
      return try Pipeline.standard.run(module, options: options, stopAfter: last, observe: observe).module
    } catch let list as DiagnosticList {
      throw LocatedError(text: DiagnosticRenderer(sources: [source]).render(list))
    }
  }
}

/// Errors in a model, rendered.
struct LocatedError: Error {
  let text: String
}

/// A folder that takes the numbered dumps.
final class DumpFolder {
  let folder: String
  private(set) var count = 0

  init(_ folder: String) throws {
    self.folder = folder
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    } catch {
      throw CommandError.cannotWrite(folder, error.localizedDescription)
    }
  }

  func write(_ phase: Phase) throws {
    let path = "\(folder)/\(phase.fileName)"
    do {
      try Data(phase.module.text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw CommandError.cannotWrite(path, error.localizedDescription)
    }
    count += 1
  }
}

/// What a command cannot do, and what helps.
enum CommandError: Error, CustomStringConvertible {
  case cannotRead(String, String)
  case cannotWrite(String, String)
  case unknownEntry(String, known: [String])
  case unknownTarget(String)

  var description: String {
    switch self {
    case .cannotRead(let path, let reason): "cannot read \(path): \(reason)"
    case .cannotWrite(let path, let reason): "cannot write \(path): \(reason)"
    case .unknownEntry(let name, let known):
      "the model has no entry '\(name)'; it has \(known.joined(separator: ", "))"
    case .unknownTarget(let name):
      "there is no processor '\(name)'; choose \(TargetSelection.names.joined(separator: ", "))"
    }
  }
}
