import LLVM

/// The machines that code can be made for, by the words of `--cpu`. Kernels are written in fused multiply-adds, so x86 has
/// to have FMA (x86-64-v3 and later): without it each would become a call of the C library.
public enum TargetSelection {
  /// What the levels of the x86-64 psABI add to each other (table 3.1), without what code does not use.
  private static let second = ["+popcnt", "+sse3", "+sse4.1", "+sse4.2", "+ssse3"]
  private static let third = ["+avx", "+avx2", "+bmi", "+bmi2", "+f16c", "+fma", "+lzcnt", "+movbe"]
  private static let fourth = ["+avx512bw", "+avx512cd", "+avx512dq", "+avx512f", "+avx512vl"]

  private static let levels: [(name: String, cpu: String, features: [String])] = [
    ("x86-64-v3", "x86-64-v3", (second + third).sorted()),
    ("x86-64-v4", "x86-64-v4", (second + third + fourth).sorted()),
    // Zen 4, Cooper Lake, Sapphire Rapids and later.
    ("x86-64-v4-bf16", "x86-64-v4", (second + third + fourth + ["+avx512bf16"]).sorted()),
  ]

  /// `host`, the levels, and the last one with products of bfloat16 numbers.
  public static let names = ["host"] + levels.map(\.name)

  /// True where a target's processor has what every kernel uses.
  public static func isSupported(_ target: LLVMTarget) -> Bool {
    target.architecture == .aarch64 || (target.architecture == .x86 && target.features.contains("+fma"))
  }

  /// The target of a name; nil for a name that is not in the list.
  public static func target(_ name: String) -> LLVMTarget? {
    if name == "host" { return .host }
    guard let level = levels.first(where: { $0.name == name }) else { return nil }
    return LLVMTarget(triple: "x86_64-unknown-linux-gnu", cpu: level.cpu, features: level.features)
  }

  /// The instruction sets without which the code may trap, by LLVM's names: those of the target's that LLVM uses unasked.
  /// All of them, whether this code has them in it or not.
  public static func requiredFeatures(_ target: LLVMTarget) -> [String] {
    guard target.architecture == .x86 else { return [] }
    let others: Set = [
      "bmi", "bmi2", "f16c", "fma", "fma4", "gfni", "lzcnt", "movbe", "popcnt", "sse3", "sse4.1", "sse4.2",
      "sse4a",
      "ssse3", "tbm", "xop",
    ]
    return target.features.filter { $0.hasPrefix("+") }.map { String($0.dropFirst()) }.filter {
      $0.hasPrefix("avx") || others.contains($0)
    }
  }
}
