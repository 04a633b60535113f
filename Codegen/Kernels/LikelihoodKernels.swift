import IR
import LLVM

/// The Bernoulli likelihood from logits in one pass over the pixels. softplus and sigmoid share the exponential of -|l|.
public enum LikelihoodKernels {
  /// `loglik[n] = sum of target * logits - softplus(logits)`, and `dlogits = d[n] * (target - sigmoid(logits))` where it
  /// is asked for. The target is a block of floats, or the caller's bytes.
  ///
  /// One task is a block: the sum runs over its pixels in order.
  public static func bernoulli(
    _ name: String, logits: TensorSlot, target: TensorSlot, d: TensorSlot?, loglik: TensorSlot,
    dlogits: TensorSlot?
  ) -> Kernel {
    let features = logits.type.count
    return Kernel(name, tasks: .perBlock(1)) { k, task in
      guard let block = task.block else { return }
      let b = k.b
      let from = k.address(logits, block: block)
      let to = dlogits.map { k.address($0, block: block) }
      k.forEachVector { vector in
        let weight = d.map { k.loadVector(k.address($0, block: block), vector) }
        let targets = TargetTiles(k, target, features: features, block: block, vector: vector)

        func tile(_ first: LLVMValue, _ width: Int, _ sum: LLVMValue) -> LLVMValue {
          targets.prepare(first, width)
          return b.forLoop(from: 0, to: b.i64(width), carrying: [sum], name: "feature") { feature, sums in
            let offset = b.mulIndex(b.add(first, feature), k.rowBytes)
            let l = k.loadVector(b.offset(from, bytes: offset), vector)
            let x = targets.load(first, feature)
            if let to, let weight {
              let slope = b.mul(weight, b.sub(x, b.sigmoid(l)))
              k.storeVector(slope, b.offset(to, bytes: offset), vector)
            }
            return [b.add(sums[0], b.sub(b.mul(x, l), b.softplus(l)))]
          }[0]
        }
        var sum = b.forLoop(from: 0, to: b.i64(features / k.lanes), carrying: [k.vector.zero], name: "tile") {
          [tile(b.mulIndex($0, k.lanes), k.lanes, $1[0])]
        }[0]
        if features % k.lanes > 0 {
          sum = tile(b.i64(features / k.lanes * k.lanes), features % k.lanes, sum)
        }
        k.storeVector(sum, k.address(loglik, block: block), vector)
      }
    }
  }
}

/// The target's vectors of images, a tile of features at a time: from a block of floats as they lie there, from the
/// caller's bytes through a transposed tile on the stack.
private struct TargetTiles {
  private let k: KernelBuilder
  private let source: LLVMValue
  private let features: Int
  private let vector: LLVMValue
  /// The transposed tile and the number of images in the block; nil for floats.
  private let bytes: (tile: LLVMValue, images: LLVMValue)?

  init(_ k: KernelBuilder, _ target: TensorSlot, features: Int, block: LLVMValue, vector: LLVMValue) {
    self.k = k
    self.features = features
    self.vector = vector
    source = k.address(target, block: block)
    bytes =
      target.type.element == .u8
      ? (k.b.stackSlot(k.vector.array(of: k.lanes), align: 64), k.images(in: block)) : nil
  }

  /// Makes the features `first ..< first + width` ready to be loaded.
  func prepare(_ first: LLVMValue, _ width: Int) {
    guard let bytes else { return }
    let tile = LayoutKernels.loadTile(
      k, source, features: features, first: first, width: width, vector: vector, images: bytes.images,
      isBytes: true)
    for (feature, values) in tile.enumerated() { k.storeVector(values, bytes.tile, feature) }
  }

  /// The vector of feature `first + feature`.
  func load(_ first: LLVMValue, _ feature: LLVMValue) -> LLVMValue {
    let b = k.b
    if let bytes {
      return b.load(k.vector, from: b.offset(bytes.tile, bytes: b.mulIndex(feature, k.lanes * 4)))
    }
    return k.loadVector(b.offset(source, bytes: b.mulIndex(b.add(first, feature), k.rowBytes)), vector)
  }
}
