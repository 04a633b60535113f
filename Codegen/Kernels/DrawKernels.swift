import IR
import LLVM
import Random

/// Elements that uniform random numbers decide on: zeros of dropout, draws of 0 or 1. Four rows of a block share one round of the
/// generator, which costs some twenty instructions a number; nothing of it is stored.
public enum DrawKernels {
  /// The counters of a draw.
  public struct Source {
    let seed: TensorSlot
    let epoch: TensorSlot
    let index: TensorSlot
    let stream: UInt32
    let domain: RandomDomain
    /// Whether the epoch does not count.
    let isOnce: Bool

    /// From an operation's attributes and its three counters.
    public init(_ attributes: Attributes, _ counters: ArraySlice<TensorSlot>) {
      let counters = Array(counters)
      (seed, epoch, index) = (counters[0], counters[1], counters[2])
      stream = UInt32(truncatingIfNeeded: attributes.int("stream"))
      domain = RandomDomain.allCases.first { $0.name == attributes.symbol("domain") } ?? .train
      isOnce = attributes.symbol("draws") == Draws.once.rawValue
    }
  }

  /// `y = u < rate ? 0 : scale * x`.
  public static func dropout(
    _ name: String, x: TensorSlot, source: Source, rate: Double, scale: Double, y: TensorSlot
  ) -> Kernel {
    map(name, x: x, source: source, y: y) { k, x, uniform in
      let b = k.b
      let kept = scale == 1 ? x : b.mul(x, scale)
      return b.select(b.fcmp(.olt, uniform, b.splat(b.f32(rate), lanes: k.lanes)), k.vector.zero, kept)
    }
  }

  /// `y = u < x ? 1 : 0`; 0 in lanes without an image, where x is 0.
  public static func bernoulli(_ name: String, x: TensorSlot, source: Source, y: TensorSlot) -> Kernel {
    map(name, x: x, source: source, y: y) { k, x, uniform in
      let b = k.b
      return b.select(b.fcmp(.olt, uniform, x), b.splat(b.f32(1), lanes: k.lanes), k.vector.zero)
    }
  }

  private static let groupsPerTask = 16

  /// `y = body(x, u)` with a uniform number for each element.
  private static func map(
    _ name: String, x: TensorSlot, source: Source, y: TensorSlot,
    _ body: @escaping (KernelBuilder, _ x: LLVMValue, _ uniform: LLVMValue) -> LLVMValue
  ) -> Kernel {
    let rows = y.type.count
    let groups = (rows + 3) / 4
    return Kernel(name, tasks: .perBlock((groups + groupsPerTask - 1) / groupsPerTask)) { k, task in
      guard let block = task.block else { return }
      let b = k.b
      let words = b.context.i32
      let seed = k.address(source.seed)
      let draw = VectorRandomStream(
        b, seedLow: b.load(words, from: seed), seedHigh: b.load(words, from: b.offset(seed, bytes: 4)),
        domain: source.domain, stream: source.stream)
      let epoch = source.isOnce ? b.i32(0) : b.load(words, from: k.address(source.epoch))
      let (from, to) = (k.address(x, block: block), k.address(y, block: block))
      let first = b.mulIndex(task.part, groupsPerTask)
      let past = b.addIndex(first, groupsPerTask)
      k.forEachVector { vector in
        let images = b.maskedLoad(
          words.lanes(k.lanes),
          from: b.offset(k.address(source.index, block: block), bytes: b.mulIndex(vector, k.lanes * 4)),
          mask: k.mask(block: block, vector: vector))
        func group(_ index: LLVMValue, _ count: Int) {
          let uniforms = draw.uniforms(block: b.trunc(index, to: words), image: images, epoch: epoch)
          for (element, uniform) in uniforms.prefix(count).enumerated() {
            let row = b.addIndex(b.mulIndex(index, 4 * k.rowBytes), element * k.rowBytes)
            k.storeVector(
              body(k, k.loadVector(b.offset(from, bytes: row), vector), uniform), b.offset(to, bytes: row),
              vector)
          }
        }
        b.forLoop(from: first, to: b.minimum(past, b.i64(rows / 4)), name: "four") { group($0, 4) }
        if rows % 4 > 0 {
          b.ifThen(b.icmp(.eq, b.minimum(past, b.i64(groups)), b.i64(groups)), name: "rest") {
            group(b.i64(rows / 4), rows % 4)
          }
        }
      }
    }
  }
}
