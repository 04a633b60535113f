import IR
import LLVM

/// What optimizers need besides their formulas.
public enum OptimizerKernels {
  /// Several elementwise results in one pass, in place where a result is the new value of an operand. Adam's step reads
  /// parameter, gradient and two moments and writes all but the gradient: 28 bytes of traffic a weight, and some twenty
  /// operations, which hide behind it.
  public static func step(
    _ name: String, formulas: [ScalarExpression], operands: [TensorSlot], results: [TensorSlot]
  ) -> Kernel {
    ElementwiseKernels.flat(name, operands: operands, results: results) { k, values in
      FormulaEmitter(k.b, lanes: k.lanes).emit(formulas, operands: values)
    }
  }

  /// The sums of the squares of each `squareSumsRun` elements, one task each. Four running sums hide the latency of the
  /// multiply-adds.
  public static func squareSums(_ name: String, x: TensorSlot, y: TensorSlot) -> Kernel {
    let count = x.type.count
    return Kernel(name, tasks: .fixed(y.type.count)) { k, task in
      let b = k.b
      let chains = 4
      let first = b.mulIndex(task.part, squareSumsRun)
      let past = b.addIndex(first, squareSumsRun)
      let end = b.select(b.icmp(.slt, past, count), past, b.i64(count))
      let from = b.offset(k.address(x), bytes: b.mulIndex(first, 4))
      let total = b.sub(end, first)
      func add(_ value: LLVMValue, to sum: LLVMValue) -> LLVMValue { b.fma(value, value, sum) }
      func load(_ element: LLVMValue) -> LLVMValue {
        b.load(k.vector, from: b.offset(from, bytes: b.mulIndex(element, 4)))
      }
      let whole = b.sub(total, b.urem(total, chains * k.lanes))
      var sums = b.forLoop(
        from: b.i64(0), to: whole, step: chains * k.lanes,
        carrying: Array(repeating: k.vector.zero, count: chains), name: "run"
      ) { element, sums in
        sums.indices.map { add(load(b.addIndex(element, $0 * k.lanes)), to: sums[$0]) }
      }
      let vectors = b.sub(total, b.urem(total, k.lanes))
      sums[0] =
        b.forLoop(from: whole, to: vectors, step: k.lanes, carrying: [sums[0]], name: "vector") {
          [add(load($0), to: $1[0])]
        }[0]
      let mask = b.mask(below: b.trunc(b.sub(total, vectors), to: b.context.i32), lanes: k.lanes)
      let rest = b.maskedLoad(k.vector, from: b.offset(from, bytes: b.mulIndex(vectors, 4)), mask: mask)
      let sum = sums.dropFirst().reduce(add(rest, to: sums[0])) { b.add($0, $1) }
      b.store(b.sumOfLanes(sum), to: b.offset(k.address(y), bytes: b.mulIndex(task.part, 4)))
    }
  }

  /// `1 - decay^step`, the power by squaring in float64: near step 1 a float32 power would lose the digits that count.
  public static func biasCorrection(_ name: String, decay: Double, step: TensorSlot, y: TensorSlot) -> Kernel {
    Kernel(name, tasks: .fixed(1)) { k, _ in
      let b = k.b
      let exponent = b.zext(b.load(b.context.i32, from: k.address(step)), to: b.context.i64)
      let one = b.context.f64.constant(1.0)
      // 32 rounds cover every exponent of an i32.
      let results = b.forLoop(
        from: 0, to: b.i64(32), carrying: [one, b.context.f64.constant(decay), exponent], name: "bit"
      ) { _, carried in
        let isSet = b.icmp(.ne, b.and(carried[2], 1), 0)
        return [
          b.select(isSet, b.mul(carried[0], carried[1]), carried[0]), b.mul(carried[1], carried[1]),
          b.lshr(carried[2], 1),
        ]
      }
      b.store(b.fptrunc(b.sub(one, results[0]), to: b.context.f32), to: k.address(y))
    }
  }
}
