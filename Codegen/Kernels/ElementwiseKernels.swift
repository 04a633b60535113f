import IR
import LLVM

/// Ops that map elements by a formula.
public enum ElementwiseKernels {
  /// Rows of a block (vectors of one element for all its images) that one task does.
  private static let rowsPerTask = 64
  /// Elements that one task does of a tensor without images.
  static let elementsPerTask = 8192

  /// A kernel for `y = formula(operands)`. Operands have the result's extents, or are a scalar, or one number per image.
  public static func kernel(
    _ name: String, formula: ScalarExpression, attributes: Attributes, operands: [TensorSlot], y: TensorSlot
  ) -> Kernel {
    if y.type.isPerImage { return perImage(name, formula, attributes, operands, y) }
    if y.type.isScalar { return scalar(name, formula, attributes, operands, y) }
    return flat(name, operands: operands, results: [y]) { k, values in
      [FormulaEmitter(k.b, lanes: k.lanes).emit(formula, operands: values, attributes: attributes)]
    }
  }

  private static func perImage(
    _ name: String, _ formula: ScalarExpression, _ attributes: Attributes, _ operands: [TensorSlot],
    _ y: TensorSlot
  ) -> Kernel {
    let rows = y.type.count
    let tasks = (rows + rowsPerTask - 1) / rowsPerTask
    return Kernel(name, tasks: .perBlock(tasks)) { k, task in
      let b = k.b
      let rowsOfOperands = OperandRows(k, operands, used: formula.operandsUsed, rows: rows, block: task.block)
      let first = b.mulIndex(task.part, rowsPerTask)
      let past = b.addIndex(first, rowsPerTask)
      let end = b.select(b.icmp(.slt, past, rows), past, b.i64(rows))
      let to = k.address(y, block: task.block)
      b.forLoop(from: first, to: end, name: "row") { row in
        for vector in 0..<k.target.tileVectors {
          let result = FormulaEmitter(b, lanes: k.lanes).emit(
            formula, operands: rowsOfOperands.load(row, vector), attributes: attributes)
          k.storeVector(result, b.offset(to, bytes: b.mulIndex(row, k.rowBytes)), vector)
        }
      }
    }
  }

  /// A kernel for `y[n] = scale * sum of formula(operands)`, one task a block, rows in order.
  public static func sumPerImage(
    _ name: String, formula: ScalarExpression, scale: Double, operands: [TensorSlot], y: TensorSlot
  ) -> Kernel {
    let rows = operands.map(\.type.count).max() ?? 1
    return Kernel(name, tasks: .perBlock(1)) { k, task in
      let b = k.b
      let rowsOfOperands = OperandRows(k, operands, used: formula.operandsUsed, rows: rows, block: task.block)
      let to = k.address(y, block: task.block)
      for vector in 0..<k.target.tileVectors {
        let sum = b.forLoop(from: 0, to: b.i64(rows), carrying: [k.vector.zero], name: "row") { row, sums in
          let value = FormulaEmitter(b, lanes: k.lanes).emit(
            formula, operands: rowsOfOperands.load(row, vector))
          return [b.add(sums[0], value)]
        }[0]
        k.storeVector(scale == 1 ? sum : b.mul(sum, scale), to, vector)
      }
    }
  }

  private static func scalar(
    _ name: String, _ formula: ScalarExpression, _ attributes: Attributes, _ operands: [TensorSlot],
    _ y: TensorSlot
  ) -> Kernel {
    Kernel(name, tasks: .fixed(1)) { k, _ in
      let values = operands.map { k.loadFloat(k.address($0)) }
      let result = FormulaEmitter(k.b, lanes: 1).emit(formula, operands: values, attributes: attributes)
      k.b.store(result, to: k.address(y))
    }
  }

  /// A kernel over tensors without images, all of the same extents or scalars: whole vectors, then a masked rest.
  static func flat(
    _ name: String, operands: [TensorSlot], results: [TensorSlot],
    _ body: @escaping (KernelBuilder, [LLVMValue]) -> [LLVMValue]
  ) -> Kernel {
    let count = results[0].type.count
    return Kernel(name, tasks: .fixed((count + elementsPerTask - 1) / elementsPerTask)) { k, task in
      let b = k.b
      let from = operands.map { k.address($0) }
      let to = results.map { k.address($0) }
      let scalars = operands.indices.map { operands[$0].type.isScalar ? k.broadcast(from[$0]) : nil }
      let first = b.mulIndex(task.part, elementsPerTask)
      let past = b.addIndex(first, elementsPerTask)
      let end = b.select(b.icmp(.slt, past, count), past, b.i64(count))

      func step(_ element: LLVMValue, mask: LLVMValue?) {
        let offset = b.mulIndex(element, 4)
        let values = operands.indices.map { index in
          if let scalar = scalars[index] { return scalar }
          let address = b.offset(from[index], bytes: offset)
          return mask.map { b.maskedLoad(k.vector, from: address, mask: $0) } ?? b.load(k.vector, from: address)
        }
        for (result, address) in zip(body(k, values), to) {
          let place = b.offset(address, bytes: offset)
          if let mask { b.maskedStore(result, to: place, mask: mask) } else { b.store(result, to: place) }
        }
      }
      let whole = b.sub(end, b.urem(b.sub(end, first), k.lanes))
      b.forLoop(from: first, to: whole, step: k.lanes, name: "element") { step($0, mask: nil) }
      if count % k.lanes > 0 {
        b.ifThen(b.icmp(.slt, whole, end), name: "rest") {
          step(whole, mask: b.mask(below: b.trunc(b.sub(end, whole), to: b.context.i32), lanes: k.lanes))
        }
      }
    }
  }
}

/// A block's operands, row by row; numbers that are the same for all rows are loaded once.
private struct OperandRows {
  private let k: KernelBuilder
  private let used: Set<Int>
  private let addresses: [LLVMValue]
  private let fixed: [Int: [LLVMValue]]

  /// - Parameters:
  ///   - used: the operands that are read; others get zeros.
  ///   - rows: of the result; an operand with fewer is a scalar or one number per image.
  init(_ k: KernelBuilder, _ operands: [TensorSlot], used: Set<Int>, rows: Int, block: LLVMValue?) {
    self.k = k
    self.used = used
    let addresses = operands.map { k.address($0, block: block) }
    self.addresses = addresses
    fixed = Dictionary(
      uniqueKeysWithValues: operands.enumerated().compactMap { index, slot in
        guard used.contains(index), slot.type.count == 1, rows > 1 || slot.type.isScalar else { return nil }
        let values = (0..<k.target.tileVectors).map {
          slot.type.isScalar ? k.broadcast(addresses[index]) : k.loadVector(addresses[index], $0)
        }
        return (index, values)
      })
  }

  /// One vector of a row of every operand.
  func load(_ row: LLVMValue, _ vector: Int) -> [LLVMValue] {
    let offset = k.b.mulIndex(row, k.rowBytes)
    return addresses.indices.map { index in
      guard used.contains(index) else { return k.vector.zero }
      return fixed[index]?[vector] ?? k.loadVector(k.b.offset(addresses[index], bytes: offset), vector)
    }
  }
}
