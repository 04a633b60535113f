import LLVM

/// What the kernel generator has to know of a machine, derived from its instruction sets.
public struct KernelTarget: Sendable, Hashable {
  public let machine: LLVMTarget
  /// Float32 lanes of a vector register.
  public private(set) var lanes: Int
  /// Architectural vector registers.
  public let registers: Int
  /// True where an instruction adds the products of pairs of bfloat16 numbers.
  let multipliesPairs: Bool

  public init(_ machine: LLVMTarget) {
    self.machine = machine
    let features = Set(machine.features.map { $0.hasPrefix("+") ? String($0.dropFirst()) : $0 })
    switch machine.architecture {
    case .x86 where features.contains("avx512f"): (lanes, registers) = (16, 32)
    case .x86 where features.contains("avx2"): (lanes, registers) = (8, 16)
    case .aarch64: (lanes, registers) = (4, 32)
    default: (lanes, registers) = (4, 16)
    }
    multipliesPairs = lanes == 16 && features.contains("avx512bf16")
  }

  /// Vectors that one register tile spans: two loads per broadcast keep two FMA units fed.
  public private(set) var tileVectors = 2
  private var isSingleImage = false

  /// Images of a block: what the tile's vectors hold. Layout `lanes(blockImages)`.
  public var blockImages: Int { isSingleImage ? 1 : tileVectors * lanes }

  /// The same machine with blocks of one image, whose rows are single floats: what lies in a block is what the canonical
  /// layout has of an image. Kernels that know nothing of it work on one lane.
  public var oneLane: KernelTarget {
    var target = singleImage
    (target.lanes, target.tileVectors) = (1, 1)
    return target
  }

  /// As `oneLane`, for kernels that put something else than images in the lanes.
  public var singleImage: KernelTarget {
    var target = self
    target.isSingleImage = true
    return target
  }

  /// The same with pairs of images in the lanes: of rows of bfloat16 numbers, each half as large, read as words. Of a machine with
  /// blocks of images.
  public var pairingImages: KernelTarget {
    var target = self
    target.tileVectors = tileVectors / 2
    return target
  }

  /// The most images of a call for which a kernel for one image at a time is worth it: each takes it, one after the other,
  /// about a quarter of the time of a block.
  public var singleImageCalls: Int { blockImages / 4 }

  /// Rows of a register tile: `tileVectors * rows` accumulators, `tileVectors` loads and one broadcast have to fit the
  /// registers. AVX-512: 12 rows (24 + 2 + 1 of 32, measured at 93-100 % of the FMA peak); 16 registers: 6 (12 + 2 + 1).
  public var tileRows: Int { registers >= 32 ? 12 : 6 }

  /// Bytes of what a task gathers on its stack before it reads it several times: an eighth of the second cache, which for a
  /// processor of AVX2's time has 512 KiB or less, twice that for AVX-512's.
  public var gatheredBytes: Int { lanes * 8 * 1024 }

  /// Bytes of one row of a block: a number for each image.
  public var rowBytes: Int { blockImages * 4 }
}
