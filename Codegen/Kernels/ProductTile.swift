import LLVM

/// The batch-reduce GEMM micro-kernel behind dense layers and the three passes of convolution:
///
///     acc[row][v] += sum over outer, inner, k of broadcast(b[outer, inner, k, row]) * a[outer, inner, k, v]
///
/// `a` is read as vectors (lanes are images, or channels of a transposed map), `b` as single words. The arithmetic for
/// AVX-512: 12 rows x 2 vectors are 24 accumulators; a step of k costs 2 vector loads and 12 broadcasts for 24 FMAs, 7
/// load cycles beside 12 FMA cycles, and the 24 independent chains cover the FMA's latency (4 cycles x 2 units = 8).
/// With few rows the chains are too few; then k is split over copies of the accumulators, added at the end.
///
/// A word is a float, or two bfloat16 numbers that are two steps of the sum: then k counts pairs.
struct ProductTile {
  /// Byte offset of each row's word behind the broadcast pointer.
  var rowOffsets: [Int]
  var vectors: Int
  /// Steps of k, and bytes between them on both sides.
  var depth: Int
  var vectorStep: Int
  var broadcastStep: Int
  /// Bytes between turns of the two loops around k, and their turns where these are known now.
  var outer: Loop
  var inner: Loop
  var words = ProductWords.floats
  /// Whether little of the time is spent here, so that short code is better than fast code.
  var isRare = false

  struct Loop {
    var vectorStep: Int
    var broadcastStep: Int

    static let none = Loop(vectorStep: 0, broadcastStep: 0)
  }

  var rows: Int { rowOffsets.count }

  /// Copies of the accumulators, so that there are chains enough for the FMA units.
  private var copies: Int { isRare ? 1 : max(1, min(depth, (8 + rows * vectors - 1) / (rows * vectors))) }

  /// Steps of k in a turn of its loop: a multiple of the copies, about 48 FMAs.
  private var unrolled: Int {
    if isRare { return 1 }
    let wanted = max(1, 48 / (rows * vectors * copies)) * copies
    return min(max(copies, wanted), max(copies, depth / copies * copies))
  }

  /// True where k has a loop of its own, of `unrolled` steps a turn.
  var isLoop: Bool { depth / unrolled > 1 }

  /// What differs between tiles that can share their code, each an i64: that is told them when it runs.
  struct Steps {
    /// Turns of the loop over k.
    var turns: LLVMValue
    /// Bytes between turns of the outer loop.
    var outer: (vector: LLVMValue, broadcast: LLVMValue)

    /// From `stepNumbers`.
    init(_ numbers: [LLVMValue]) {
      turns = numbers[0]
      outer = (numbers[1], numbers[2])
    }
  }

  /// The numbers that `Steps` has.
  var stepNumbers: [Int] { [depth / unrolled, outer.vectorStep, outer.broadcastStep] }

  /// The tile without them: of the depth, whether there is a loop, and what is behind it.
  var shape: ProductTile {
    var shape = self
    shape.outer = .none
    if isLoop { shape.depth = 2 * unrolled + depth % unrolled }
    return shape
  }

