import Diagnostics
import IR

/// A term of the objective: `kl(z)`.
struct TermKey: Hashable, Sendable {
  let term: String
  let subject: String
  /// The value of the term's option as it is written; empty where there is none.
  var option = ""
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
  mutating func objectiveValue(_ expression: Expression, negated: Bool) throws(Recovery) -> Operand {
    switch expression {
    case .parenthesized(let node): return try objectiveValue(node.content, negated: negated)
    case .negation(let node): return try objectiveValue(node.operand, negated: !negated)
    case .number, .name:
      let operand = try objectiveOperand(expression)
      return negated
        ? try at(expression.range) { entry throws(Recovery) in try entry.negate(operand) } : operand
    case .binary(let node):
      return try objectiveValue(node, negated: negated)
    case .call(let call):
      if let function = FunctionTable.named(call.name.text) {
        return try apply(function, call, negated: negated)
      }
      return .tensor(try term(call, negated: negated))
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

  func objectiveOperand(_ expression: Expression) throws(Recovery) -> Operand {
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
      let what = term.subject == .draws ? "'samples:'" : "its subject"
      throw diagnostics.fail("'\(term.name)' needs \(what) in parentheses", at: name.range)
    }
    if let function = FunctionTable.named(name.text) {
      throw diagnostics.fail(
        "'\(function.name)' needs its arguments in parentheses", at: name.range,
        notes: [.init("its form is \(function.text)")])
    }
    let known = symbols.hyperNames + symbols.configNames
    let notes = DiagnosticCollector.suggestion(for: name.text, in: known)
    throw diagnostics.fail(
      "unknown name '\(name.text)'", at: name.range,
      notes: notes.isEmpty ? [.init("the objective is made of terms, numbers, configs and hypers")] : notes)
  }

  private mutating func term(_ call: Call, negated: Bool) throws(Recovery) -> ValueID {
    let definition = try termDefinition(call.name)
    let arguments = try termArguments(call, definition)
    let key = arguments.key
    return try at(call.range) { entry throws(Recovery) in
      if entry.terms[key] == nil {
        entry.terms[key] = try entry.meanOverSamples(try entry.makeTerm(arguments, call), key)
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
    let notes = DiagnosticCollector.suggestion(
      for: name.text, in: names + FunctionTable.definitions.map(\.name))
    throw diagnostics.fail(
      "unknown term '\(name.text)'", at: name.range,
      notes: notes.isEmpty ? [.init("terms are " + names.joined(separator: ", "))] : notes)
  }
}

extension EntryElaborator {
  private mutating func makeTerm(_ arguments: TermArguments, _ call: Call) throws(Recovery) -> ValueID {
    let subject = arguments.key.subject
    switch arguments.key.term {
    case "kl": return try klTerm(subject, free: arguments.option, call)
    case "loglik": return try loglikTerm(subject, call)
    case TermTable.iwae: return try importanceWeightedBound(call)
    case "codebook", "commitment": return try quantizationTerm(arguments.key, call)
    case "jacobian":
      guard let value = arguments.value, let input = arguments.input else { throw Recovery() }
      let differentiated = latents[subject]?.posterior?.mean ?? value
      return try emit("jacobian_norm", [differentiated, input], named: "jacobian")
    case "kl_sparsity":
      guard let value = arguments.value, let target = arguments.option else { throw Recovery() }
      return try sparsityTerm(value, target: target)
    case "mmd": return try discrepancyTerm(subject, call)
    case "mutual_information", "total_correlation", "dimension_kl":
      return try decompositionTerm(arguments, call)
    case "l1", "l2":
      guard let value = arguments.value else { throw Recovery() }
      let elements = try emit(arguments.key.term == "l1" ? "abs" : "square", [value])
      return try emit("sum_per_image", [elements], named: arguments.key.term)
    default:
      let reduction = arguments.key.term == "mse" ? "mean_per_image" : "sum_per_image"
      let square = try squaredError(subject)
      return try emit(reduction, [square], named: arguments.key.term)
    }
  }

  /// - Parameter free: what each latent counts at least; the KL without it is a term, too, for the metrics.
  private mutating func klTerm(_ latent: String, free: Operand?, _ call: Call) throws(Recovery) -> ValueID {
    let posterior = try posterior(of: latent, for: call)
    try requirePrior(of: latent, for: call)
    let elements = try divergence(of: latent, posterior)
    guard let free else { return try emit("sum_per_image", [elements], named: "kl") }
    let whole = TermKey(term: "kl", subject: latent)
    if terms[whole] == nil {
      terms[whole] = try meanOverSamples(try emit("sum_per_image", [elements], named: "kl"), whole)
      termOrder.append(whole)
    }
    let limited = try emit("maximum", [elements, try value(of: free)])
    return try emit("sum_per_image", [limited], named: "kl_free")
  }

  /// The posterior that a term needs; a latent that the encoder computes has none.
  func posterior(of latent: String, for call: Call) throws(Recovery) -> (mean: ValueID, logvar: ValueID) {
    if latents[latent]?.isFaulty ?? true { throw Recovery() }
    if let posterior = latents[latent]?.posterior { return posterior }
    throw diagnostics.fail(
      "'\(call.name.text)(\(latent))' needs a posterior: the encoder does not draw '\(latent)'", at: call.range,
      notes: symbols.encoder.map { symbols.notes("write '\(latent) ~ normal(...)'", on: latent, in: $0) } ?? [])
  }

  func requirePrior(of latent: String, for call: Call) throws(Recovery) {
    guard symbols.prior(of: latent) == nil else { return }
    throw diagnostics.fail(
      "'\(call.name.text)(\(latent))' needs a prior", at: call.range,
      notes: [.init("write 'prior \(latent) ~ normal(mean: 0, std: 1)'")])
  }

  /// log p(x | z) of an input that the decoder draws, one number per image.
  mutating func logLikelihood(of input: Name) throws(Recovery) -> ValueID {
    let name = Name("loglik", at: input.range)
    return try loglikTerm(
      input.text, Call(name: name, arguments: [], hasParentheses: true, alias: nil, range: input.range))
  }

  private mutating func loglikTerm(_ input: String, _ call: Call) throws(Recovery) -> ValueID {
    if case .faulty? = outputs[input] { throw Recovery() }
    guard case .likelihood(let likelihood, let parameters)? = outputs[input] else {
      throw diagnostics.fail(
        "'loglik(\(input))' needs a likelihood: the decoder does not draw '\(input)'", at: call.range,
        notes: symbols.decoder.map {
          symbols.notes(
            "write '\(input) ~ bernoulli(logits: ...)', or 'minimize mse(\(input))'", on: input, in: $0)
        } ?? [])
    }
    let target = try target(input)
    let elements = try emit(likelihood.op, parameters + [target])
    return try emit("sum_per_image", [elements], named: "loglik")
  }

  private mutating func squaredError(_ input: String) throws(Recovery) -> ValueID {
    guard let output = outputs[input] else { throw Recovery() }
    let mean = try mean(of: output)
    let difference = try emit("sub", [try target(input), mean])
    return try emit("square", [difference])
  }

  /// What the decoder's result is compared with: the image, or the class as a row.
  private mutating func target(_ input: String) throws(Recovery) -> ValueID {
    guard let declaration = symbols.inputs.first(where: { $0.name == input })?.declaration,
      case .tensor(let value) = try inputMeaning(declaration.name)
    else { throw Recovery() }
    guard let classes = symbols.input(input)?.classes else { return value }
    return try emit("one_hot", [value], ["classes": .int(classes)])
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

  /// What metrics call a term; with its subject where there are several of its kind, and with its option where that is not
  /// enough.
  func metricName(_ key: TermKey) -> String {
    func plain(_ key: TermKey) -> String {
      let definition = TermTable.named(key.term)
      return (key.option.isEmpty ? nil : definition?.option?.metric) ?? definition?.metric ?? key.term
    }
    let name = plain(key)
    let like = termOrder.filter { plain($0) == name }
    guard like.count > 1 else { return name }
    let isAmbiguous = like.count { $0.subject == key.subject } > 1
    return "\(name).\(key.subject)" + (isAmbiguous ? ".\(key.option)" : "")
  }
}
