import Diagnostics
import IR

extension Pass {
  /// Makes one operation of Adam's step, so that a parameter, its gradient and its moments are read once:
  ///
  ///     %2 = decay_average @adam.m/w, %g {decay = 0.9} : f32[3,5]
  ///     %3 = decay_average_square @adam.v/w, %g {decay = 0.999} : f32[3,5]
  ///     %4 = adam_apply @w, %2, %3, %rate, %0, %1 {epsilon = 1e-08} : f32[3,5]
  ///
  /// becomes
  ///
  ///     %2, %3, %4 = adam @w, %g, @adam.m/w, @adam.v/w, %rate, %0, %1 {beta1 = 0.9, beta2 = 0.999, epsilon = 1e-08} : f32[3,5], f32[3,5], f32[3,5]
  public static let fuseOptimizer = Pass(
    name: "fuse-optimizer", summary: "fuses the optimizer's steps into one pass over each parameter",
    perEntry: { entry, context in
      let definitions = entry.definitions()
      var slots: [Operation?] = entry.operations
      for (position, operation) in entry.operations.enumerated() where operation.name == "adam_apply" {
        guard let first = definitions[operation.operands[1]], let second = definitions[operation.operands[2]],
          let fused = adam(operation, entry.operations[first], entry.operations[second], entry)
        else { continue }
        // The moments' only other readers are the entry's results, so that they can be made here.
        slots[first] = nil
        slots[second] = nil
        slots[position] = fused
        context.count("optimizer steps fused")
      }
      entry.operations = slots.compactMap { $0 }
    })
}

/// The step in one operation, or nil where its parts do not belong together or something else computes with the
/// moments.
private func adam(
  _ apply: Operation, _ average: Operation, _ averageOfSquares: Operation, _ entry: Entry
) -> Operation? {
  guard average.name == "decay_average", averageOfSquares.name == "decay_average_square",
    average.operands[1] == averageOfSquares.operands[1]
  else { return nil }
  let moments = Set(average.results + averageOfSquares.results)
  let readers = entry.operations.filter { !moments.isDisjoint(with: $0.operands) }
  let type = entry.type(of: apply.operands[0])
  let tensors = [apply.operands[0], average.operands[1], average.operands[0], averageOfSquares.operands[0]]
  guard readers.count == 1, tensors.allSatisfy({ entry.type(of: $0) == type }) else { return nil }
  var sources = average.sources
  sources.formUnion(averageOfSquares.sources)
  sources.formUnion(apply.sources)
  return Operation(
    "adam", tensors + apply.operands[3...],
    [
      "beta1": .float(average.attributes.float("decay")),
      "beta2": .float(averageOfSquares.attributes.float("decay")),
      "epsilon": .float(apply.attributes.float("epsilon")),
    ],
    results: apply.results + average.results + averageOfSquares.results, sources: sources)
}
