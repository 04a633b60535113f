import Foundation
import LLVM

/// Generated code in this process: a module is verified, optimized, linked into a shared object of its own by
/// `ld`, and loaded. For tests alone: the library stays loaded until the process ends, so that its functions
/// stay valid.
public struct NativeLibrary {
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// The names that the shared object wants from others, as `nm -u` lists them.
  public let undefinedSymbols: [String]
  private let handle: UnsafeMutableRawPointer

  public init(_ module: LLVMModule, machine: LLVMTargetMachine, passes: String = "default<O2>") throws {
    try module.verify()
    try machine.run(passes: passes, on: module)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("native-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let object = folder.appendingPathComponent("module.o")
    let library = folder.appendingPathComponent("module.so")
    try Data(try machine.object(of: module)).write(to: object)
    _ = try run("ld", "-shared", "-o", library.path, object.path)
    undefinedSymbols = try run("nm", "-u", library.path).split(separator: "\n").map(String.init)
    guard let handle = dlopen(library.path, RTLD_NOW | RTLD_LOCAL) else {
      throw Failure(description: "dlopen: " + (dlerror().map { String(cString: $0) } ?? "no reason"))
    }
    self.handle = handle
  }

  /// Builds a module for the host and loads it.
  public static func host(
    passes: String = "default<O2>", _ build: (LLVMBuilder) throws -> Void
  ) throws -> NativeLibrary {
    let machine = try LLVMTargetMachine(.host)
    let module = LLVMModule("test", machine: machine)
    try build(LLVMBuilder(module))
    return try NativeLibrary(module, machine: machine, passes: passes)
  }

  /// An exported function as a C function type, which must be the type that it was built with.
  public func function<Signature>(_ name: String, as type: Signature.Type) throws -> Signature {
    guard let symbol = dlsym(handle, name) else {
      throw Failure(description: "the library has no symbol '\(name)'")
    }
    return unsafeBitCast(symbol, to: type)
  }
}

/// What a command prints; throws where it fails.
private func run(_ command: String...) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = command
  let output = Pipe()
  process.standardOutput = output
  try process.run()
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  guard process.terminationStatus == 0 else {
    throw NativeLibrary.Failure(
      description: "\(command.joined(separator: " ")): status \(process.terminationStatus)")
  }
  return text
}
