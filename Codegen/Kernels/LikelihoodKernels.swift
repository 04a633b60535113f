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
      for vector in 0..<k.target.tileVectors {
        let weight = d.map { k.loadVector(k.address($0, block: block), vector) }
        let targets = targetTile(k, target, features: features, block: block, vector: vector)

        func tile(_ first: LLVMValue, _ width: Int, _ sum: LLVMValue) -> LLVMValue {
          var sum = sum
          for (feature, x) in targets(first, width).enumerated() {
            let offset = b.mulIndex(b.addIndex(first, feature), k.rowBytes)
            let l = k.loadVector(b.offset(from, bytes: offset), vector)
            sum = b.add(sum, b.sub(b.mul(x, l), b.softplus(l)))
            if let to, let weight {
              let sigmoid = b.sigmoid(l)
              k.storeVector(b.mul(weight, b.sub(x, sigmoid)), b.offset(to, bytes: offset), vector)
            }
          }
          return sum
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

  /// A function from a tile of features to the target's vectors for one vector of images.
  private static func targetTile(
    _ k: KernelBuilder, _ target: TensorSlot, features: Int, block: LLVMValue, vector: Int
  ) -> (LLVMValue, Int) -> [LLVMValue] {
    let b = k.b
    let source = k.address(target, block: block)
    guard target.type.element == .u8 else {
      return { first, width in
        (0..<width).map {
          k.loadVector(b.offset(source, bytes: b.mulIndex(b.addIndex(first, $0), k.rowBytes)), vector)
        }
      }
    }
    let images = k.images(in: block)
    return { first, width in
      LayoutKernels.loadTile(
        k, source, features: features, first: first, width: width, vector: vector, images: images, isBytes: true
      )
    }
  }
}