  /// Emits the loops. `outerCount` and `innerCount` are i64 and may be zero; the accumulators begin at `initial`, which like
  /// the result is [row][vector].
  ///
  /// - Parameter steps: what takes the place of the tile's own numbers.
  func emit(
    _ k: KernelBuilder, vectors a: LLVMValue, broadcasts w: LLVMValue, outerCount: LLVMValue,
    innerCount: LLVMValue, initial: [[LLVMValue]], steps: Steps? = nil
  ) -> [[LLVMValue]] {
    let b = k.b
    let innerLoop = inner
    let steps = steps ?? Steps(stepNumbers.map { b.i64($0) })
    let zero = k.vector.zero
    var accumulators = (0..<copies).flatMap { copy in
      initial.flatMap { $0 }.map { copy == 0 ? $0 : zero }
    }
    let operands = [b.opaque(a), b.opaque(w)]
    accumulators = b.forLoop(from: 0, to: outerCount, carrying: operands + accumulators, name: "outer") {
      _, outer in
      let results = b.forLoop(from: 0, to: innerCount, carrying: outer, name: "inner") { _, inner in
        let sums = reduceDepth(k, inner[0], inner[1], Array(inner.dropFirst(2)), steps)
        return [
          b.offset(inner[0], bytes: innerLoop.vectorStep), b.offset(inner[1], bytes: innerLoop.broadcastStep),
        ] + sums
      }
      return [
        b.offset(outer[0], bytes: steps.outer.vector), b.offset(outer[1], bytes: steps.outer.broadcast),
      ] + results.dropFirst(2)
    }
    accumulators.removeFirst(2)
    return (0..<rows).map { row in
      (0..<vectors).map { vector in
        (1..<copies).reduce(accumulators[row * vectors + vector]) { sum, copy in
          b.add(sum, accumulators[(copy * rows + row) * vectors + vector])
        }
      }
    }
  }

  /// The loop over k, `unrolled` steps a turn, and the rest behind it.
  private func reduceDepth(
    _ k: KernelBuilder, _ a: LLVMValue, _ w: LLVMValue, _ accumulators: [LLVMValue], _ steps: Steps
  ) -> [LLVMValue] {
    let b = k.b
    var (a, w, sums) = (a, w, accumulators)
    func emit(_ count: Int) {
      for step in 0..<count { self.step(k, a, w, step, &sums) }
    }
    guard isLoop else {
      emit(depth)
      return sums
    }
    let results = b.forLoop(from: 0, to: steps.turns, carrying: [a, w] + sums, name: "k") { _, carried in
      (a, w, sums) = (carried[0], carried[1], Array(carried.dropFirst(2)))
      emit(unrolled)
      return [
        b.offset(a, bytes: unrolled * vectorStep), b.offset(w, bytes: unrolled * broadcastStep),
      ] + sums
    }
    (a, w, sums) = (results[0], results[1], Array(results.dropFirst(2)))
    emit(depth % unrolled)
    return sums
  }

  private func step(
    _ k: KernelBuilder, _ a: LLVMValue, _ w: LLVMValue, _ step: Int, _ sums: inout [LLVMValue]
  ) {
    let b = k.b
    let copy = step % copies
    func multiplyAdd<Words>(
      _ load: (LLVMValue, Int) -> Words, _ broadcast: (LLVMValue) -> Words,
      _ add: (Words, Words, LLVMValue) -> LLVMValue
    ) {
      let columns = (0..<vectors).map { load(b.offset(a, bytes: step * vectorStep), $0) }
      for (row, rowOffset) in rowOffsets.enumerated() {
        let factor = broadcast(b.offset(w, bytes: step * broadcastStep + rowOffset))
        for vector in 0..<vectors {
          let index = (copy * rows + row) * vectors + vector
          sums[index] = add(factor, columns[vector], sums[index])
        }
      }
    }
    switch words {
    case .floats: multiplyAdd({ k.loadVector($0, $1) }, { k.broadcast($0) }, { b.fma($0, $1, $2) })
    case .pairs:
      multiplyAdd(
        { k.pairs(k.loadWords($0, $1)) }, { k.pairs(k.broadcastWord($0)) },
        { k.addProducts($0, $1, to: $2) })
    }
  }
}

/// `total` rows cut into tiles of at most `limit` rows whose sizes differ by at most one: (first row, rows, tiles) runs of
/// equal size.
func tileRuns(_ total: Int, limit: Int) -> [(start: Int, size: Int, tiles: Int)] {
  guard total > 0 else { return [] }
  let tiles = (total + limit - 1) / limit
  let size = total / tiles
  let larger = total % tiles
  var runs: [(start: Int, size: Int, tiles: Int)] = []
  if larger > 0 { runs.append((0, size + 1, larger)) }
  runs.append((larger * (size + 1), size, tiles - larger))
  return runs
}
