import LLVM

/// What a product reads as one word of 32 bits.
public enum ProductWords: Sendable {
  case floats
  /// Two bfloat16 numbers, neighbours in the direction in which the product sums; the first in the lower half.
  case pairs
}

/// Two bfloat16 numbers in each lane, as the machine multiplies them.
enum BfloatPairs {
  /// The instruction's operand.
  case whole(LLVMValue)
  /// Both numbers as floats, where there is no instruction.
  case halves(low: LLVMValue, high: LLVMValue)
}

extension KernelBuilder {
  /// The pairs in the lanes of a vector of words.
  func pairs(_ words: LLVMValue) -> BfloatPairs {
    guard !target.multipliesPairs else { return .whole(b.pairOperand(words)) }
    let (low, high) = (b.shl(words, 16), b.and(words, Int(Int32(bitPattern: 0xFFFF_0000))))
    return .halves(low: b.bitcast(low, to: b.context.f32), high: b.bitcast(high, to: b.context.f32))
  }

  /// `sum + x.high * y.high`, then `+ x.low * y.low`: the order of x86's VDPBF16PS (Intel SDM, volume 2), whose products are
  /// exact, so that with and without the instruction the sums have the same bits. (It takes denormal numbers as zero, which all
  /// training does.)
  func addProducts(_ x: BfloatPairs, _ y: BfloatPairs, to sum: LLVMValue) -> LLVMValue {
    switch (x, y) {
    case (.whole(let x), .whole(let y)): return b.pairDot(sum, x, y)
    case (.halves(let lowX, let highX), .halves(let lowY, let highY)):
      return b.fma(lowX, lowY, b.fma(highX, highY, sum))
    default: preconditionFailure("pairs of two machines")
    }
  }

  /// One vector of words of a row.
  func loadWords(_ address: LLVMValue, _ index: Int = 0) -> LLVMValue {
    b.load(b.context.i32.lanes(lanes), from: b.offset(address, bytes: index * lanes * 4))
  }

  /// A word from memory in all lanes.
  func broadcastWord(_ address: LLVMValue) -> LLVMValue {
    b.splat(b.load(b.context.i32, from: address), lanes: lanes)
  }
}

extension LLVMBuilder {
  /// The bfloat16 number nearest to a float, ties to even, in the lower half of an i32. A NaN stays one.
  func bfloat16Bits(_ x: LLVMValue) -> LLVMValue {
    let bits = bitcast(x, to: context.i32)
    let upper = lshr(bits, 16)
    // Half of the last place, less the least where the bit that stays last is zero.
    let rounded = lshr(add(bits, add(and(upper, 1), 0x7FFF)), 16)
    return select(fcmp(.uno, x, x), or(upper, 0x40), rounded)
  }

  /// The float of a bfloat16 number in an i16.
  func float(ofBfloat16 bits: LLVMValue) -> LLVMValue {
    bitcast(shl(zext(bits, to: context.i32), 16), to: context.f32)
  }
}

/// Between float32 and bfloat16 in memory.
public enum ConversionKernels {
  /// Rows of a block that one task does.
  private static let rowsPerTask = 64

  /// `to_bf16` or `to_f32`, as the types of the slots say. Both have the layout of one tensor: a row of a block, or the elements
  /// in their order.
  public static func kernel(_ name: String, from: TensorSlot, to: TensorSlot) -> Kernel {
    from.type.isPerImage ? perImage(name, from, to) : flat(name, from, to)
  }

  private static func perImage(_ name: String, _ from: TensorSlot, _ to: TensorSlot) -> Kernel {
    let rows = from.type.count
    return Kernel(name, tasks: .perBlock((rows + rowsPerTask - 1) / rowsPerTask)) { k, task in
      let b = k.b
      let (source, target) = (k.address(from, block: task.block), k.address(to, block: task.block))
      let first = b.mulIndex(task.part, rowsPerTask * k.target.blockImages)
      let past = b.addIndex(first, rowsPerTask * k.target.blockImages)
      let count = rows * k.target.blockImages
      let end = b.select(b.icmp(.slt, past, count), past, b.i64(count))
      b.forLoop(from: first, to: end, step: k.lanes, name: "vector") {
        convert(k, from, source, to, target, element: $0, lanes: k.lanes)
      }
    }
  }

  private static func flat(_ name: String, _ from: TensorSlot, _ to: TensorSlot) -> Kernel {
    let count = from.type.count
    let size = ElementwiseKernels.elementsPerTask
    return Kernel(name, tasks: .fixed((count + size - 1) / size)) { k, task in
      let b = k.b
      let (source, target) = (k.address(from), k.address(to))
      let first = b.mulIndex(task.part, size)
      let past = b.addIndex(first, size)
      let end = b.select(b.icmp(.slt, past, count), past, b.i64(count))
      let whole = b.sub(end, b.urem(b.sub(end, first), k.lanes))
      b.forLoop(from: first, to: whole, step: k.lanes, name: "vector") {
        convert(k, from, source, to, target, element: $0, lanes: k.lanes)
      }
      b.forLoop(from: whole, to: end, name: "rest") {
        convert(k, from, source, to, target, element: $0, lanes: 1)
      }
    }
  }

