import LLVM
import Random

/// The random numbers of `RandomStream`, one lane per image, any number of lanes: the words are the same bits,
/// the normal numbers those of the double-precision version within 4e-7 (1 + |z|).
///
/// Ten rounds cost 20 products of 32 by 32 bits and 40 logical operations a lane and give four words, so four
/// uniform or normal numbers; the round keys are scalars, made once by `init`, outside of the loops that draw.
public struct VectorRandomStream {
  private let builder: LLVMBuilder
  /// The key of each round as two i32.
  private let roundKeys: [(LLVMValue, LLVMValue)]

  /// The stream of a draw. Its keys are computed where the builder stands.
  ///
  /// - Parameters:
  ///   - seedLow, seedHigh: the seed's words (i32).
  ///   - stream: `streamIdentifier(of:)` of the draw.
  public init(
    _ builder: LLVMBuilder, seedLow: LLVMValue, seedHigh: LLVMValue, domain: RandomDomain, stream: UInt32
  ) {
    self.builder = builder
    // The key of a zero seed holds what `RandomStream` combines with the seed's words by exclusive or.
    let mask = RandomStream(seed: 0, domain: domain, stream: stream).key
    let key = (builder.xor(seedLow, Int(mask.0)), builder.xor(seedHigh, Int(mask.1)))
    roundKeys = (0..<Philox.rounds).map { round in
      let increments = Philox.increments
      return (
        builder.add(key.0, Int(increments.0 &* UInt32(round)), name: "key0"),
        builder.add(key.1, Int(increments.1 &* UInt32(round)), name: "key1")
      )
    }
  }

  /// Four words per lane for the elements `4 * block ..< 4 * block + 4`.
  ///
  /// - Parameters:
  ///   - image: the images' indices in the data set, `<W x i32>` (or i32 for one lane).
  ///   - block, epoch, sample: i32 scalars or literals.
  public func words(
    block: some LLVMOperand, image: LLVMValue, epoch: some LLVMOperand = 0, sample: some LLVMOperand = 0
  ) -> [LLVMValue] {
    let lanes = image.type.laneCount
    let (first, second) = Philox.multipliers
    var c = [
      splat(block, lanes), image, splat(epoch, lanes), splat(sample, lanes),
    ]
    for (key0, key1) in roundKeys {
      let p = product(c[0], Int(first))
      let q = product(c[2], Int(second))
      c = [
        builder.xor(builder.xor(q.high, c[1]), splat(key0, lanes)), q.low,
        builder.xor(builder.xor(p.high, c[3]), splat(key1, lanes)), p.low,
      ]
    }
    return c
  }

  /// Four uniform numbers in (0, 1) per lane, elements `4 * block ..< 4 * block + 4`: the bits of
  /// `RandomStream.uniform`, whose results are float32 numbers. Parameters as for `words`.
  public func uniforms(
    block: some LLVMOperand, image: LLVMValue, epoch: some LLVMOperand = 0, sample: some LLVMOperand = 0
  ) -> [LLVMValue] {
    words(block: block, image: image, epoch: epoch, sample: sample).map(unit)
  }

  /// Four standard normal numbers per lane, elements `4 * block ..< 4 * block + 4`, by Box and Muller (1958):
  /// the first two from words 0 and 1, the others from words 2 and 3. What is not used of them costs nothing
  /// after optimization. Parameters as for `words`.
  public func normals(
    block: some LLVMOperand, image: LLVMValue, epoch: some LLVMOperand = 0, sample: some LLVMOperand = 0
  ) -> [LLVMValue] {
    let u = uniforms(block: block, image: image, epoch: epoch, sample: sample)
    let first = pair(u[0], u[1])
    let second = pair(u[2], u[3])
    return [first.0, first.1, second.0, second.1]
  }

  /// Two independent normal numbers from two uniform ones: sqrt(-2 ln u) times cos and sin of 2 pi v.
  private func pair(_ u: LLVMValue, _ v: LLVMValue) -> (LLVMValue, LLVMValue) {
    let radius = builder.sqrt(builder.mul(builder.logOfPositive(u), -2.0))
    let angle = builder.sincos(turns: v)
    return (
      builder.mul(radius, angle.cos, name: "normal"), builder.mul(radius, angle.sin, name: "normal")
    )
  }

  /// `RandomStream.unit`: (word / 2^9 + 1/2) / 2^23, without rounding.
  private func unit(_ word: LLVMValue) -> LLVMValue {
    let upper = builder.lshr(word, 9)
    return builder.fma(builder.sitofp(upper, to: builder.context.f32), 0x1p-23, 0x1p-24, name: "uniform")
  }

  /// The two words of a product with a constant. The low word is a product of its own: from one wide product
  /// LLVM 19 makes half as many instructions again.
  private func product(_ a: LLVMValue, _ multiplier: Int) -> (high: LLVMValue, low: LLVMValue) {
    let wide = builder.mul(builder.zext(a, to: builder.context.i64), multiplier)
    let high = builder.trunc(builder.lshr(wide, 32), to: builder.context.i32)
    return (high, builder.mul(a, multiplier))
  }

  private func splat(_ scalar: some LLVMOperand, _ lanes: Int) -> LLVMValue {
    builder.splat(scalar.value(like: builder.context.i32), lanes: lanes)
  }
}
