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

  init(path: String) throws {
    self.path = path
    try Self.checkIsWhole(path)
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

  /// The loader maps a file that was cut off and dies when it touches what is not there. An ELF file ends with its
  /// table of sections (System V ABI, chapter 4), so that a file that holds the table's end is whole.
  private static func checkIsWhole(_ path: String) throws {
    let data: Data
    do {
      data = try readFile(path)
    } catch {
      throw ModelError.library(path: path, reason: error.reason)
    }
    let header = [UInt8](data.prefix(64))
    // What is no ELF file is left to the loader to judge.
    guard header.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else { return }
    func number(at offset: Int, bytes: Int) -> UInt64 {
      header[offset..<offset + bytes].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    guard header.count == 64, header[4] == 2 else {
      throw ModelError.library(path: path, reason: "it is not a whole 64-bit object")
    }
    let table = number(at: 40, bytes: 8)
    let tableBytes = number(at: 58, bytes: 2) * number(at: 60, bytes: 2)
    let (end, overflow) = table.addingReportingOverflow(tableBytes)
    guard !overflow, end <= UInt64(data.count) else {
      throw ModelError.library(path: path, reason: "the file is cut off")
    }
  }
}
