import LLVM

/// What the kernel generator has to know of a machine, derived from its instruction sets.
public struct KernelTarget: Sendable, Hashable {
  public let machine: LLVMTarget
  /// Float32 lanes of a vector register.
  public let lanes: Int
  /// Architectural vector registers.
  public let registers: Int

  public init(_ machine: LLVMTarget) {
    self.machine = machine
    let features = Set(machine.features.map { $0.hasPrefix("+") ? String($0.dropFirst()) : $0 })
    switch machine.architecture {
    case .x86 where features.contains("avx512f"): (lanes, registers) = (16, 32)
    case .x86 where features.contains("avx2"): (lanes, registers) = (8, 16)
    case .aarch64: (lanes, registers) = (4, 32)
    default: (lanes, registers) = (4, 16)
    }
  }

  /// Vectors of images that one register tile spans: two loads per broadcast keep two FMA units fed.
  public let tileVectors = 2

  /// Images of a block: what the tile's vectors hold. Layout `lanes(blockImages)`.
  public var blockImages: Int { tileVectors * lanes }

  /// Rows of a register tile: `tileVectors * rows` accumulators, `tileVectors` loads and one broadcast have to fit the
  /// registers. AVX-512: 12 rows (24 + 2 + 1 of 32, measured at 93-100 % of the FMA peak); 16 registers: 6 (12 + 2 + 1).
  public var tileRows: Int { registers >= 32 ? 12 : 6 }

  /// Bytes of one row of a block: a number for each image.
  public var rowBytes: Int { blockImages * 4 }
}
