/// The gradients of an op that maps elements by a formula: the operation `map` with dy times the formula's derivative by each
/// operand. They can be differentiated again, as often as a formula's length allows.
@Sendable func derivedGradients(
  _ context: GradientContext, _ builder: inout EntryBuilder
) throws -> [ValueID?] {
  guard let gradient = context.resultGradients[0], let formula = context.operation.formula else {
    return context.wanted.map { _ in nil }
  }
  // The gradient that arrives becomes the formula's first operand.
  let written = formula.substituting({ .operand($0 + 1) }, attributes: context.attributes)
  return try context.wanted.enumerated().map { index, isWanted in
    guard isWanted else { return nil }
    let slope = written.derivative(by: index + 1)
    switch slope {
    case 0: return nil
    case 1: return gradient
    default: return try builder.map(.operand(0) * slope, [gradient] + context.operation.operands)
    }
  }
}

extension EntryBuilder {
  /// Appends the operation `map` with those of the operands that the formula reads.
  mutating func map(_ formula: ScalarExpression, _ operands: [ValueID]) throws -> ValueID {
    var kept: [ValueID] = []
    var places: [Int: Int] = [:]
    for index in formula.operandsUsed.sorted() {
      let place = kept.firstIndex(of: operands[index]) ?? kept.count
      if place == kept.count { kept.append(operands[index]) }
      places[index] = place
    }
    let renamed = formula.substituting { .operand(places[$0] ?? 0) }
    if let defect = renamed.defect { throw TypeError("the gradient's formula cannot be written: \(defect)") }
    return try add("map", kept, ["formula": .formula(renamed)])
  }
}
