import IR
import LLVM

/// Copies of whole rows of a block, and classes as rows. The channels of an image lie one behind the other, so that parts of them
/// are runs of rows: a copy is a load and a store for each vector.
public enum ChannelKernels {
  /// Rows of a result that come from a tensor, or are zero.
  public struct Run {
    let from: TensorSlot?
    /// The first of the tensor's rows.
    let first: Int
    let rows: Int

    public init(from: TensorSlot?, first: Int = 0, rows: Int) {
      self.from = from
      self.first = first
      self.rows = rows
    }
  }

  private static let rowsPerTask = 64

  /// `y = runs`, one behind the other: together they have as many rows as y.
  public static func join(_ name: String, _ runs: [Run], y: TensorSlot) -> Kernel {
    let rows = y.type.count
    return Kernel(name, tasks: .perBlock((rows + rowsPerTask - 1) / rowsPerTask)) { k, task in
      let b = k.b
      let to = k.address(y, block: task.block)
      let begin = b.mulIndex(task.part, rowsPerTask)
      let end = b.minimum(b.addIndex(begin, rowsPerTask), b.i64(rows))
      var start = 0
      for run in runs where run.rows > 0 {
        let from = run.from.map { k.address($0, block: task.block) }
        b.forLoop(
          from: b.maximum(begin, b.i64(start)), to: b.minimum(end, b.i64(start + run.rows)), name: "row"
        ) { row in
          let offset = b.mulIndex(row, k.rowBytes)
          let source = b.mulIndex(b.addIndex(b.sub(row, start), run.first), k.rowBytes)
          for vector in 0..<k.target.tileVectors {
            let value = from.map { k.loadVector(b.offset($0, bytes: source), vector) } ?? k.vector.zero
            k.storeVector(value, b.offset(to, bytes: offset), vector)
          }
        }
        start += run.rows
      }
    }
  }

  /// `y[n, c] = 1` where c is the class of image n, else 0; 0 in lanes without an image.
  public static func oneHot(_ name: String, label: TensorSlot, y: TensorSlot) -> Kernel {
    let classes = y.type.count
    return Kernel(name, tasks: .perBlock(1)) { k, task in
      guard let block = task.block else { return }
      let b = k.b
      let words = b.context.i32.lanes(k.lanes)
      let to = k.address(y, block: block)
      for vector in 0..<k.target.tileVectors {
        let mask = k.mask(block: block, vector: vector)
        let labels = b.maskedLoad(
          words, from: b.offset(k.address(label, block: block), bytes: vector * k.lanes * 4), mask: mask)
        let one = b.select(mask, b.splat(b.f32(1), lanes: k.lanes), k.vector.zero)
        b.forLoop(from: 0, to: b.i64(classes), name: "class") { row in
          let isClass = b.icmp(.eq, labels, b.splat(b.trunc(row, to: b.context.i32), lanes: k.lanes))
          k.storeVector(
            b.select(isClass, one, k.vector.zero), b.offset(to, bytes: b.mulIndex(row, k.rowBytes)), vector)
        }
      }
    }
  }
}
