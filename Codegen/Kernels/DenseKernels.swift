import IR
import LLVM

/// Dense layers over blocks of images. The vector operand is a block's row of numbers, one lane an image; the broadcast
/// operand is the weights where they lie, `[out, in]`: shapes are constants here, so each row of a tile is a
/// displacement from one pointer and nothing needs packing.
public enum DenseKernels {
  /// `y[o] = epilogue(sum over i of w[o, i] x[i])`.
  public static func forward(
    _ name: String, operation: Operation, x: TensorSlot, w: TensorSlot, third: TensorSlot?, y: TensorSlot,
    target: KernelTarget
  ) -> Kernel {
    let (outputs, inputs) = (w.type.extents[0], w.type.extents[1])
    return product(
      name, operation: operation, x: x, w: w, third: third, y: y, rows: outputs, depth: inputs,
      rowStep: inputs * 4, depthStep: 4, target: target)
  }

  /// `dx[i] = epilogue(sum over o of w[o, i] dy[o])`.
  public static func dataGradient(
    _ name: String, operation: Operation, dy: TensorSlot, w: TensorSlot, third: TensorSlot?, dx: TensorSlot,
    target: KernelTarget
  ) -> Kernel {
    let (outputs, inputs) = (w.type.extents[0], w.type.extents[1])
    return product(
      name, operation: operation, x: dy, w: w, third: third, y: dx, rows: inputs, depth: outputs,
      rowStep: 4, depthStep: inputs * 4, target: target)
  }

  /// One task is one tile of rows for one block.
  private static func product(
    _ name: String, operation: Operation, x: TensorSlot, w: TensorSlot, third: TensorSlot?, y: TensorSlot,
    rows: Int, depth: Int, rowStep: Int, depthStep: Int, target: KernelTarget
  ) -> Kernel {
    let epilogue = ProductEpilogue(operation)
    let tiles = tileRuns(rows, limit: target.tileRows).reduce(0) { $0 + $1.tiles }
    return Kernel(name, tasks: .perBlock(tiles)) { k, task in
      let to = k.address(y, block: task.block)
      let product = ProductRows(
        k, rows: rows, broadcastRowStep: rowStep, epilogue: epilogue, outStep: k.rowBytes,
        depth: depth,
        vectorStep: k.rowBytes, broadcastStep: depthStep)
      product.call(
        k, tile: task.part,
        ProductFunction.Call(
          vectors: k.address(x, block: task.block), broadcasts: k.address(w), outerCount: k.b.i64(1),
          innerCount: k.b.i64(1), out: to, third: third.map { k.address($0, block: task.block) } ?? to))
    }
  }
}
