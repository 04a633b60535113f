import IR
import LLVM

/// Sums in a fixed order: over a block's rows lane by lane, over images in the order of the blocks.
public enum ReductionKernels {
  /// `y[n] = scale * sum of x[n, ...]`. Four running sums hide the addition's latency; they are added at the end.
  public static func perImage(_ name: String, x: TensorSlot, y: TensorSlot, scale: Double) -> Kernel {
    let rows = x.type.count
    return Kernel(name, tasks: .perBlock(1)) { k, task in
      let b = k.b
      let from = k.address(x, block: task.block)
      let to = k.address(y, block: task.block)
      for vector in 0..<k.target.tileVectors {
        let sum = sumRows(k, from: from, rows: rows, vector: vector)
        k.storeVector(scale == 1 ? sum : b.mul(sum, scale), to, vector)
      }
    }
  }

  /// The sum of a vector's rows from an address on.
  static func sumRows(_ k: KernelBuilder, from: LLVMValue, rows: Int, vector: Int) -> LLVMValue {
    let b = k.b
    let chains = min(4, rows)
    let whole = rows / chains
    var sums = b.forLoop(
      from: 0, to: b.i64(whole), carrying: Array(repeating: k.vector.zero, count: chains), name: "rows"
    ) { turn, sums in
      sums.indices.map { chain in
        let row = b.offset(from, bytes: b.mulIndex(turn, chains * k.rowBytes))
        return b.add(sums[chain], k.loadVector(b.offset(row, bytes: chain * k.rowBytes), vector))
      }
    }
    for row in whole * chains..<rows {
      sums[0] = b.add(sums[0], k.loadVector(b.offset(from, bytes: row * k.rowBytes), vector))
    }
    return sums.dropFirst().reduce(sums[0]) { b.add($0, $1) }
  }

  /// `y[n, c] = (x[n, c] - m) - log(sum over c of exp(x[n, c] - m))`, m the largest of an image, so that nothing overflows and no
  /// digit of a probability near 1 is lost. Three passes over a block's rows, which lie in the nearest cache.
  public static func logSoftmax(_ name: String, x: TensorSlot, y: TensorSlot) -> Kernel {
    let classes = y.type.count
    return Kernel(name, tasks: .perBlock(1)) { k, task in
      let b = k.b
      let from = k.address(x, block: task.block)
      let to = k.address(y, block: task.block)
      for vector in 0..<k.target.tileVectors {
        func rows(
          from first: Int, _ initial: LLVMValue, _ body: @escaping (LLVMValue, LLVMValue) -> LLVMValue
        ) -> LLVMValue {
          b.forLoop(from: b.i64(first), to: b.i64(classes), carrying: [initial], name: "class") {
            row, carried in
            let offset = b.mulIndex(row, k.rowBytes)
            return [body(carried[0], k.loadVector(b.offset(from, bytes: offset), vector))]
          }[0]
        }
        let largest = rows(from: 1, k.loadVector(from, vector)) { b.maxnum($0, $1) }
        let sum = rows(from: 0, k.vector.zero) { b.add($0, b.exp(b.sub($1, largest))) }
        let logOfSum = b.logOfPositive(sum)
        b.forLoop(from: 0, to: b.i64(classes), name: "class") { row in
          let offset = b.mulIndex(row, k.rowBytes)
          let value = b.sub(k.loadVector(b.offset(from, bytes: offset), vector), largest)
          k.storeVector(b.sub(value, logOfSum), b.offset(to, bytes: offset), vector)
        }
      }
    }
  }

  /// `y = sum over the images of the call, divided by their number`.
  public static func meanImages(_ name: String, x: TensorSlot, y: TensorSlot) -> Kernel {
    sumOfEverything(name, x: x, y: y, divides: true)
  }

  /// `y = sum of everything`; lanes without an image count as zero.
  public static func sumElements(_ name: String, x: TensorSlot, y: TensorSlot) -> Kernel {
    if x.type.isPerImage { return sumOfEverything(name, x: x, y: y, divides: false) }
    let count = x.type.count
    return Kernel(name, tasks: .fixed(1)) { k, _ in
      let b = k.b
      let from = k.address(x)
      let whole = count / k.lanes
      var sum = b.forLoop(from: 0, to: b.i64(whole), carrying: [k.vector.zero], name: "element") {
        index, sums in
        [b.add(sums[0], b.load(k.vector, from: b.offset(from, bytes: b.mulIndex(index, k.lanes * 4))))]
      }[0]
      if count % k.lanes > 0 {
        let mask = b.mask(below: b.i32(count % k.lanes), lanes: k.lanes)
        sum = b.add(sum, b.maskedLoad(k.vector, from: b.offset(from, bytes: whole * k.lanes * 4), mask: mask))
      }
      b.store(b.sumOfLanes(sum), to: k.address(y))
    }
  }

