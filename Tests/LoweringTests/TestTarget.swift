import Kernels
import LLVM
import Lowering
import Runtime

/// A kind of machine that the tests make code for, one per vector width.
enum TestTarget: String, CaseIterable, Sendable {
  case host
  /// AVX2: 8 lanes, 16 registers, blocks of 16 images.
  case avx2
  /// 4 lanes as on NEON, blocks of 8 images.
  case fourLanes

  var llvm: LLVMTarget {
    switch self {
    case .host: .host
    case .avx2: TargetSelection.target("x86-64-v3") ?? .host
    case .fourLanes: Self.x86("x86-64-v2", ["+avx", "+fma"])
    }
  }

  var kernels: KernelTarget { KernelTarget(llvm) }
  var blockImages: Int { kernels.blockImages }

  private static func x86(_ cpu: String, _ features: [String]) -> LLVMTarget {
    LLVMTarget(triple: "x86_64-unknown-linux-gnu", cpu: cpu, features: features)
  }

  /// Those whose code this machine can run, each vector width once.
  static let available: [TestTarget] = {
    var widths = Set<Int>()
    return allCases.filter { target in
      target.isRunnable && widths.insert(target.kernels.lanes).inserted
    }
  }()

  private var isRunnable: Bool {
    guard self != .host else { return true }
    guard LLVMTarget.host.architecture == .x86 else { return false }
    return Machine.current.missing(of: llvm.features.map { String($0.dropFirst()) }).isEmpty
  }
}
