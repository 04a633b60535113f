import IR
import LLVM

/// Vector quantization. Lanes are images; a task of the first two kernels is one position, whose channels are rows of the block
/// `positions` apart. The search costs 3 operations for each number of the codebook and vector, all of its loads broadcasts.
public enum CodebookKernels {
  /// The address of a channel of a position.
  private static func row(
    _ k: KernelBuilder, _ base: LLVMValue, channel: LLVMValue, positions: Int, position: LLVMValue
  ) -> LLVMValue {
    let b = k.b
    return b.offset(base, bytes: b.mulIndex(b.addIndex(b.mulIndex(channel, positions), position), k.rowBytes))
  }

  /// `codes[n, p]` = the first row of the codebook that is nearest to `z[n, :, p]`.
  public static func nearest(_ name: String, z: TensorSlot, codebook: TensorSlot, codes: TensorSlot) -> Kernel {
    let positions = codes.type.count
    let (count, channels) = (codebook.type.extents[0], codebook.type.extents[1])
    return Kernel(name, tasks: .perBlock(positions)) { k, task in
      let b = k.b
      let (from, to) = (k.address(z, block: task.block), k.address(codes, block: task.block))
      let book = k.address(codebook)
      let vectors = k.target.tileVectors
      let infinity = b.splat(b.f32(.infinity), lanes: k.lanes)
      let start = Array(repeating: infinity, count: vectors) + Array(repeating: k.vector.zero, count: vectors)
      let found = b.forLoop(from: 0, to: b.i64(count), carrying: start, name: "code") { code, best in
        let zeros = Array(repeating: k.vector.zero, count: vectors)
        let distances = b.forLoop(from: 0, to: b.i64(channels), carrying: zeros, name: "channel") {
          channel, sums in
          let number = k.broadcast(
            b.offset(book, bytes: b.mulIndex(b.addIndex(b.mulIndex(code, channels), channel), 4)))
          let source = row(k, from, channel: channel, positions: positions, position: task.part)
          return sums.indices.map { vector in
            let difference = b.sub(k.loadVector(source, vector), number)
            return b.fma(difference, difference, sums[vector])
          }
        }
        let number = b.splat(b.sitofp(b.trunc(code, to: b.context.i32), to: b.context.f32), lanes: k.lanes)
        let isNearer = (0..<vectors).map { b.fcmp(.olt, distances[$0], best[$0]) }
        return (0..<vectors).map { b.select(isNearer[$0], distances[$0], best[$0]) }
          + (0..<vectors).map { b.select(isNearer[$0], number, best[vectors + $0]) }
      }
      let place = b.offset(to, bytes: b.mulIndex(task.part, k.rowBytes))
      for vector in 0..<vectors { k.storeVector(found[vectors + vector], place, vector) }
    }
  }

  /// Codes as i32 and whether they are rows of the codebook.
  private static func indices(_ k: KernelBuilder, _ codes: LLVMValue, count: Int) -> (LLVMValue, LLVMValue) {
    let b = k.b
    let isThere = b.and(
      b.fcmp(.oge, codes, k.vector.zero), b.fcmp(.olt, codes, b.splat(b.f32(Double(count)), lanes: k.lanes)))
    return (b.fptosi(b.floor(b.select(isThere, codes, k.vector.zero)), to: b.context.i32), isThere)
  }

  /// `q[n, :, p]` = the codebook's row `codes[n, p]`.
  public static func lookup(_ name: String, codes: TensorSlot, codebook: TensorSlot, q: TensorSlot) -> Kernel {
    let positions = codes.type.count
    let (count, channels) = (codebook.type.extents[0], codebook.type.extents[1])
    return Kernel(name, tasks: .perBlock(positions)) { k, task in
      let b = k.b
      let (from, to) = (k.address(codes, block: task.block), k.address(q, block: task.block))
      let book = k.address(codebook)
      for vector in 0..<k.target.tileVectors {
        let numbers = k.loadVector(b.offset(from, bytes: b.mulIndex(task.part, k.rowBytes)), vector)
        let (indices, isThere) = indices(k, numbers, count: count)
        let rows = b.mul(indices, channels)
        b.forLoop(from: 0, to: b.i64(channels), name: "channel") { channel in
          let column = b.offset(book, bytes: b.mulIndex(channel, 4))
          // One lane is no vector, and a row that is not there stands for the first.
          let values =
            k.lanes == 1
            ? b.select(
              isThere, k.loadFloat(b.offset(column, bytes: b.mul(b.sext(rows, to: b.context.i64), 4))),
              k.vector.zero)
            : b.gather(b.context.f32, from: column, indices: rows, mask: isThere)
          k.storeVector(
            values, row(k, to, channel: channel, positions: positions, position: task.part), vector)
        }
      }
    }
  }

  /// `dcodebook[c, :]` = sum of `dq[n, :, p]` where `codes[n, p]` is c. One task is one row: it looks at all codes, of which few
  /// are its own, and adds in the order of blocks, positions and lanes.
  public static func lookupGradient(
    _ name: String, dq: TensorSlot, codes: TensorSlot, dcodebook: TensorSlot
  ) -> Kernel {
    let positions = codes.type.count
    let (count, channels) = (dcodebook.type.extents[0], dcodebook.type.extents[1])
    return Kernel(name, tasks: .fixed(count)) { k, task in
      let b = k.b
      let to = b.offset(k.address(dcodebook), bytes: b.mulIndex(task.part, channels * 4))
      b.forLoop(from: 0, to: b.i64(channels), name: "zero") { channel in
        b.store(b.f32(0), to: b.offset(to, bytes: b.mulIndex(channel, 4)))
      }
      let own = b.splat(b.trunc(task.part, to: b.context.i32), lanes: k.lanes)
      b.forLoop(from: 0, to: k.blocks(), name: "block") { block in
        let (from, gradient) = (k.address(codes, block: block), k.address(dq, block: block))
        for vector in 0..<k.target.tileVectors {
          let mask = k.mask(block: block, vector: vector)
          b.forLoop(from: 0, to: b.i64(positions), name: "position") { position in
            let numbers = k.loadVector(b.offset(from, bytes: b.mulIndex(position, k.rowBytes)), vector)
            let (indices, isThere) = indices(k, numbers, count: count)
            let isOwn = b.and(b.and(isThere, mask), b.icmp(.eq, indices, own))
            b.ifThen(b.reduceLanes(isOwn) { b.or($0, $1) }, name: "own") {
              b.forLoop(from: 0, to: b.i64(channels), name: "channel") { channel in
                let source = row(k, gradient, channel: channel, positions: positions, position: position)
                let sum = b.sumOfLanes(b.select(isOwn, k.loadVector(source, vector), k.vector.zero))
                let place = b.offset(to, bytes: b.mulIndex(channel, 4))
                b.store(b.add(k.loadFloat(place), sum), to: place)
              }
            }
          }
        }
      }
    }
  }
}