  private static func convert(
    _ k: KernelBuilder, _ from: TensorSlot, _ source: LLVMValue, _ to: TensorSlot, _ target: LLVMValue,
    element: LLVMValue, lanes: Int
  ) {
    let b = k.b
    func place(_ slot: TensorSlot, _ base: LLVMValue) -> LLVMValue {
      b.offset(base, bytes: b.mulIndex(element, slot.type.element.byteCount))
    }
    let value: LLVMValue
    if to.type.element == .bf16 {
      let x = b.load(b.context.f32.lanes(lanes), from: place(from, source))
      value = b.trunc(b.bfloat16Bits(x), to: b.context.i16)
    } else {
      value = b.float(ofBfloat16: b.load(b.context.i16.lanes(lanes), from: place(from, source)))
    }
    b.store(value, to: place(to, target))
  }
}

/// Interleaves rows of bfloat16 numbers: from `[outer][depth][inner]` to words `[outer][half of the depth][inner]`, each of a
/// number and its neighbour in depth; behind an odd depth's last one stands zero. So a product that sums over the depth finds
/// the two numbers that go to one sum in one word.
public struct PairInterleaving {
  public let outer: Int
  public let depth: Int
  public let inner: Int

  public init(outer: Int, depth: Int, inner: Int) {
    (self.outer, self.depth, self.inner) = (outer, depth, inner)
  }

  private var pairs: Int { (depth + 1) / 2 }
  public var byteCount: Int { outer * pairs * inner * 4 }

  /// The most tasks of a tensor without images.
  private static let tasks = 16

  /// From a block's part to a block's part, which are one `[depth][inner]` each: one task is a pair of depths.
  public func perBlock(_ name: String, from: TensorSlot, to: TensorSlot) -> Kernel {
    Kernel(name, tasks: .perBlock(pairs)) { k, task in
      row(k, k.address(from, block: task.block), k.address(to, block: task.block), number: task.part)
    }
  }

  /// Of a tensor without images: one task is some rows of pairs.
  public func flat(_ name: String, from: TensorSlot, to: TensorSlot) -> Kernel {
    // Neighbours in memory are words as they are.
    let rows = inner == 1 ? outer : outer * pairs
    let tasks = min(Self.tasks, rows)
    return Kernel(name, tasks: .fixed(tasks)) { k, task in
      let b = k.b
      let first = b.udiv(b.mulIndex(task.part, rows), tasks)
      let end = b.udiv(b.mulIndex(b.add(task.part, 1), rows), tasks)
      let (source, target) = (k.address(from), k.address(to))
      b.forLoop(from: first, to: end, name: "row") { number in
        if inner == 1 {
          copyRow(k, source, target, number: number)
        } else {
          row(k, source, target, number: number)
        }
      }
    }
  }

  /// A pair of rows, number `outer index * pairs + pair`.
  private func row(_ k: KernelBuilder, _ source: LLVMValue, _ target: LLVMValue, number: LLVMValue) {
    let b = k.b
    let pair = outer == 1 ? number : b.urem(number, pairs)
    let step = b.mulIndex(pair, 2)
    let index = outer == 1 ? step : b.add(b.mulIndex(b.udiv(number, pairs), depth), step)
    let low = b.offset(source, bytes: b.mulIndex(index, inner * 2))
    let to = b.offset(target, bytes: b.mulIndex(number, inner * 4))
    let both = { interleave(k, low, b.offset(low, bytes: inner * 2), to) }
    guard depth % 2 == 1 else { return both() }
    _ = b.ifThen(
      b.icmp(.slt, step, depth - 1), name: "pair",
      {
        both()
        return []
      },
      else: {
        interleave(k, low, nil, to)
        return []
      })
  }

  private func interleave(_ k: KernelBuilder, _ low: LLVMValue, _ high: LLVMValue?, _ to: LLVMValue) {
    let b = k.b
    func words(_ element: LLVMValue, lanes: Int) {
      func half(_ base: LLVMValue) -> LLVMValue {
        let bits = b.load(b.context.i16.lanes(lanes), from: b.offset(base, bytes: b.mulIndex(element, 2)))
        return b.zext(bits, to: b.context.i32)
      }
      let word = high.map { b.or(half(low), b.shl(half($0), 16)) } ?? half(low)
      b.store(word, to: b.offset(to, bytes: b.mulIndex(element, 4)))
    }
    let whole = inner / k.lanes * k.lanes
    b.forLoop(from: 0, to: b.i64(whole), step: k.lanes, name: "vector") { words($0, lanes: k.lanes) }
    b.forLoop(from: whole, to: b.i64(inner), name: "rest") { words($0, lanes: 1) }
  }

  /// A row of depths that are neighbours in memory.
  private func copyRow(_ k: KernelBuilder, _ source: LLVMValue, _ target: LLVMValue, number: LLVMValue) {
    let b = k.b
    let from = b.offset(source, bytes: b.mulIndex(number, depth * 2))
    let to = b.offset(target, bytes: b.mulIndex(number, pairs * 4))
    func words(_ pair: LLVMValue, lanes: Int) {
      let offset = b.mulIndex(pair, 4)
      // A row of odd length begins at any number.
      let word = b.load(b.context.i32.lanes(lanes), from: b.offset(from, bytes: offset), align: 2)
      b.store(word, to: b.offset(to, bytes: offset))
    }
    let (full, whole) = (depth / 2, depth / 2 / k.lanes * k.lanes)
    b.forLoop(from: 0, to: b.i64(whole), step: k.lanes, name: "vector") { words($0, lanes: k.lanes) }
    b.forLoop(from: whole, to: b.i64(full), name: "rest") { words($0, lanes: 1) }
    guard depth % 2 == 1 else { return }
    let last = b.load(b.context.i16, from: b.offset(from, bytes: (depth - 1) * 2))
    b.store(b.zext(last, to: b.context.i32), to: b.offset(to, bytes: full * 4))
  }
}