  private static func sumOfEverything(_ name: String, x: TensorSlot, y: TensorSlot, divides: Bool) -> Kernel {
    let rows = x.type.count
    return Kernel(name, tasks: .fixed(1)) { k, _ in
      let b = k.b
      let zeros = Array(repeating: k.vector.zero, count: k.target.tileVectors)
      let sums = b.forLoop(from: 0, to: k.blocks(), carrying: zeros, name: "block") { block, sums in
        let from = k.address(x, block: block)
        return sums.indices.map { vector in
          let sum = sumRows(k, from: from, rows: rows, vector: vector)
          return b.add(sums[vector], b.select(k.mask(block: block, vector: vector), sum, k.vector.zero))
        }
      }
      let total = b.sumOfLanes(sums.dropFirst().reduce(sums[0]) { b.add($0, $1) })
      let images = b.uitofp(k.count(), to: b.context.f32)
      b.store(divides ? b.fdiv(total, images) : total, to: k.address(y))
    }
  }

  /// `y[n] = x`, divided by the images of the call or not, and 0 in lanes without an image: the gradient of every term begins here,
  /// so that nothing of a lane without an image reaches a weight.
  public static func spreadOverImages(_ name: String, x: TensorSlot, y: TensorSlot, divides: Bool) -> Kernel {
    Kernel(name, tasks: .perBlock(1)) { k, task in
      let b = k.b
      let whole = k.loadFloat(k.address(x))
      let share = divides ? b.fdiv(whole, b.uitofp(k.count(), to: b.context.f32)) : whole
      guard let block = task.block else { return }
      let to = k.address(y, block: block)
      for vector in 0..<k.target.tileVectors {
        let value = b.select(
          k.mask(block: block, vector: vector), b.splat(share, lanes: k.lanes), k.vector.zero)
        k.storeVector(value, to, vector)
      }
    }
  }

  /// `y[c] = sum over images and positions of x[c]`. One task is one channel. Lanes without an image hold zeros in a
  /// gradient, but not in other values: they are masked.
  public static func toChannels(_ name: String, x: TensorSlot, y: TensorSlot) -> Kernel {
    let channels = y.type.extents[0]
    let positions = x.type.count / max(1, channels)
    return Kernel(name, tasks: .fixed(channels)) { k, task in
      let b = k.b
      let offset = b.mulIndex(task.part, positions * k.rowBytes)
      let zeros = Array(repeating: k.vector.zero, count: k.target.tileVectors)
      let sums = b.forLoop(from: 0, to: k.blocks(), carrying: zeros, name: "block") { block, sums in
        let from = b.offset(k.address(x, block: block), bytes: offset)
        return sums.indices.map { vector in
          let sum = sumRows(k, from: from, rows: positions, vector: vector)
          return b.add(sums[vector], b.select(k.mask(block: block, vector: vector), sum, k.vector.zero))
        }
      }
      let total = b.sumOfLanes(sums.dropFirst().reduce(sums[0]) { b.add($0, $1) })
      b.store(total, to: b.offset(k.address(y), bytes: b.mulIndex(task.part, 4)))
    }
  }

  /// `y[n, c, ...] = x[n, c, ...] + bias[c]`; or `bias[c]` where there is an image and 0 in the other lanes: without x it is the
  /// gradient of a sum over images. One task is one channel of one block.
  public static func perChannel(
    _ name: String, x: TensorSlot?, bias: TensorSlot, y: TensorSlot
  ) -> Kernel {
    let channels = y.type.extents[0]
    let positions = y.type.count / max(1, channels)
    return Kernel(name, tasks: .perBlock(channels)) { k, task in
      let b = k.b
      let value = k.broadcast(b.offset(k.address(bias), bytes: b.mulIndex(task.part, 4)))
      let offset = b.mulIndex(task.part, positions * k.rowBytes)
      let from = x.map { b.offset(k.address($0, block: task.block), bytes: offset) }
      let to = b.offset(k.address(y, block: task.block), bytes: offset)
      let alone = (0..<k.target.tileVectors).map { vector in
        task.block.map { b.select(k.mask(block: $0, vector: vector), value, k.vector.zero) } ?? value
      }
      b.forLoop(from: 0, to: b.i64(positions), name: "position") { position in
        let row = b.mulIndex(position, k.rowBytes)
        for vector in 0..<k.target.tileVectors {
          let sum = from.map { b.add(k.loadVector(b.offset($0, bytes: row), vector), value) } ?? alone[vector]
          k.storeVector(sum, b.offset(to, bytes: row), vector)
        }
      }
    }
  }

  /// `y[n, ...] = x[n]`.
  public static func broadcastPerImage(_ name: String, x: TensorSlot, y: TensorSlot) -> Kernel {
    let rows = y.type.count
    return Kernel(name, tasks: .perBlock(1)) { k, task in
      let b = k.b
      let from = k.address(x, block: task.block)
      let to = k.address(y, block: task.block)
      for vector in 0..<k.target.tileVectors {
        let value = k.loadVector(from, vector)
        b.forLoop(from: 0, to: b.i64(rows), name: "row") { row in
          k.storeVector(value, b.offset(to, bytes: b.mulIndex(row, k.rowBytes)), vector)
        }
      }
    }
  }
}
