import IR
import LLVM

/// Kernels for calls with few images, which a block would leave idle: one image at a time in the canonical layout, with
/// something else in the lanes. Sums are made in another order than in blocks, so a result may differ in its last bits.
public enum SingleImageKernels {
  /// `y[o] = epilogue(sum over i of w[o, i] x[i])`, the weights' rows in the lanes.
  ///
  /// A task is as many outputs as there are lanes: that many rows of weights are read in order beside one of x, a load for
  /// each multiply-add, so that it runs at the speed of the cache that holds the weights. The sums of the lanes are made by
  /// a transpose of the accumulators.
  public static func dense(
    _ name: String, operation: Operation, x: TensorSlot, w: TensorSlot, epilogue slots: EpilogueSlots,
    y: TensorSlot,
    target: KernelTarget
  ) -> Kernel {
    let (outputs, inputs) = (w.type.extents[0], w.type.extents[1])
    let epilogue = ProductEpilogue(operation)
    let tasks = (outputs + target.lanes - 1) / target.lanes
    return Kernel(name, tasks: .perBlock(tasks)) { k, task in
      let k = k.with(target.singleImage)
      let b = k.b
      let offset = b.mulIndex(task.part, k.lanes * 4)
      func outputsOfTask(_ count: Int) {
        let weights = b.offset(k.address(w), bytes: b.mulIndex(task.part, k.lanes * inputs * 4))
        let sums = dot(k, k.address(x, block: task.block), weights, depth: inputs, rows: count)
        let mask = count < k.lanes ? b.mask(below: b.i32(count), lanes: k.lanes) : nil
        func load(_ slot: TensorSlot) -> LLVMValue {
          let address = b.offset(k.address(slot, block: task.block), bytes: offset)
          return mask.map { b.maskedLoad(k.vector, from: address, mask: $0) } ?? b.load(k.vector, from: address)
        }
        var result = sums
        if epilogue.third == .bias, let bias = slots.third {
          result = slots.scale.map { b.fma(sums, load($0), load(bias)) } ?? b.add(sums, load(bias))
        }
        if let formula = epilogue.formula {
          let output = epilogue.third == .activationOutput ? slots.third.map { [load($0)] } ?? [] : []
          result = FormulaEmitter(b, lanes: k.lanes).emit(formula, operands: [result] + output)
        }
        let place = b.offset(k.address(y, block: task.block), bytes: offset)
        if let mask { b.maskedStore(result, to: place, mask: mask) } else { b.store(result, to: place) }
      }
      let (whole, rest) = (outputs / k.lanes, outputs % k.lanes)
      if rest == 0 { return outputsOfTask(k.lanes) }
      if whole == 0 { return outputsOfTask(rest) }
      _ = b.ifThen(
        b.icmp(.slt, task.part, whole), name: "whole",
        {
          outputsOfTask(k.lanes)
          return []
        },
        else: {
          outputsOfTask(rest)
          return []
        })
    }
  }

  /// The products of `rows` rows of weights, `depth` floats each, with x: one in each lane, zero in lanes without a row.
  private static func dot(
    _ k: KernelBuilder, _ x: LLVMValue, _ weights: LLVMValue, depth: Int, rows: Int
  ) -> LLVMValue {
    let b = k.b
    func step(_ place: LLVMValue, _ sums: [LLVMValue], mask: LLVMValue?) -> [LLVMValue] {
      func load(_ address: LLVMValue) -> LLVMValue {
        mask.map { b.maskedLoad(k.vector, from: address, mask: $0) } ?? b.load(k.vector, from: address)
      }
      let values = load(b.offset(x, bytes: place))
      return sums.enumerated().map { row, sum in
        b.fma(load(b.offset(weights, bytes: b.addIndex(place, row * depth * 4))), values, sum)
      }
    }
    let zeros = Array(repeating: k.vector.zero, count: rows)
    let whole = depth / k.lanes
    var sums = b.forLoop(from: 0, to: b.i64(whole), carrying: zeros, name: "input") {
      step(b.mulIndex($0, k.lanes * 4), $1, mask: nil)
    }
    if depth % k.lanes > 0 {
      sums = step(
        b.i64(whole * k.lanes * 4), sums, mask: b.mask(below: b.i32(depth % k.lanes), lanes: k.lanes))
    }
    let columns = k.transpose(sums + Array(repeating: k.vector.zero, count: k.lanes - rows))
    return columns.dropFirst().reduce(columns[0]) { b.add($0, $1) }
  }

  /// `y = formula(operands)`, all of the same form, neighbouring elements in the lanes. Bytes become `float(b) / 255`.
  public static func map(
    _ name: String, formula: ScalarExpression, attributes: Attributes, operands: [TensorSlot], y: TensorSlot,
    target: KernelTarget
  ) -> Kernel {
    let count = y.type.count
    let tasks = (count + ElementwiseKernels.elementsPerTask - 1) / ElementwiseKernels.elementsPerTask
    return Kernel(name, tasks: .perBlock(tasks)) { k, task in
      let k = k.with(target.singleImage)
      let b = k.b
      let from = operands.map { k.address($0, block: task.block) }
      let to = k.address(y, block: task.block)
      let first = b.mulIndex(task.part, ElementwiseKernels.elementsPerTask)
      let past = b.addIndex(first, ElementwiseKernels.elementsPerTask)
      let end = b.select(b.icmp(.slt, past, count), past, b.i64(count))

      func step(_ element: LLVMValue, mask: LLVMValue?) {
        let values = zip(operands, from).map { slot, base in
          let isBytes = slot.type.element == .u8
          let type = (isBytes ? b.context.i8 : b.context.f32).lanes(k.lanes)
          let address = b.offset(base, bytes: b.mulIndex(element, isBytes ? 1 : 4))
          let loaded = mask.map { b.maskedLoad(type, from: address, mask: $0) } ?? b.load(type, from: address)
          return isBytes ? LayoutKernels.greyLevels(k, loaded) : loaded
        }
        let result = FormulaEmitter(b, lanes: k.lanes).emit(formula, operands: values, attributes: attributes)
        let place = b.offset(to, bytes: b.mulIndex(element, 4))
        if let mask { b.maskedStore(result, to: place, mask: mask) } else { b.store(result, to: place) }
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
