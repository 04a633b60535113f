/// Between float32 and bfloat16, the upper half of a float32: its range with 8 bits of precision. Products alone work on
/// bfloat16; they multiply exactly what both factors were rounded to, and add in float32.

/// The bfloat16 number nearest to x, of two equally near ones that whose last bit is zero.
public func roundedToBfloat16(_ x: Double) -> Double {
  let bits = Float(x).bitPattern
  guard !x.isNaN else { return x }
  // Half of the last place, less the least where the bit that stays last is zero: ties go to the even one. Beyond the largest
  // number the sum is infinity's pattern.
  return Double(Float(bitPattern: (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000))
}

let bfloat16Ops: [OpDefinition] = [
  OpDefinition(
    name: "to_bf16", summary: "x in bfloat16, rounded to the nearest, ties to even.",
    operands: [OperandDefinition("x")], results: ["y"],
    inferTypes: { context in
      try context.require(0, .f32, "to_bf16")
      return [context.operands[0].with(element: .bf16)]
    },
    evaluate: { context in
      let x = context.operands[0]
      return [HostTensor(shape: x.shape, data: x.data.map(roundedToBfloat16))]
    },
    flops: { _, _, _ in 0 },
    example: OpExample([.perImage(3, 5)], wrong: ([TensorType(.u8, [.images, .fixed(2)])], "needs f32"))),
  OpDefinition(
    name: "to_f32", summary: "x in float32, exactly.", operands: [OperandDefinition("x")], results: ["y"],
    inferTypes: { context in
      try context.require(0, .bf16, "to_f32")
      return [context.operands[0].with(element: .f32)]
    },
    evaluate: { [$0.operands[0]] },
    flops: { _, _, _ in 0 },
    example: OpExample(
      [TensorType.perImage(3, 5).with(element: .bf16)], wrong: ([.perImage(3, 5)], "needs bf16"))),
]
