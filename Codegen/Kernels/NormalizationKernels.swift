import IR
import LLVM

/// Normalization over images and positions. One task does whole channels: of all blocks where it sums, so that a sum is
/// made by one worker in a fixed order; of one block where it maps elements. A batch of one block is work for as many
/// workers as there are channels.
///
/// All of these are bound by memory: statistics read each element once, the map reads and writes once, the sums of the
/// gradient read two values, its map reads two and writes one.
public enum NormalizationKernels {
  /// `mean[c]`, `variance[c]` of x over images and positions.
  ///
  /// One pass: sums of the differences from the channel's first element and of their squares, so that a mean far from zero costs
  /// no digits (Chan, Golub and LeVeque 1983, section 3).
  public static func statistics(_ name: String, x: TensorSlot, mean: TensorSlot, variance: TensorSlot) -> Kernel
  {
    let runs = ChannelRuns(x.type)
    return Kernel(name, tasks: .fixed(runs.count)) { k, task in
      let b = k.b
      runs.forEach(k, task.part) { channel in
        let offset = b.mulIndex(channel, runs.positions * k.rowBytes)
        let shift = k.loadFloat(b.offset(k.address(x, block: b.i64(0)), bytes: offset))
        let shifts = b.splat(shift, lanes: k.lanes)
        let sums = sumBlocks(k, rows: runs.positions, sums: 2, reading: [(x, offset)]) { rows, _ in
          let difference = b.sub(rows[0], shifts)
          return { [b.add($0[0], difference), b.fma(difference, difference, $0[1])] }
        }
        let share = inverseCount(k, positions: runs.positions)
        let average = b.mul(sums[0], share)
        // The sum of squares about the mean is that about the shift less what the shift is off.
        let squares = b.sub(b.mul(sums[1], share), b.mul(average, average))
        let place = b.mulIndex(channel, 4)
        b.store(b.add(shift, average), to: b.offset(k.address(mean), bytes: place))
        b.store(b.maximum(squares, 0.0), to: b.offset(k.address(variance), bytes: place))
      }
    }
  }

  /// `dscale[c] = sum of dz (x - mean)`, `dbias[c] = sum of dz` with `dz = formula(dy, (x - mean) scale + bias)`.
  public static func sums(
    _ name: String, operands: [TensorSlot], formula: ScalarExpression, dscale: TensorSlot, dbias: TensorSlot
  ) -> Kernel {
    let runs = ChannelRuns(operands[0].type)
    return Kernel(name, tasks: .fixed(runs.count)) { k, task in
      let b = k.b
      runs.forEach(k, task.part) { channel in
        let numbers = operands.dropFirst(2).map {
          k.broadcast(b.offset(k.address($0), bytes: b.mulIndex(channel, 4)))
        }
        let offset = b.mulIndex(channel, runs.positions * k.rowBytes)
        let sums = sumBlocks(
          k, rows: runs.positions, sums: 2, reading: [(operands[0], offset), (operands[1], offset)]
        ) { rows, _ in
          let centred = numbers.isEmpty ? rows[1] : b.sub(rows[1], numbers[0])
          let normalized = numbers.count > 2 ? b.fma(centred, numbers[1], numbers[2]) : centred
          let dz = FormulaEmitter(b, lanes: k.lanes).emit(formula, operands: [rows[0], normalized])
          return { [b.fma(dz, centred, $0[0]), b.add($0[1], dz)] }
        }
        let place = b.mulIndex(channel, 4)
        b.store(sums[0], to: b.offset(k.address(dscale), bytes: place))
        b.store(sums[1], to: b.offset(k.address(dbias), bytes: place))
      }
    }
  }

  /// `y = formula((x - mean) scale + bias)`; bias and mean may be missing.
  public static func affine(
    _ name: String, operands: [TensorSlot], formula: ScalarExpression, y: TensorSlot
  ) -> Kernel {
    map(name, tensors: [operands[0]], numbers: Array(operands.dropFirst()), y: y) { k, rows, numbers in
      let b = k.b
      let centred = numbers.count > 2 ? b.sub(rows[0], numbers[2]) : rows[0]
      let value = numbers.count > 1 ? b.fma(centred, numbers[0], numbers[1]) : b.mul(centred, numbers[0])
      return FormulaEmitter(b, lanes: k.lanes).emit(formula, operands: [value])
    }
  }

  /// `dx = dz scale + (x - mean) slope + offset` with `dz = formula(dy, (x - mean) scale + bias)`; operands in the op's order.
  public static func gradient(
    _ name: String, operands: [TensorSlot], formula: ScalarExpression, dx: TensorSlot
  ) -> Kernel {
    let numbers = Array(operands.dropFirst(2))
    return map(name, tensors: Array(operands.prefix(2)), numbers: numbers, y: dx) { k, rows, numbers in
      let b = k.b
      let (scale, slope, offset, mean) = (numbers[0], numbers[1], numbers[2], numbers[3])
      let centred = b.sub(rows[1], mean)
      let normalized = numbers.count > 4 ? b.fma(centred, scale, numbers[4]) : centred
      let dz = FormulaEmitter(b, lanes: k.lanes).emit(formula, operands: [rows[0], normalized])
      // A product of its own: where a channel has one element, dz * scale and the offset are the same number, and what a fused
      // multiply-add would leave of the rounding is all that an optimizer that divides by the gradient's size would see.
      return b.add(b.mul(dz, scale), b.fma(centred, slope, offset))
    }
  }

