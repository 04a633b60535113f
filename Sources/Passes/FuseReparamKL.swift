import Diagnostics
import IR

extension Pass {
  /// Makes one loop over the latents of sampling and the KL to N(0, 1), with the noise made inside, and one of
  /// their gradient, which makes the noise again:
  ///
  ///     %noise = normal_noise %seed, %epoch, %index {stream = 0x3f1c, domain = train} : f32[N,2]
  ///     %z = reparameterize %mean, %logvar, %noise : f32[N,2]
  ///     %0 = kl_normal %mean, %logvar : f32[N,2]
  ///     %kl = sum_per_image %0 : f32[N]
  ///     ...
  ///     %5 = reparameterize_gradient %dz, %logvar, %noise : f32[N,2]
  ///     %6 = mul %dkl, %mean : f32[N,2]
  ///     %7 = kl_normal_gradient %dkl, %logvar : f32[N,2]
  ///     %8 = add %dz, %6 : f32[N,2]
  ///     %9 = add %5, %7 : f32[N,2]
  ///
  /// becomes
  ///
  ///     %z, %kl = reparam_kl %mean, %logvar, %seed, %epoch, %index {stream = 0x3f1c, domain = train} : f32[N,2], f32[N]
  ///     ...
  ///     %8, %9 = reparam_kl_gradient %mean, %logvar, %dz, %dkl, %seed, %epoch, %index {stream = 0x3f1c, domain = train} : f32[N,2], f32[N,2]
  ///
  /// Noise that the caller gives stays an operand: `reparam_kl_given`. `dkl` is whatever number per image
  /// scales the KL, beta included.
  public static let fuseReparamKL = Pass(
    name: "fuse-reparam-kl", summary: "fuses sampling, the KL and their gradients, the noise made inside",
    perEntry: { entry, context in
      for sample in entry.operations where sample.name == "reparameterize" {
        guard let match = SamplingMatch(sample, in: entry) else { continue }
        let gradient = LatentGradientMatch(match, in: entry)
        let noise = NoiseSource(of: match, readers: gradient == nil ? 1 : 2, in: entry)
        guard entry.replace(match.operations, by: [noise.forward(match)]) else { continue }
        context.count("samples fused with their KL")
        if let gradient, gradient.replace(with: noise, match, in: &entry) {
          context.count("gradients of samples fused")
        }
      }
      _ = dropDeadOperations(&entry)
    })
}

/// Sampling and KL of one posterior.
private struct SamplingMatch {
  let sample: Operation
  private let terms: Operation
  private let sum: Operation

  var mean: ValueID { sample.operands[0] }
  var logvar: ValueID { sample.operands[1] }
  var noise: ValueID { sample.operands[2] }
  var operations: [Operation] { [sample, terms, sum] }
  var results: [ValueID] { sample.results + sum.results }

  init?(_ sample: Operation, in entry: Entry) {
    let uses = entry.useCounts()
    guard let type = entry.type(of: sample.results[0]), type.rank >= 2,
      sample.operands.allSatisfy({ entry.type(of: $0) == type }),
      let terms = entry.operations.first(where: {
        $0.name == "kl_normal" && $0.operands == Array(sample.operands.prefix(2))
      }), uses[terms.results[0]] == 1,
      let sum = entry.operations.first(where: { $0.name == "sum_per_image" && $0.operands == terms.results })
    else { return nil }
    self.sample = sample
    self.terms = terms
    self.sum = sum
  }
}

/// Where the noise of a fused sample comes from: made inside from the counters, or read.
private struct NoiseSource {
  private let operands: [ValueID]
  private let attributes: Attributes
  private let suffix: String
  private let sources: [SourceRange]

  /// Noise that something else reads too is stored anyway, and then read.
  init(of match: SamplingMatch, readers: Int, in entry: Entry) {
    let draw = entry.operations.first { $0.name == "normal_noise" && $0.results == [match.noise] }
    if let draw, draw.operands.count == 3, entry.useCounts()[match.noise] == readers {
      operands = draw.operands
      attributes = Attributes(draw.attributes.values.filter { $0.key == "stream" || $0.key == "domain" })
      suffix = ""
      sources = draw.sources
    } else {
      operands = [match.noise]
      attributes = [:]
      suffix = "_given"
      sources = []
    }
  }

  func forward(_ match: SamplingMatch) -> Operation {
    Operation(
      "reparam_kl" + suffix, [match.mean, match.logvar] + operands, attributes, results: match.results,
      sources: sources.union(mergedSources(match.operations)))
  }

