import IR
import LLVM

/// Reductions of the several rows of each image. A block's rows lie one behind the other, `[samples][row][images]`, so that a
/// number of an image is met again at equal steps; lanes are images as everywhere.
public enum SampleKernels {
  /// `y[n, i] = scale * sum over s of x[n, s, i]`. One task is some elements of a block.
  public static func sum(_ name: String, x: TensorSlot, y: TensorSlot, scale: Double) -> Kernel {
    perElement(name, x: x, y: y) { k, rows in
      let sum = rows.reduce([k.vector.zero]) { [k.b.add($1[0], $0)] }[0]
      return scale == 1 ? sum : k.b.mul(sum, scale)
    }
  }

  /// `y[n, i] = log of the mean over s of exp(x[n, s, i])`, by the largest of them, so that nothing overflows.
  public static func logMeanExp(_ name: String, x: TensorSlot, y: TensorSlot) -> Kernel {
    let samples = Double(x.type.samples)
    return perElement(name, x: x, y: y) { k, rows in
      let b = k.b
      let largest = rows.reduce([rows.first]) { [b.maxnum($1[0], $0)] }[0]
      let sum = rows.reduce([k.vector.zero]) { [b.add($1[0], b.exp(b.sub($0, largest)))] }[0]
      return b.add(largest, b.logOfPositive(b.mul(sum, 1 / samples)))
    }
  }

  /// The rows of one element of a block's images.
  private struct Rows {
    let k: KernelBuilder
    let from: LLVMValue
    let step: Int
    let vector: Int

    var first: LLVMValue { k.loadVector(from, vector) }

    /// Goes through the rows in order.
    func reduce(
      _ initial: [LLVMValue], _ body: @escaping (LLVMValue, [LLVMValue]) -> [LLVMValue]
    ) -> [LLVMValue] {
      let samples = k.b.i64(count)
      return k.b.forLoop(from: 0, to: samples, carrying: initial, name: "sample") { sample, values in
        body(k.loadVector(k.b.offset(from, bytes: k.b.mulIndex(sample, step)), vector), values)
      }
    }

    let count: Int
  }

  private static func perElement(
    _ name: String, x: TensorSlot, y: TensorSlot, _ body: @escaping (KernelBuilder, Rows) -> LLVMValue
  ) -> Kernel {
    let elements = y.type.count
    return Kernel(name, tasks: .perBlock(1)) { k, task in
      let b = k.b
      let from = k.address(x, block: task.block)
      let to = k.address(y, block: task.block)
      b.forLoop(from: 0, to: b.i64(elements), name: "element") { element in
        let row = b.mulIndex(element, k.rowBytes)
        for vector in 0..<k.target.tileVectors {
          let rows = Rows(
            k: k, from: b.offset(from, bytes: row), step: elements * k.rowBytes, vector: vector,
            count: x.type.samples)
          k.storeVector(body(k, rows), b.offset(to, bytes: row), vector)
        }
      }
    }
  }
}
