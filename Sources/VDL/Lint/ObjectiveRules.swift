import Diagnostics
import IR

// The weights of an objective's terms decide what is trained. A mean in the place of a sum, or a factor that a formula has in it
// already, is a weight that nobody wrote.

extension LintRule {
  static let meanWithKL = LintRule(
    id: "mean-with-kl",
    summary:
      "`mse`, a mean over the elements, stands beside `kl`, a sum over the latents: the KL counts as many times more as there are "
      + "elements.",
    check: { model in
      let (terms, symbols) = model.objectiveTerms
      guard let mse = terms.first(where: { $0.name == "mse" }), let scale = mse.coefficient, scale != 0,
        let kl = terms.first(where: { $0.name == "kl" }), let weight = kl.coefficient, weight != 0,
        let extents = symbols.inputs.first(where: { $0.name == mse.subject })?.imageExtents
      else { return [] }
      let elements = extents.reduce(1, *)
      let beside = abs(weight / scale) * Double(elements)
      // sse + c kl is twice -log N(x; mean, 1) + c / 2 kl, up to a constant.
      guard beside / 2 > largestBeta else { return [] }
      return [
        Diagnostic(
          "'mse(\(mse.subject))' is a mean over \(elements) elements, 'kl(\(kl.subject))' a sum: the KL counts \(elements) times as much as beside a sum",
          at: mse.call.range,
          notes: [
            .init(
              "this is 'sse(\(mse.subject)) + \(short(beside)) * kl(\(kl.subject))', a beta of \(short(beside / 2)) for a normal likelihood of "
                + "std 1\(defaults(of: [mse, kl], symbols))"),
            .init("write 'sse(\(mse.subject))', or a weight of the KL that is meant"),
          ])
      ]
    })

  static let objectiveSign = LintRule(
    id: "objective-sign",
    summary:
      "The objective rewards what it should cost, or the other way round: a likelihood is minimized, a KL maximized.",
    check: { model in
      let (terms, symbols) = model.objectiveTerms
      guard let objective = symbols.objective else { return [] }
      return terms.compactMap { term in
        guard let coefficient = term.coefficient, coefficient != 0,
          let isGain = TermTable.named(term.name)?.isGain
        else { return nil }
        let isMaximized = (objective.direction == .maximize) == (coefficient > 0)
        guard isMaximized != isGain else { return nil }
        let sign = coefficient > 0 ? "-" : "+"
        return Diagnostic(
          "the objective \(isMaximized ? "maximizes" : "minimizes") '\(term.name)(\(term.subject))'",
          at: term.call.range,
          notes: [
            .init(
              "\(isGain ? "the larger a likelihood is, the better" : "the smaller this is, the better"): its sign should be '\(sign)', or the "
                + "objective be \(objective.direction == .maximize ? "minimized" : "maximized")")
          ])
      }
    })

  static let halfKL = LintRule(
    id: "half-kl",
    summary: "`kl` has the factor 1/2 that stands before its formula, which `kl` has in it already.",
    check: { model in
      let (terms, _) = model.objectiveTerms
      guard let loglik = terms.first(where: { $0.name == "loglik" }), let scale = loglik.coefficient else {
        return []
      }
      return terms.filter {
        $0.name == "kl" && $0.isWeighedByLiterals && $0.coefficient.map(abs) == abs(scale) / 2
      }
      .map { term in
        Diagnostic(
          "'kl(\(term.subject))' is the whole divergence: the 1/2 of its formula is in it", at: term.call.range,
          notes: [.init("leave the factor out, or name it with 'hyper beta = 0.5' if it is meant")])
      }
    })

  /// A beta above which nobody is likely to mean it.
  private static let largestBeta = 20.0

  private static func short(_ number: Double) -> String {
    let rounded = (number * 1000).rounded() / 1000
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
  }

  private static func defaults(of terms: [ObjectiveTerm], _ symbols: ModelSymbols) -> String {
    let names = symbols.hyperNames.filter { name in terms.contains { $0.hypers.contains(name) } }
    let values = names.map { "\($0) = \(short(symbols.hypers[$0]?.value ?? 0))" }
    return values.isEmpty ? "" : ", with " + values.joined(separator: ", ")
  }
}

