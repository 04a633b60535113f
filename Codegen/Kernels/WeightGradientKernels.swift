import IR
import LLVM

/// Dense layers' weight gradients: products that sum over images. One side is transposed so that inputs lie in its
/// lanes (TransposeKernel); of the other, single floats are broadcast from where they lie.
public enum WeightGradientKernels {
  /// The least rows of a task, so that what it does at its beginning is little.
  private static let leastRows = 96

  /// Parts that the outputs are cut into where there are fewer strips than tasks are wanted.
  static func parts(tasks: Int, strips: Int, outputs: Int) -> Int {
    max(1, min((tasks + strips - 1) / strips, outputs / leastRows))
  }

  /// `dw[o, i] = sum over images of dy[o] x[i]`, with x transposed.
  ///
  /// - Parameter words: what dy and x hold: numbers of an image, or of two, as `target` has them.
  ///
  /// One task is a strip of columns i for all o, or for a part of them where there are few strips.
  public static func dense(
    _ name: String, dy: TensorSlot, x: TransposeKernel.Target, dw: TensorSlot, words: ProductWords,
    schedule: KernelSchedule, target: KernelTarget
  ) -> Kernel {
    let (outputs, inputs) = (dw.type.extents[0], dw.type.extents[1])
    let width = x.vectors * target.lanes
    let strips = x.strips(target)
    let parts = parts(tasks: schedule[.tasks], strips: strips, outputs: outputs)
    return Kernel(name, tasks: .fixed(strips * parts)) { k, task in
      let b = k.b
      let (number, part) =
        parts == 1 ? (task.part, b.i64(0)) : (b.udiv(task.part, parts), b.urem(task.part, parts))
      let columns = TensorSlot(type: dy.type, place: x.place)
      let strip = b.mulIndex(number, x.stripBytes(k.target))
      let out = b.offset(k.address(dw), bytes: b.mulIndex(number, width * 4))
      func rows(_ store: (_ sum: LLVMValue, _ place: LLVMValue, _ vector: Int) -> Void) {
        for run in tileRuns(outputs, limit: schedule[.tileRows]) {
          let tile = ProductTile(
            rowOffsets: (0..<run.size).map { $0 * k.rowBytes }, vectors: x.vectors,
            depth: k.target.blockImages, vectorStep: width * 4, broadcastStep: 4, outer: .none, inner: .none,
            words: words)
          let first = b.udiv(b.mulIndex(part, run.tiles), parts)
          let end = b.udiv(b.mulIndex(b.add(part, 1), run.tiles), parts)
          b.forLoop(from: first, to: end, name: "rows") { index in
            let row = b.addIndex(b.mulIndex(index, run.size), run.start)
            let first = b.offset(out, bytes: b.mulIndex(row, inputs * 4))
            for row in 0..<run.size {
              b.prefetchToWrite(b.offset(first, bytes: row * inputs * 4), bytes: x.vectors * k.lanes * 4)
            }
            let sums = sumBlocks(k, tile) { block in
              (
                b.offset(k.address(columns, block: block), bytes: strip),
                b.offset(k.address(dy, block: block), bytes: b.mulIndex(row, k.rowBytes))
              )
            }
            for (index, sum) in sums.enumerated() {
              let (row, vector) = (index / x.vectors, index % x.vectors)
              store(sum, b.offset(first, bytes: row * inputs * 4 + vector * k.lanes * 4), vector)
            }
          }
        }
      }
      func whole() { rows { sum, place, _ in b.store(sum, to: place) } }
      func rest() {
        let masks = (0..<x.vectors).map {
          b.mask(below: b.i32(max(0, inputs % width - $0 * k.lanes)), lanes: k.lanes)
        }
        rows { sum, place, vector in b.maskedStore(sum, to: place, mask: masks[vector]) }
      }
      // Masked stores are slow on some processors: the last strip alone has them, where it is not whole.
      if inputs % width == 0 {
        whole()
      } else if inputs < width {
        rest()
      } else {
        _ = b.ifThen(
          b.icmp(.slt, number, inputs / width), name: "whole",
          {
            whole()
            return []
          },
          else: {
            rest()
            return []
          })
      }
    }
  }

  /// The sums of a tile over all blocks: [row * vectors + vector].
  ///
  /// - Parameter operands: the addresses of a block's vectors and broadcast floats.
  private static func sumBlocks(
    _ k: KernelBuilder, _ tile: ProductTile, operands: (LLVMValue) -> (LLVMValue, LLVMValue)
  ) -> [LLVMValue] {
    let b = k.b
    let zeros = Array(repeating: k.vector.zero, count: tile.rows * tile.vectors)
    return b.forLoop(from: 0, to: k.blocks(), carrying: zeros, name: "block") { block, sums in
      let (vectors, broadcasts) = operands(block)
      let initial = (0..<tile.rows).map { Array(sums[$0 * tile.vectors..<($0 + 1) * tile.vectors]) }
      return tile.emit(
        k, vectors: vectors, broadcasts: broadcasts, outerCount: b.i64(1), innerCount: b.i64(1),
        initial: initial
      ).flatMap { $0 }
    }
  }
}
