import Diagnostics
import IR

/// A term of the objective: `kl(z)`.
struct TermKey: Hashable, Sendable {
  let term: String
  let subject: String
}

extension EntryElaborator {
  /// The loss per image, `[N]`: what is minimized.
  mutating func loss() throws(Recovery) -> ValueID {
    guard let objective = symbols.objective else { throw Recovery() }
    let value = try objectiveValue(objective.value, negated: objective.direction == .maximize)
    guard case .tensor(let loss) = value, !termOrder.isEmpty else {
      let names = TermTable.definitions.map(\.name).joined(separator: ", ")
      throw diagnostics.fail(
        "the objective has no term", at: objective.value.range, notes: [.init("terms are \(names)")])
    }
    name(loss, "loss")
    return loss
  }

  /// The objective's value or its negative. The sign is carried down to the terms, so that the loss is a sum of what
  /// the metrics show: -(loglik - beta kl) = reconstruction + beta kl.
  private mutating func objectiveValue(_ expression: Expression, negated: Bool) throws(Recovery) -> Operand {
    switch expression {
    case .parenthesized(let node): return try objectiveValue(node.content, negated: negated)
    case .negation(let node): return try objectiveValue(node.operand, negated: !negated)
    case .number, .name:
      let operand = try objectiveOperand(expression)
      return negated
        ? try at(expression.range) { entry throws(Recovery) in try entry.negate(operand) } : operand
    case .binary(let node):
      return try objectiveValue(node, negated: negated)
    case .call(let call): return .tensor(try term(call, negated: negated))
    case .pipeline(let node):
      throw diagnostics.fail("a layer cannot stand in the objective", at: node.range)
    case .string(let node): throw diagnostics.fail("a text is no value", at: node.range)
    }
  }

  private mutating func objectiveValue(_ node: BinaryExpression, negated: Bool) throws(Recovery) -> Operand {
    // -(a - b) = -a + b and -(a b) = (-a) b
    let isFlipped = negated && node.operation == .subtract
    let isRightNegated = negated && node.operation == .add
    let left = try objectiveValue(node.left, negated: negated)
    let right = try objectiveValue(node.right, negated: isRightNegated)
    return try at(node.range) { entry throws(Recovery) in
      try entry.combine(isFlipped ? .add : node.operation, left, right)
    }
  }

  private func objectiveOperand(_ expression: Expression) throws(Recovery) -> Operand {
    guard case .name(let name) = expression else {
      return .number(try evaluator(Environment()).constant(expression).number)
    }
    if symbols.hypers[name.text] != nil, let value = builder.entry.argument(named: "hyper.\(name.text)") {
      return .tensor(value)
    }
    if symbols.configs[name.text] != nil {
      return .number(try evaluator(Environment()).constant(expression).number)
    }
    if let term = TermTable.named(name.text) {
      throw diagnostics.fail("'\(term.name)' needs its subject in parentheses", at: name.range)
    }
    let known = symbols.hyperNames + symbols.configNames
    let notes = DiagnosticCollector.suggestion(for: name.text, in: known)
    throw diagnostics.fail(
      "unknown name '\(name.text)'", at: name.range,
      notes: notes.isEmpty ? [.init("the objective is made of terms, numbers, configs and hypers")] : notes)
  }

  private mutating func term(_ call: Call, negated: Bool) throws(Recovery) -> ValueID {
    let definition = try termDefinition(call.name)
    let key = TermKey(term: definition.name, subject: try subject(of: call, definition))
    return try at(call.range) { entry throws(Recovery) in
      if entry.terms[key] == nil {
        entry.terms[key] = try entry.makeTerm(key, call)
        entry.termOrder.append(key)
      }
      if negated == definition.isNegatedInMetrics { return try entry.metric(key) }
      guard let value = entry.terms[key] else { throw Recovery() }
      return negated ? try entry.emit("neg", [value]) : value
    }
  }

  private func termDefinition(_ name: Name) throws(Recovery) -> TermDefinition {
    if let definition = TermTable.named(name.text) { return definition }
    if PlannedConstructs.Kind.term.contains(name.text) {
      throw diagnostics.fail(PlannedConstructs.message(name.text), at: name.range)
    }
    let names = TermTable.definitions.map(\.name)
    let notes = DiagnosticCollector.suggestion(for: name.text, in: names)
    throw diagnostics.fail(
      "unknown term '\(name.text)'", at: name.range,
      notes: notes.isEmpty ? [.init("terms are " + names.joined(separator: ", "))] : notes)
  }