/// A term of the objective with what it is multiplied by.
private struct ObjectiveTerm {
  let call: Call
  let subject: String
  /// Nil where it is no number that is known here.
  var coefficient: Double?
  /// The hypers in it, which count with their defaults.
  var hypers: Set<String> = []
  /// Whether numbers as written make the coefficient, and no names.
  var isWeighedByLiterals = false
  var name: String { call.name.text }
}

extension ModelSyntax {
  /// The objective's terms, and the declarations that their coefficients are made of.
  fileprivate var objectiveTerms: (terms: [ObjectiveTerm], symbols: ModelSymbols) {
    var collector = SymbolCollector(self, settings: [:], diagnostics: DiagnosticCollector())
    collector.run()
    let symbols = collector.symbols
    guard let objective = symbols.objective else { return ([], symbols) }
    var reader = CoefficientReader(symbols: symbols)
    reader.read(objective.value, Coefficient(value: 1))
    return (reader.terms, symbols)
  }
}

private struct Coefficient {
  /// Nil where it is not known.
  var value: Double?
  var hypers: Set<String> = []
  var hasNames = false
}

/// Reads an objective as a sum of terms times numbers. What is in a function, but for the larger or smaller of two values, has no
/// coefficient.
private struct CoefficientReader {
  let symbols: ModelSymbols
  var terms: [ObjectiveTerm] = []

  mutating func read(_ expression: Expression, _ coefficient: Coefficient) {
    switch expression {
    case .number, .string, .name, .pipeline: break
    case .parenthesized(let node): read(node.content, coefficient)
    case .negation(let node): read(node.operand, times(coefficient, Coefficient(value: -1)))
    case .binary(let node): read(node, coefficient)
    case .call(let call): read(call, coefficient)
    }
  }

  private mutating func read(_ node: BinaryExpression, _ coefficient: Coefficient) {
    switch node.operation {
    case .add, .subtract:
      read(node.left, coefficient)
      read(node.right, node.operation == .add ? coefficient : times(coefficient, Coefficient(value: -1)))
    case .multiply:
      read(node.left, times(coefficient, number(node.right)))
      read(node.right, times(coefficient, number(node.left)))
    case .divide:
      var divisor = number(node.right)
      divisor.value = divisor.value.flatMap { $0 == 0 ? nil : 1 / $0 }
      read(node.left, times(coefficient, divisor))
      read(node.right, Coefficient(value: nil))
    }
  }

  private mutating func read(_ call: Call, _ coefficient: Coefficient) {
    if FunctionTable.named(call.name.text) != nil {
      let isPassedOn = call.name.text == "max" || call.name.text == "min"
      for argument in call.arguments {
        read(argument.value, isPassedOn ? coefficient : Coefficient(value: nil))
      }
    } else if TermTable.named(call.name.text) != nil, case .name(let subject)? = call.arguments.first?.value {
      terms.append(
        ObjectiveTerm(
          call: call, subject: subject.text, coefficient: coefficient.value, hypers: coefficient.hypers,
          isWeighedByLiterals: !coefficient.hasNames))
    }
  }

  private func times(_ a: Coefficient, _ b: Coefficient) -> Coefficient {
    let product = a.value.flatMap { x in b.value.map { x * $0 } }
    return Coefficient(value: product, hypers: a.hypers.union(b.hypers), hasNames: a.hasNames || b.hasNames)
  }

  /// The number that an expression is, hypers by their defaults.
  private func number(_ expression: Expression) -> Coefficient {
    switch expression {
    case .number(let literal): return Coefficient(value: Constant(literal).number)
    case .parenthesized(let node): return number(node.content)
    case .negation(let node): return times(number(node.operand), Coefficient(value: -1))
    case .name(let name):
      if let hyper = symbols.hypers[name.text] {
        return Coefficient(value: hyper.value, hypers: [name.text], hasNames: true)
      }
      return Coefficient(value: symbols.configs[name.text]?.value?.number, hasNames: true)
    case .binary(let node):
      let (a, b) = (number(node.left), number(node.right))
      let value = a.value.flatMap { x in b.value.map { node.operation.apply(x, $0) } }
      return Coefficient(
        value: value.flatMap { $0.isFinite ? $0 : nil }, hypers: a.hypers.union(b.hypers),
        hasNames: a.hasNames || b.hasNames)
    case .call, .pipeline, .string: return Coefficient(value: nil)
    }
  }
}
