import Diagnostics
import IR

extension Pass {
  /// Makes one operation of the Bernoulli likelihood, its sum over the pixels and its gradient by the logits,
  /// which reads the image's bytes as they are:
  ///
  ///     %0 = decode_u8 %x : f32[N,1,28,28]
  ///     ...
  ///     %5 = bernoulli_loglik %logits, %0 : f32[N,1,28,28]
  ///     %6 = sum_per_image %5 : f32[N]
  ///     ...
  ///     %9 = bernoulli_loglik_gradient %8, %logits, %0 : f32[N,1,28,28]
  ///
  /// becomes
  ///
  ///     %6, %9 = bernoulli_loglik_sum_gradient %logits, %x, %8 {target = bytes} : f32[N], f32[N,1,28,28]
  ///
  /// and `bernoulli_loglik_sum` where no gradient is taken. Neither the probabilities nor the terms of the
  /// pixels are stored.
  public static let fuseLikelihood = Pass(
    name: "fuse-likelihood", summary: "fuses the likelihood's terms, their sum and their gradient",
    perEntry: { entry, context in
      var fusedSums = Set<ValueID>()
      while let match = LikelihoodMatch(in: entry, except: fusedSums) {
        fusedSums.insert(match.sum.results[0])
        if let gradient = match.gradient,
          entry.replace(match.forward + [gradient], by: [match.fusedWithGradient])
        {
          context.count("likelihoods fused with their gradient")
        } else if entry.replace(match.forward, by: [match.fused]) {
          context.count("likelihoods fused")
        }
      }
      _ = dropDeadOperations(&entry)
    })
}

/// A likelihood's operations as elaboration and differentiation leave them.
private struct LikelihoodMatch {
  let terms: Operation
  let sum: Operation
  /// The gradient by the logits, and the number per image by which it is scaled.
  let gradient: Operation?
  private let scale: ValueID?
  private let target: ValueID
  private let attributes: Attributes

  var forward: [Operation] { [terms, sum] }

  init?(in entry: Entry, except fused: Set<ValueID>) {
    let uses = entry.useCounts()
    let definitions = entry.definitions()
    func definition(_ value: ValueID, _ op: String) -> Operation? {
      definitions[value].map { entry.operations[$0] }.flatMap { $0.name == op ? $0 : nil }
    }
    for sum in entry.operations where sum.name == "sum_per_image" && !fused.contains(sum.results[0]) {
      guard let terms = definition(sum.operands[0], "bernoulli_loglik"), uses[terms.results[0]] == 1,
        entry.type(of: terms.operands[0])?.dimensions == entry.type(of: terms.results[0])?.dimensions,
        entry.type(of: terms.operands[1])?.extents == entry.type(of: terms.results[0])?.extents
      else { continue }
      self.terms = terms
      self.sum = sum
      let bytes = definition(terms.operands[1], "decode_u8")?.operands[0]
      target = bytes ?? terms.operands[1]
      attributes = bytes == nil ? [:] : ["target": .symbol("bytes")]
      let match = entry.operations.lazy.compactMap { operation -> (Operation, ValueID)? in
        guard operation.name == "bernoulli_loglik_gradient", Array(operation.operands[1...]) == terms.operands,
          let scale = entry.numberPerImage(behind: operation.operands[0])
        else { return nil }
        return (operation, scale)
      }.first
      gradient = match?.0
      scale = match?.1
      return
    }
    return nil
  }

  var fused: Operation {
    Operation(
      "bernoulli_loglik_sum", [terms.operands[0], target], attributes, results: sum.results,
      sources: mergedSources(forward))
  }

  var fusedWithGradient: Operation {
    let scales = scale.map { [$0] } ?? []
    let parts = forward + (gradient.map { [$0] } ?? [])
    return Operation(
      "bernoulli_loglik_sum_gradient", [terms.operands[0], target] + scales, attributes,
      results: sum.results + (gradient?.results ?? []), sources: mergedSources(parts))
  }
}
