import LLVM

/// The machines that code can be made for, by the words of `--cpu`. Kernels are written in fused multiply-adds, so x86 has
/// to have FMA (x86-64-v3 and later): without it each would become a call of the C library.
public enum TargetSelection {
  /// The instruction sets of a level of the x86-64 psABI that the kernels care about.
  private static let levels: [(name: String, features: [String])] = [
    ("x86-64-v3", ["+avx2", "+bmi2", "+fma"]),
    ("x86-64-v4", ["+avx2", "+avx512bw", "+avx512dq", "+avx512f", "+avx512vl", "+bmi2", "+fma"]),
  ]

  /// `host` and the levels.
  public static let names = ["host"] + levels.map(\.name)

  /// True where a target's processor has what every kernel uses.
  public static func isSupported(_ target: LLVMTarget) -> Bool {
    target.architecture == .aarch64 || (target.architecture == .x86 && target.features.contains("+fma"))
  }

  /// The target of a name; nil for a name that is not in the list.
  public static func target(_ name: String) -> LLVMTarget? {
    if name == "host" { return .host }
    guard let level = levels.first(where: { $0.name == name }) else { return nil }
    return LLVMTarget(triple: "x86_64-unknown-linux-gnu", cpu: level.name, features: level.features)
  }
}
