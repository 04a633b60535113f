import IR
import LLVM
import Random

/// Draws and their divergence. Lanes are images, so a vector of image numbers is a vector of counters, and one block of
/// the generator gives four latents of every image.
public enum LatentKernels {
  /// Where a draw's standard normal numbers come from.
  public enum Noise {
    /// Made on the spot.
    case drawn(
      seed: TensorSlot, epoch: TensorSlot, index: TensorSlot, sample: TensorSlot?, stream: UInt32,
      domain: RandomDomain)
    case given(TensorSlot)
  }

  /// The noise of a draw from an operation's attributes and its counters: seed, epoch, index and perhaps the sample.
  public static func drawn(_ attributes: Attributes, _ counters: [TensorSlot]) -> Noise {
    let domain = RandomDomain.allCases.first { $0.name == attributes.symbol("domain") } ?? .train
    return .drawn(
      seed: counters[0], epoch: counters[1], index: counters[2], sample: counters.count > 3 ? counters[3] : nil,
      stream: UInt32(truncatingIfNeeded: attributes.int("stream")), domain: domain)
  }

  /// `y = noise`.
  public static func noise(_ name: String, noise: Noise, y: TensorSlot) -> Kernel {
    perLatent(name, latents: y.type.count, noise: noise, sums: 0) { k, row, vector, noise, block in
      k.storeVector(noise, b(k).offset(k.address(y, block: block), bytes: row), vector)
      return []
    } finish: { _, _, _, _ in
    }
  }

  /// `z = mean + exp(logvar / 2) * noise` and `kl = sum of (mean^2 + exp(logvar) - 1 - logvar) / 2`.
  public static func forward(
    _ name: String, mean: TensorSlot, logvar: TensorSlot, noise: Noise, z: TensorSlot, kl: TensorSlot
  ) -> Kernel {
    perLatent(name, latents: mean.type.count, noise: noise, sums: 1) { k, row, vector, noise, block in
      let b = k.b
      let m = k.loadVector(b.offset(k.address(mean, block: block), bytes: row), vector)
      let l = k.loadVector(b.offset(k.address(logvar, block: block), bytes: row), vector)
      let deviation = b.exp(b.mul(l, 0.5))
      k.storeVector(b.fma(deviation, noise, m), b.offset(k.address(z, block: block), bytes: row), vector)
      let variance = b.mul(deviation, deviation)
      let term = b.fma(m, m, b.sub(b.sub(variance, 1.0), l))
      return [b.mul(term, 0.5)]
    } finish: { k, sums, vector, block in
      k.storeVector(sums[0], k.address(kl, block: block), vector)
    }
  }

  /// The gradients of `forward` by mean and logvar.
  public static func backward(
    _ name: String, mean: TensorSlot, logvar: TensorSlot, dz: TensorSlot, dkl: TensorSlot, noise: Noise,
    dmean: TensorSlot, dlogvar: TensorSlot
  ) -> Kernel {
    perLatent(name, latents: mean.type.count, noise: noise, sums: 0) { k, row, vector, noise, block in
      let b = k.b
      func load(_ slot: TensorSlot) -> LLVMValue {
        k.loadVector(b.offset(k.address(slot, block: block), bytes: row), vector)
      }
      let (m, l, gradient) = (load(mean), load(logvar), load(dz))
      let weight = k.loadVector(k.address(dkl, block: block), vector)
      let deviation = b.exp(b.mul(l, 0.5))
      k.storeVector(b.fma(weight, m, gradient), b.offset(k.address(dmean, block: block), bytes: row), vector)
      let fromDraw = b.mul(gradient, b.mul(noise, deviation))
      let fromDivergence = b.mul(weight, b.sub(b.mul(deviation, deviation), 1.0))
      k.storeVector(
        b.mul(b.add(fromDraw, fromDivergence), 0.5), b.offset(k.address(dlogvar, block: block), bytes: row),
        vector)
      return []
    } finish: { _, _, _, _ in
    }
  }

  private static func b(_ k: KernelBuilder) -> LLVMBuilder { k.b }

  /// Runs `body(row offset in bytes, vector, noise)` for each latent of a block; it returns what is to be added up.
  private static func perLatent(
    _ name: String, latents: Int, noise: Noise, sums: Int,
    _ body: @escaping (KernelBuilder, LLVMValue, LLVMValue, LLVMValue, LLVMValue) -> [LLVMValue],
    finish: @escaping (KernelBuilder, [LLVMValue], LLVMValue, LLVMValue) -> Void
  ) -> Kernel {
    Kernel(name, tasks: .perBlock(1)) { k, task in
      guard let block = task.block else { return }
      let b = k.b
      k.forEachVector { vector in
        let four = normals(k, noise, block: block, vector: vector)
        let zeros = Array(repeating: k.vector.zero, count: sums)
        func group(_ index: LLVMValue, _ count: Int, _ totals: [LLVMValue]) -> [LLVMValue] {
          var totals = totals
          for (element, value) in four(index, count).enumerated() {
            let row = b.addIndex(b.mulIndex(index, 4 * k.rowBytes), element * k.rowBytes)
            totals = zip(totals, body(k, row, vector, value, block)).map { b.add($0, $1) }
          }
          return totals
        }
        var totals = b.forLoop(from: 0, to: b.i64(latents / 4), carrying: zeros, name: "four") {
          group($0, 4, $1)
        }
        if latents % 4 > 0 { totals = group(b.i64(latents / 4), latents % 4, totals) }
        finish(k, totals, vector, block)
      }
    }
  }

  /// A function from a group of four latents to their noise for one vector of images.
  private static func normals(
    _ k: KernelBuilder, _ noise: Noise, block: LLVMValue, vector: LLVMValue
  ) -> (LLVMValue, Int) -> [LLVMValue] {
    let b = k.b
    switch noise {
    case .given(let slot):
      let from = k.address(slot, block: block)
      return { group, count in
        (0..<count).map { element in
          let row = b.addIndex(b.mulIndex(group, 4 * k.rowBytes), element * k.rowBytes)
          return k.loadVector(b.offset(from, bytes: row), vector)
        }
      }
    case .drawn(let seed, let epoch, let index, let sample, let stream, let domain):
      let words = b.context.i32
      let seedAddress = k.address(seed)
      let draw = VectorRandomStream(
        b, seedLow: b.load(words, from: seedAddress),
        seedHigh: b.load(words, from: b.offset(seedAddress, bytes: 4)),
        domain: domain, stream: stream)
      let images = b.maskedLoad(
        words.lanes(k.lanes),
        from: b.offset(k.address(index, block: block), bytes: b.mulIndex(vector, k.lanes * 4)),
        mask: k.mask(block: block, vector: vector))
      let epochWord = b.load(words, from: k.address(epoch))
      let row = k.sample(of: block)
      let sampleWord = sample.map { b.add(b.load(words, from: k.address($0)), row) } ?? row
      return { group, count in
        Array(
          draw.normals(block: b.trunc(group, to: words), image: images, epoch: epochWord, sample: sampleWord)
            .prefix(
              count))
      }
    }
  }
}
