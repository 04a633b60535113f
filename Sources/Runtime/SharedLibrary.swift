import Artifact
import CModel
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A compiled model's shared object, loaded with its symbols kept to itself.
///
/// Unsafe by nature: what dlsym finds is taken for a function of the type that the ABI says. The caller holds the
/// object's own ABI version and digest against the manifest before it calls any entry.
final class SharedLibrary: @unchecked Sendable {
  typealias Entry = vaec_entry

  let path: String
  // dlopen's handle: written once here, closed once in deinit, and dlsym may be called from any thread.
  private let handle: UnsafeMutableRawPointer

  /// - Parameter digest: SHA-256 of the file, in hex.
  init(path: String, digest: String) throws {
    self.path = path
    try Self.check(path, digest: digest)
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw ModelError.library(path: path, reason: dlerror().map { String(cString: $0) } ?? "unknown reason")
    }
    self.handle = handle
  }

  deinit { dlclose(handle) }

  func number(_ symbol: String) throws -> UInt32 {
    let function = unsafeBitCast(try find(symbol), to: (@convention(c) () -> UInt32).self)
    return function()
  }

  func text(_ symbol: String) throws -> String {
    let function = unsafeBitCast(try find(symbol), to: (@convention(c) () -> UnsafePointer<CChar>?).self)
    return function().map { String(cString: $0) } ?? ""
  }

  func entry(_ symbol: String) throws -> Entry {
    unsafeBitCast(try find(symbol), to: Entry.self)
  }

  private func find(_ symbol: String) throws -> UnsafeMutableRawPointer {
    guard let address = dlsym(handle, symbol) else {
      throw ModelError.missingSymbol(library: path, symbol: symbol)
    }
    return address
  }

  /// The loader maps a file that was cut off or changed and dies of it, or runs it.
  private static func check(_ path: String, digest: String) throws {
    let data: Data
    do {
      data = try readFile(path)
    } catch {
      throw ModelError.library(path: path, reason: error.reason)
    }
    guard SHA256.hex(of: data) == digest else {
      throw ModelError.library(path: path, reason: "it is not the file that its manifest describes")
    }
  }
}