  /// `y = 1 / M`, or `M / max(1, M - 1)`, with M the elements of a channel in the call.
  public static func count(_ name: String, of x: TensorSlot, isCorrection: Bool, y: TensorSlot) -> Kernel {
    let positions = ChannelRuns(x.type).positions
    return Kernel(name, tasks: .fixed(1)) { k, _ in
      let b = k.b
      let elements = b.mulIndex(k.count(), positions)
      let float = b.context.f32
      let value =
        isCorrection
        ? b.fdiv(
          b.uitofp(elements, to: float), b.uitofp(b.maximum(b.sub(elements, 1), b.i64(1)), to: float))
        : inverseCount(k, positions: positions)
      b.store(value, to: k.address(y))
    }
  }

  private static func inverseCount(_ k: KernelBuilder, positions: Int) -> LLVMValue {
    let b = k.b
    let elements = b.uitofp(b.mulIndex(k.count(), positions), to: b.context.f32)
    return b.fdiv(b.context.f32.constant(1.0), elements)
  }

  /// Maps elements with numbers of their channel; one task is some channels of a block. Lanes without an image become zero:
  /// a result may be a gradient, which sums over images follow.
  private static func map(
    _ name: String, tensors: [TensorSlot], numbers: [TensorSlot], y: TensorSlot,
    _ body: @escaping (KernelBuilder, _ rows: [LLVMValue], _ numbers: [LLVMValue]) -> LLVMValue
  ) -> Kernel {
    let runs = ChannelRuns(y.type)
    return Kernel(name, tasks: .perBlock(runs.count)) { k, task in
      guard let block = task.block else { return }
      let b = k.b
      let from = tensors.map { k.address($0, block: block) }
      let to = k.address(y, block: block)
      let bases = numbers.map { k.address($0) }
      let masks = (0..<k.target.tileVectors).map { k.mask(block: block, vector: $0) }
      runs.forEach(k, task.part) { channel in
        let values = bases.map { k.broadcast(b.offset($0, bytes: b.mulIndex(channel, 4))) }
        let first = b.mulIndex(channel, runs.positions)
        b.forLoop(from: 0, to: b.i64(runs.positions), name: "position") { position in
          let row = b.mulIndex(b.addIndex(first, position), k.rowBytes)
          for vector in 0..<k.target.tileVectors {
            let rows = from.map { k.loadVector(b.offset($0, bytes: row), vector) }
            let result = b.select(masks[vector], body(k, rows, values), k.vector.zero)
            k.storeVector(result, b.offset(to, bytes: row), vector)
          }
        }
      }
    }
  }

  /// Sums over the rows of a channel in all blocks, as scalars. Lanes without an image are left out block by block.
  ///
  /// Two rows at a time have sums of their own: with two vectors and two sums that is eight chains, which cover the latency of
  /// an addition.
  ///
  /// - Parameters:
  ///   - reading: the tensors, with the channel's place in a block of each.
  ///   - step: from the tensors' vectors of a row, what adds them to the sums.
  private static func sumBlocks(
    _ k: KernelBuilder, rows: Int, sums: Int, reading: [(slot: TensorSlot, offset: LLVMValue)],
    _ step: (_ rows: [LLVMValue], _ vector: Int) -> ([LLVMValue]) -> [LLVMValue]
  ) -> [LLVMValue] {
    let b = k.b
    let vectors = k.target.tileVectors
    let chains = min(2, rows)
    let zeros = Array(repeating: k.vector.zero, count: vectors * sums)
    let totals = b.forLoop(from: 0, to: k.blocks(), carrying: zeros, name: "block") { block, totals in
      let from = reading.map { b.offset(k.address($0.slot, block: block), bytes: $0.offset) }
      func add(_ row: LLVMValue, _ partial: [LLVMValue]) -> [LLVMValue] {
        (0..<vectors).flatMap { vector in
          let loaded = from.map { k.loadVector(b.offset($0, bytes: row), vector) }
          return step(loaded, vector)(Array(partial[vector * sums..<(vector + 1) * sums]))
        }
      }
      let whole = rows / chains
      let initial = Array(repeating: zeros, count: chains).flatMap { $0 }
      var partial = b.forLoop(from: 0, to: b.i64(whole), carrying: initial, name: "rows") { turn, carried in
        (0..<chains).flatMap { chain in
          let row = b.addIndex(b.mulIndex(turn, chains * k.rowBytes), chain * k.rowBytes)
          return add(row, Array(carried[chain * zeros.count..<(chain + 1) * zeros.count]))
        }
      }
      for row in whole * chains..<rows {
        partial.replaceSubrange(
          0..<zeros.count, with: add(b.i64(row * k.rowBytes), Array(partial[..<zeros.count])))
      }
      return (0..<vectors).flatMap { vector -> [LLVMValue] in
        let mask = k.mask(block: block, vector: vector)
        return (0..<sums).map { sum in
          let index = vector * sums + sum
          let ofBlock = (1..<chains).reduce(partial[index]) { b.add($0, partial[$1 * zeros.count + index]) }
          return b.add(totals[index], b.select(mask, ofBlock, k.vector.zero))
        }
      }
    }
    return (0..<sums).map { sum in
      b.sumOfLanes((1..<vectors).reduce(totals[sum]) { b.add($0, totals[$1 * sums + sum]) })
    }
  }
}
