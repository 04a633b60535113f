import IR
import LLVM

/// Sums over all pairs of images of a call. Lanes are images: a vector of a block's images meets every image of the call in
/// turn, whose numbers are broadcast, so that there are N * N / lanes steps of a few operations for each latent. One task is
/// a block, and the other images come in order.
///
/// All results are zero in lanes without an image, and no such lane is ever the other image.
public enum PairwiseKernels {
  /// `y[n] = mean over m of formula(mean of (a[n] - b[m])^2)`; without the image itself where `omitsSelf`.
  public static func kernelMeans(
    _ name: String, a: TensorSlot, b other: TensorSlot, formula: ScalarExpression, omitsSelf: Bool,
    y: TensorSlot
  ) -> Kernel {
    Kernel(name, tasks: .perBlock(1)) { k, task in
      guard let block = task.block else { return }
      let b = k.b
      for vector in 0..<k.target.tileVectors {
        let pairs = Pairs(k, block: block, vector: vector, omitsSelf: omitsSelf)
        let sum = pairs.visit(carrying: [k.vector.zero]) { image, sums in
          let distance = pairs.meanSquare(a, other, image)
          let value = FormulaEmitter(b, lanes: k.lanes).emit(formula, operands: [distance])
          return [b.add(sums[0], pairs.withoutSelf(value, image))]
        }[0]
        k.storeVector(pairs.masked(b.mul(sum, pairs.share)), k.address(y, block: block), vector)
      }
    }
  }

  /// The gradients of `kernelMeans` by a and b; `slope` is the derivative of its formula.
  public static func kernelMeansGradient(
    _ name: String, dy: TensorSlot, a: TensorSlot, b other: TensorSlot, slope: ScalarExpression,
    omitsSelf: Bool,
    da: TensorSlot, db: TensorSlot
  ) -> Kernel {
    let rows = a.type.count
    return Kernel(name, tasks: .perBlock(1)) { k, task in
      guard let block = task.block else { return }
      let b = k.b
      for vector in 0..<k.target.tileVectors {
        let pairs = Pairs(k, block: block, vector: vector, omitsSelf: omitsSelf)
        let own = k.loadVector(k.address(dy, block: block), vector)
        pairs.clear([da, db], rows: rows)
        pairs.visit { image in
          // The own image is the first of the pair, and then the second.
          for (mine, theirs, gradient, result) in [
            (a, other, own, da), (other, a, pairs.other(dy, image), db),
          ] {
            let distance = pairs.meanSquare(mine, theirs, image)
            let rate = FormulaEmitter(b, lanes: k.lanes).emit(slope, operands: [distance])
            let scale = pairs.withoutSelf(
              b.mul(b.mul(rate, pairs.share), b.mul(gradient, 2 / Double(rows))), image)
            pairs.forEachRow(rows) { row in
              let difference = b.sub(pairs.own(mine, row), pairs.other(theirs, image, row))
              pairs.accumulate(result, row) { b.fma(scale, difference, $0) }
            }
          }
        }
        pairs.mask([da, db], rows: rows)
      }
    }
  }

  /// `joint[n] = log mean over m of q(z[n] | m)`, `marginals[n, d]` the same of one latent, q the normal density of m's mean
  /// and logvar. The largest exponent is found first, so that none overflows and the sum is at least one.
  public static func aggregatePosterior(
    _ name: String, z: TensorSlot, mean: TensorSlot, logvar: TensorSlot, joint: TensorSlot,
    marginals: TensorSlot
  ) -> Kernel {
    let posterior = Posterior(z: z, mean: mean, logvar: logvar)
    return Kernel(name, tasks: .perBlock(1)) { k, task in
      guard let block = task.block else { return }
      for vector in 0..<k.target.tileVectors {
        let pairs = Pairs(k, block: block, vector: vector)
        let whole = logMeanExp(pairs) { posterior.jointOfOwn(pairs, $0) }
        k.storeVector(whole, k.address(joint, block: block), vector)
        pairs.forEachRow(z.type.count) { row in
          let one = logMeanExp(pairs) { image in
            posterior.density(
              pairs, z: pairs.own(z, row), mean: pairs.other(mean, image, row),
              logvar: pairs.other(logvar, image, row)
            ).log
          }
          pairs.accumulate(marginals, row) { _ in one }
        }
      }
    }
  }

  private static func logMeanExp(_ pairs: Pairs, _ exponent: (LLVMValue) -> LLVMValue) -> LLVMValue {
    let (k, b) = (pairs.k, pairs.k.b)
    let lowest = k.vector.constant(-Double.greatestFiniteMagnitude)
    let largest = pairs.visit(carrying: [lowest]) { image, carried in
      [b.maximum(carried[0], exponent(image))]
    }[0]
    let sum = pairs.visit(carrying: [k.vector.zero]) { image, sums in
      [b.add(sums[0], b.exp(b.sub(exponent(image), largest)))]
    }[0]
    return pairs.masked(b.add(largest, b.log(b.mul(sum, pairs.share))))
  }