  /// The name that a term is about.
  private func subject(of call: Call, _ definition: TermDefinition) throws(Recovery) -> String {
    let candidates: [Name]
    let what: String
    switch definition.subject {
    case .latent: (candidates, what) = (symbols.encoder?.results ?? [], "a result of the encoder")
    case .input: (candidates, what) = (symbols.decoder?.results ?? [], "a result of the decoder")
    }
    let form = Diagnostic.Note("write '\(definition.name)(\(candidates.first?.text ?? "x"))'")
    guard call.arguments.count == 1, let argument = call.arguments.first, argument.label == nil,
      case .name(let name) = argument.value
    else {
      throw diagnostics.fail("'\(definition.name)' needs the name of \(what)", at: call.range, notes: [form])
    }
    guard candidates.contains(where: { $0.text == name.text }) else {
      // A model without that scope has been told so.
      if candidates.isEmpty { throw Recovery() }
      throw diagnostics.fail(
        "'\(name.text)' is not \(what)", at: name.range,
        notes: [form] + symbols.note("its results are declared here", at: candidates.first))
    }
    return name.text
  }
}

extension EntryElaborator {
  private mutating func makeTerm(_ key: TermKey, _ call: Call) throws(Recovery) -> ValueID {
    switch key.term {
    case "kl": return try klTerm(key.subject, call)
    case "loglik": return try loglikTerm(key.subject, call)
    case "codebook", "commitment": return try quantizationTerm(key, call)
    default:
      let reduction = key.term == "mse" ? "mean_per_image" : "sum_per_image"
      let square = try squaredError(key.subject)
      return try emit(reduction, [square], named: key.term)
    }
  }

  private mutating func klTerm(_ latent: String, _ call: Call) throws(Recovery) -> ValueID {
    if latents[latent]?.isFaulty ?? true { throw Recovery() }
    guard let posterior = latents[latent]?.posterior else {
      throw diagnostics.fail(
        "'kl(\(latent))' needs a posterior: the encoder does not draw '\(latent)'", at: call.range,
        notes: symbols.encoder.map { symbols.notes("write '\(latent) ~ normal(...)'", on: latent, in: $0) }
          ?? [])
    }
    guard symbols.prior(of: latent) != nil else {
      throw diagnostics.fail(
        "'kl(\(latent))' needs a prior", at: call.range,
        notes: [.init("write 'prior \(latent) ~ normal(mean: 0, std: 1)'")])
    }
    let elements = try emit("kl_normal", [posterior.mean, posterior.logvar])
    return try emit("sum_per_image", [elements], named: "kl")
  }

  private mutating func loglikTerm(_ input: String, _ call: Call) throws(Recovery) -> ValueID {
    if case .faulty? = outputs[input] { throw Recovery() }
    guard case .bernoulli(let logits)? = outputs[input] else {
      throw diagnostics.fail(
        "'loglik(\(input))' needs a likelihood: the decoder does not draw '\(input)'", at: call.range,
        notes: symbols.decoder.map {
          symbols.notes(
            "write '\(input) ~ bernoulli(logits: ...)', or 'minimize mse(\(input))'", on: input, in: $0)
        } ?? [])
    }
    let target = try target(input)
    let elements = try emit("bernoulli_loglik", [logits, target])
    return try emit("sum_per_image", [elements], named: "loglik")
  }

  private mutating func squaredError(_ input: String) throws(Recovery) -> ValueID {
    guard let output = outputs[input] else { throw Recovery() }
    let mean = try mean(of: output)
    let difference = try emit("sub", [try target(input), mean])
    return try emit("square", [difference])
  }

  private mutating func target(_ input: String) throws(Recovery) -> ValueID {
    guard let declaration = symbols.inputs.first(where: { $0.name == input })?.declaration,
      case .tensor(let value) = try inputMeaning(declaration.name)
    else { throw Recovery() }
    return value
  }

  /// A term as metrics show it, per image.
  mutating func metric(_ key: TermKey) throws(Recovery) -> ValueID {
    guard let value = terms[key], let definition = TermTable.named(key.term) else { throw Recovery() }
    guard definition.isNegatedInMetrics else { return value }
    if let known = metrics[key] { return known }
    let metric = try emit("neg", [value], named: definition.metric)
    metrics[key] = metric
    return metric
  }

  /// What metrics call a term; with its subject where there are several of its kind.
  func metricName(_ key: TermKey) -> String {
    let name = TermTable.named(key.term)?.metric ?? key.term
    return termOrder.filter { $0.term == key.term }.count > 1 ? "\(name).\(key.subject)" : name
  }
}
