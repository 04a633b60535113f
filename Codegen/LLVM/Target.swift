internal import CLLVM

/// What code is made for: a pure description, part of a compiled model's identity.
public struct LLVMTarget: Hashable, Sendable {
  public enum Architecture: Hashable, Sendable { case x86, aarch64, webAssembly, other }

  /// Such as `x86_64-unknown-linux-gnu`.
  public var triple: String
  /// LLVM's name, such as `znver5` or `x86-64-v3`; empty for the triple's most general one.
  public var cpu: String
  /// LLVM's names with a sign, such as `+avx512f` and `-sse4a`.
  public var features: [String]

  public init(triple: String, cpu: String = "", features: [String] = []) {
    self.triple = triple
    self.cpu = cpu
    self.features = features
  }

  /// The machine that this runs on; features sorted by sign and name.
  public static var host: LLVMTarget {
    let features = takeMessage(LLVMGetHostCPUFeatures()).split(separator: ",").map(String.init)
    return LLVMTarget(triple: hostTriple, cpu: takeMessage(LLVMGetHostCPUName()), features: features.sorted())
  }

  /// The triple of the machine that this runs on.
  public static var hostTriple: String { takeMessage(LLVMGetDefaultTargetTriple()) }

  /// The version of the LLVM library that is linked, such as `19.1.7`.
  public static var libraryVersion: String {
    var major: UInt32 = 0
    var minor: UInt32 = 0
    var patch: UInt32 = 0
    LLVMGetVersion(&major, &minor, &patch)
    return "\(major).\(minor).\(patch)"
  }

  public var architecture: Architecture {
    let name = triple.prefix { $0 != "-" }
    if name == "x86_64" || name == "amd64" { return .x86 }
    if name.hasPrefix("aarch64") || name.hasPrefix("arm64") { return .aarch64 }
    return name.hasPrefix("wasm") ? .webAssembly : .other
  }

  var featureText: String { features.joined(separator: ",") }
}
