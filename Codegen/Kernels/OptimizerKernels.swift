import IR
import LLVM

/// The optimizer's step in one pass over a parameter, in place: 28 bytes of traffic a weight.
public enum OptimizerKernels {
  /// Operands p, g, m, v, rate, c1, c2 and perhaps the decay; results p, m, v.
  public static func adam(
    _ name: String, attributes: Attributes, operands: [TensorSlot], results: [TensorSlot]
  ) -> Kernel {
    let beta1 = attributes.float("beta1")
    let beta2 = attributes.float("beta2")
    let epsilon = attributes.float("epsilon")
    return ElementwiseKernels.flat(name, operands: operands, results: results) { k, values in
      let b = k.b
      let (p, rate) = (values[0], values[4])
      let g = values.count > 7 ? b.fma(values[7], p, values[1]) : values[1]
      let m = b.fma(b.mul(g, 1 - beta1), k.vector.constant(1), b.mul(values[2], beta1))
      let v = b.fma(b.mul(g, 1 - beta2), g, b.mul(values[3], beta2))
      let root = b.add(b.sqrt(b.fdiv(v, values[6])), epsilon)
      let step = b.fdiv(b.mul(rate, b.fdiv(m, values[5])), root)
      return [b.sub(p, step), m, v]
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
