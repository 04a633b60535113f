import IR

/// The numbers that a model's products multiply.
public enum Precision: String, Sendable, CaseIterable {
  case float32, bf16
}

extension Pass {
  /// Has the products of entries that train multiply bfloat16 numbers, and add in float32 as before:
  ///
  ///     %1 = dense %0, @w, @b {epilogue = relu} : f32[N,784]
  ///
  /// becomes
  ///
  ///     %1 = to_bf16 %0 : bf16[N,2]
  ///     %2 = to_bf16 @w : bf16[784,2]
  ///     %3 = dense %1, %2, @b {epilogue = relu} : f32[N,784]
  ///
  /// Gradients, the optimizer and the weights that it changes stay in float32: a step changes a weight by less than half of
  /// bfloat16's last place, and would be lost (Micikevicius et al., "Mixed Precision Training", section 3.1). Entries that
  /// evaluate or infer are left alone, so that what is measured of a model is what float32 has of it.
  ///
  /// A value that several products read is rounded once.
  public static let narrowProducts = Pass(
    name: "narrow-products", summary: "has training's products multiply bfloat16 numbers (--precision bf16)",
    perEntry: { entry, context in
      guard entry.isTraining else { return }
      var narrowed: [ValueID: ValueID] = [:]
      var operations: [Operation] = []
      for var operation in entry.operations {
        if operation.name == "to_bf16" { narrowed[operation.operands[0]] = operation.results[0] }
        if OpTable.standard[operation.name]?.isProduct == true {
          for index in 0..<2 {
            let factor = operation.operands[index]
            guard let type = entry.type(of: factor), type.element == .f32 else { continue }
            if index == 0 { context.count("products narrowed") }
            let value = narrowed[factor] ?? entry.addValue(Value(type: type.with(element: .bf16)))
            if narrowed[factor] == nil {
              narrowed[factor] = value
              operations.append(
                Operation("to_bf16", [factor], results: [value], sources: operation.sources))
              context.count("tensors rounded")
            }
            operation.operands[index] = value
          }
        }
        operations.append(operation)
      }
      entry.operations = operations
    })
}

extension Entry {
  /// True where a call makes gradients of a model's weights.
  fileprivate var isTraining: Bool {
    operations.contains { OpTable.standard[$0.name]?.isWeightGradient == true }
  }
}
