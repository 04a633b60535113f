import Foundation

/// The instruction sets of a machine, by LLVM's names, to be held against what a compiled model needs.
public struct Machine: Sendable {
  /// Nil where the machine cannot be asked: then nothing is held against it.
  public let features: Set<String>?

  /// This machine.
  public static let current = Machine(
    processorInformation: (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "")

  /// Reads the text of Linux's /proc/cpuinfo; the first processor stands for all.
  public init(processorInformation text: String) {
    let line = text.split(separator: "\n").first { $0.hasPrefix("flags") || $0.hasPrefix("Features") }
    guard let words = line?.split(separator: ":", maxSplits: 1).last else {
      features = nil
      return
    }
    let flags = Set(words.split(whereSeparator: \.isWhitespace).map(String.init))
    let renamed = Self.names.filter { flags.contains($0.value) }.map(\.key)
    // avx512_vnni and its like are avx512vnni in LLVM.
    let joined = flags.filter { $0.hasPrefix("avx") }.map { $0.replacingOccurrences(of: "_", with: "") }
    features = flags.union(renamed).union(joined)
  }

  /// Those of the features that this machine lacks.
  public func missing(of needed: [String]) -> [String] {
    guard let features else { return [] }
    return needed.filter { !features.contains($0) }
  }

  /// LLVM's names that differ from the kernel's.
  private static let names = [
    "64bit": "lm", "bmi": "bmi1", "cmov": "cmov", "crc32": "sse4_2", "cx16": "cx16", "fxsr": "fxsr",
    "lzcnt": "abm",
    "pclmul": "pclmulqdq", "prfchw": "3dnowprefetch", "rdrnd": "rdrand", "sahf": "lahf_lm", "sha": "sha_ni",
    "sse3": "pni", "sse4.1": "sse4_1", "sse4.2": "sse4_2", "x87": "fpu", "amx-tile": "amx_tile",
    "amx-bf16": "amx_bf16", "amx-int8": "amx_int8",
    // AArch64
    "neon": "asimd", "fp-armv8": "fp", "dotprod": "asimddp", "fullfp16": "asimdhp",
  ]
}