  /// The gradients of `aggregatePosterior`; each density's share of its mean is made again from the results.
  public static func aggregatePosteriorGradient(
    _ name: String, operands: [TensorSlot], dz: TensorSlot, dmean: TensorSlot, dlogvar: TensorSlot
  ) -> Kernel {
    let (djoint, dmarginals, joint, marginals) = (operands[0], operands[1], operands[5], operands[6])
    let posterior = Posterior(z: operands[2], mean: operands[3], logvar: operands[4])
    let rows = posterior.z.type.count
    return Kernel(name, tasks: .perBlock(1)) { k, task in
      guard let block = task.block else { return }
      let b = k.b
      for vector in 0..<k.target.tileVectors {
        let pairs = Pairs(k, block: block, vector: vector)
        /// How the density changes the loss: through the row's, and through the latent's.
        func weight(_ log: LLVMValue, _ mean: LLVMValue, _ gradient: LLVMValue) -> LLVMValue {
          b.mul(b.mul(b.exp(b.sub(log, mean)), pairs.share), gradient)
        }
        pairs.clear([dz, dmean, dlogvar], rows: rows)
        let (ownJoint, ownGradient) = (
          k.loadVector(k.address(joint, block: block), vector),
          k.loadVector(k.address(djoint, block: block), vector)
        )
        pairs.visit { image in
          let ofOwn = weight(posterior.jointOfOwn(pairs, image), ownJoint, ownGradient)
          let ofOther = weight(
            posterior.jointOfOther(pairs, image), pairs.other(joint, image), pairs.other(djoint, image))
          pairs.forEachRow(rows) { row in
            // The own z under the other's posterior.
            let mine = posterior.density(
              pairs, z: pairs.own(posterior.z, row), mean: pairs.other(posterior.mean, image, row),
              logvar: pairs.other(posterior.logvar, image, row))
            let g = b.add(
              ofOwn, weight(mine.log, pairs.own(marginals, row), pairs.own(dmarginals, row)))
            pairs.accumulate(dz, row) { b.sub($0, b.mul(g, mine.pull)) }
            // The other's z under the own posterior.
            let theirs = posterior.density(
              pairs, z: pairs.other(posterior.z, image, row), mean: pairs.own(posterior.mean, row),
              logvar: pairs.own(posterior.logvar, row))
            let h = b.add(
              ofOther,
              weight(theirs.log, pairs.other(marginals, image, row), pairs.other(dmarginals, image, row)))
            pairs.accumulate(dmean, row) { b.fma(h, theirs.pull, $0) }
            let spread = b.mul(b.fma(theirs.difference, theirs.pull, k.vector.constant(-1.0)), 0.5)
            pairs.accumulate(dlogvar, row) { b.fma(h, spread, $0) }
          }
        }
        pairs.mask([dz, dmean, dlogvar], rows: rows)
      }
    }
  }
}

/// Normal densities of latents.
private struct Posterior {
  let z: TensorSlot
  let mean: TensorSlot
  let logvar: TensorSlot

  /// log N(z; mean, exp(logvar)), z - mean, and (z - mean) / exp(logvar).
  func density(
    _ pairs: Pairs, z: LLVMValue, mean: LLVMValue, logvar: LLVMValue
  ) -> (log: LLVMValue, difference: LLVMValue, pull: LLVMValue) {
    let b = pairs.k.b
    let difference = b.sub(z, mean)
    let pull = b.mul(difference, b.exp(b.neg(logvar)))
    let log = b.mul(b.add(b.fma(difference, pull, logvar), 1.837_877_066_409_345_5), -0.5)
    return (log, difference, pull)
  }

  /// log q(own z | other image).
  func jointOfOwn(_ pairs: Pairs, _ image: LLVMValue) -> LLVMValue {
    pairs.sumOfRows(z.type.count) { row in
      density(
        pairs, z: pairs.own(z, row), mean: pairs.other(mean, image, row),
        logvar: pairs.other(logvar, image, row)
      ).log
    }
  }

  /// log q(other image's z | own image).
  func jointOfOther(_ pairs: Pairs, _ image: LLVMValue) -> LLVMValue {
    pairs.sumOfRows(z.type.count) { row in
      density(pairs, z: pairs.other(z, image, row), mean: pairs.own(mean, row), logvar: pairs.own(logvar, row))
        .log
    }
  }
}

/// One vector of a block's images, and every image of the call beside it.
private struct Pairs {
  let k: KernelBuilder
  /// One over the other images that count, in all lanes; 0 where there are none.
  let share: LLVMValue
  private let block: LLVMValue
  private let vector: Int
  private let omitsSelf: Bool
  private let images: LLVMValue