  func gradient(_ match: SamplingMatch, dz: ValueID, dkl: ValueID, results: [ValueID], of parts: [Operation])
    -> Operation
  {
    Operation(
      "reparam_kl\(suffix)_gradient", [match.mean, match.logvar, dz, dkl] + operands, attributes,
      results: results,
      sources: sources.union(mergedSources(parts)))
  }
}

/// The gradients by mean and logvar: two sums, each with a part from the sample and a part from the KL, and
/// perhaps more from elsewhere in the model.
private struct LatentGradientMatch {
  private let dz: ValueID
  private let dkl: ValueID
  private let parts: [Operation]
  private let meanSum: Summation
  private let logvarSum: Summation
  private let meanTerms: [ValueID]
  private let logvarTerms: [ValueID]

  init?(_ match: SamplingMatch, in entry: Entry) {
    let uses = entry.useCounts()
    func only(_ name: String, where condition: (Operation) -> Bool) -> Operation? {
      entry.operations.first { $0.name == name && uses[$0.results[0]] == 1 && condition($0) }
    }
    guard
      let sample = only(
        "reparameterize_gradient", where: { Array($0.operands[1...]) == [match.logvar, match.noise] }),
      let klByLogvar = only("kl_normal_gradient", where: { $0.operands[1] == match.logvar }),
      let dkl = entry.numberPerImage(behind: klByLogvar.operands[0]),
      let klByMean = only(
        "mul",
        where: { operation in
          operation.operands.contains(match.mean)
            && operation.operands.contains { entry.numberPerImage(behind: $0) == dkl }
        }),
      let logvarSum = Summation(with: sample.results[0], in: entry),
      let meanSum = Summation(with: klByMean.results[0], in: entry),
      logvarSum.terms.contains(klByLogvar.results[0]), meanSum.terms.contains(sample.operands[0])
    else { return nil }
    dz = sample.operands[0]
    self.dkl = dkl
    parts = [sample, klByMean, klByLogvar]
    self.meanSum = meanSum
    self.logvarSum = logvarSum
    meanTerms = [dz, klByMean.results[0]]
    logvarTerms = [sample.results[0], klByLogvar.results[0]]
  }

  func replace(with noise: NoiseSource, _ match: SamplingMatch, in entry: inout Entry) -> Bool {
    var changed = entry
    let (dmean, meanAdditions) = meanSum.without(meanTerms, in: &changed)
    let (dlogvar, logvarAdditions) = logvarSum.without(logvarTerms, in: &changed)
    let old = parts + meanSum.additions + logvarSum.additions
    let fused = noise.gradient(match, dz: dz, dkl: dkl, results: [dmean, dlogvar], of: old)
    guard changed.replace(old, by: [fused] + meanAdditions + logvarAdditions) else { return false }
    entry = changed
    return true
  }
}

/// A tree of additions whose inner values nobody else reads.
private struct Summation {
  private(set) var additions: [Operation] = []
  private(set) var terms: [ValueID] = []
  private let root: ValueID

  /// The largest such tree with a given term.
  init?(with term: ValueID, in entry: Entry) {
    let uses = entry.useCounts()
    var root = term
    while uses[root] == 1, let next = entry.operations.first(where: { $0.operands.contains(root) }),
      next.name == "add"
    {
      root = next.results[0]
    }
    guard root != term else { return nil }
    self.root = root
    let definitions = entry.definitions()
    func expand(_ value: ValueID, into sum: inout Summation) {
      guard let operation = definitions[value].map({ entry.operations[$0] }), operation.name == "add",
        value == root || uses[value] == 1,
        operation.operands.allSatisfy({ entry.type(of: $0) == entry.type(of: root) })
      else {
        sum.terms.append(value)
        return
      }
      sum.additions.append(operation)
      for operand in operation.operands { expand(operand, into: &sum) }
    }
    expand(root, into: &self)
  }

  /// The sum of the other terms and of one value that stands for the given ones.
  /// - Returns: that value, and the additions that are left.
  func without(_ replaced: [ValueID], in entry: inout Entry) -> (value: ValueID, additions: [Operation]) {
    var rest = terms
    for term in replaced {
      if let index = rest.firstIndex(of: term) { rest.remove(at: index) }
    }
    guard !rest.isEmpty else { return (root, []) }
    let value = entry.addValue(Value(type: entry.type(of: root)))
    var sum = value
    var remaining: [Operation] = []
    for (index, term) in rest.enumerated() {
      let next = index == rest.count - 1 ? root : entry.addValue(Value(type: entry.type(of: root)))
      remaining.append(Operation("add", [sum, term], results: [next], sources: mergedSources(additions)))
      sum = next
    }
    return (value, remaining)
  }
}