  init(_ k: KernelBuilder, block: LLVMValue, vector: Int, omitsSelf: Bool = false) {
    self.k = k
    self.block = block
    self.vector = vector
    self.omitsSelf = omitsSelf
    let b = k.b
    images = k.count()
    let float = b.context.f32
    let others = omitsSelf ? b.sub(images, 1) : images
    let some = b.maximum(others, b.i64(1))
    let share = b.fdiv(float.constant(1.0), b.uitofp(some, to: float))
    self.share = b.splat(
      b.select(b.icmp(.sgt, others, 0), share, float.zero), lanes: k.lanes)
  }

  /// Runs `body` for each image of the call.
  func visit(_ body: (_ image: LLVMValue) -> Void) {
    k.b.forLoop(from: 0, to: images, name: "image") { body($0) }
  }

  func visit(carrying values: [LLVMValue], _ body: (LLVMValue, [LLVMValue]) -> [LLVMValue]) -> [LLVMValue] {
    k.b.forLoop(from: 0, to: images, carrying: values, name: "image", body)
  }

  func forEachRow(_ rows: Int, _ body: (_ row: LLVMValue) -> Void) {
    k.b.forLoop(from: 0, to: k.b.i64(rows), name: "latent") { body($0) }
  }

  func sumOfRows(_ rows: Int, _ body: (LLVMValue) -> LLVMValue) -> LLVMValue {
    let b = k.b
    return b.forLoop(from: 0, to: b.i64(rows), carrying: [k.vector.zero], name: "latent") { row, sums in
      [b.add(sums[0], body(row))]
    }[0]
  }

  /// A row of the own images.
  func own(_ slot: TensorSlot, _ row: LLVMValue) -> LLVMValue { k.loadVector(address(slot, row), vector) }

  /// A row of another image, in all lanes.
  func other(_ slot: TensorSlot, _ image: LLVMValue, _ row: LLVMValue) -> LLVMValue {
    k.broadcast(k.b.offset(otherAddress(slot, image), bytes: k.b.mulIndex(row, k.rowBytes)))
  }

  /// The number of another image, in all lanes.
  func other(_ slot: TensorSlot, _ image: LLVMValue) -> LLVMValue { k.broadcast(otherAddress(slot, image)) }

  private func otherAddress(_ slot: TensorSlot, _ image: LLVMValue) -> LLVMValue {
    let b = k.b
    let lane = b.urem(image, k.target.blockImages)
    return b.offset(
      k.address(slot, block: b.udiv(image, k.target.blockImages)), bytes: b.mulIndex(lane, 4))
  }

  private func address(_ slot: TensorSlot, _ row: LLVMValue) -> LLVMValue {
    k.b.offset(k.address(slot, block: block), bytes: k.b.mulIndex(row, k.rowBytes))
  }

  func meanSquare(_ a: TensorSlot, _ other: TensorSlot, _ image: LLVMValue) -> LLVMValue {
    let b = k.b
    let sum = b.forLoop(from: 0, to: b.i64(a.type.count), carrying: [k.vector.zero], name: "latent") {
      row, sums in
      let difference = b.sub(own(a, row), self.other(other, image, row))
      return [b.fma(difference, difference, sums[0])]
    }[0]
    return b.mul(sum, 1 / Double(a.type.count))
  }

  /// The value, zero in the lane that is the other image itself where that does not count.
  func withoutSelf(_ value: LLVMValue, _ image: LLVMValue) -> LLVMValue {
    guard omitsSelf else { return value }
    let b = k.b
    let first = b.addIndex(b.mulIndex(block, k.target.blockImages), vector * k.lanes)
    let lane = b.trunc(b.sub(image, first), to: b.context.i32)
    let below = b.mask(below: lane, lanes: k.lanes)
    let upTo = b.mask(below: b.add(lane, 1), lanes: k.lanes)
    return b.select(below, value, b.select(upTo, k.vector.zero, value))
  }

  /// The value, zero in lanes without an image.
  func masked(_ value: LLVMValue) -> LLVMValue {
    k.b.select(k.mask(block: block, vector: vector), value, k.vector.zero)
  }

  /// Changes a row of the own images.
  func accumulate(_ slot: TensorSlot, _ row: LLVMValue, _ change: (LLVMValue) -> LLVMValue) {
    let place = address(slot, row)
    k.storeVector(change(k.loadVector(place, vector)), place, vector)
  }

  func clear(_ slots: [TensorSlot], rows: Int) {
    forEachRow(rows) { row in for slot in slots { accumulate(slot, row) { _ in k.vector.zero } } }
  }

  func mask(_ slots: [TensorSlot], rows: Int) {
    forEachRow(rows) { row in for slot in slots { accumulate(slot, row, masked) } }
  }
}
