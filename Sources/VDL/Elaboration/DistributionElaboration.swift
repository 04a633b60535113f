import Diagnostics
import IR
import Random

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Draws: posteriors of latents, likelihoods of what the decoder makes, and the arguments of distributions.
extension EntryElaborator {
  /// The posterior of a latent and the latent itself.
  mutating func draw(_ draw: Draw, _ environment: Environment) throws(Recovery) -> Latent {
    let arguments = try distribution(draw, in: .encoder)
    let name = draw.name.text
    let mean = try parameter("mean", of: draw, arguments, environment)
    let logvar = try tensor(
      try logVariance(of: draw, arguments, environment),
      at: (arguments["std"] ?? arguments["logvar"])?.range ?? draw.range)
    self.name(mean, "\(name).mean")
    self.name(logvar, "\(name).logvar")
    return try at(draw.range) { entry throws(Recovery) in
      let noise: ValueID
      switch entry.latentMode {
      case .mean: return Latent(value: mean, posterior: (mean, logvar))
      case .given:
        guard let given = entry.builder.entry.argument(named: "noise.\(name)") else { throw Recovery() }
        noise = given
      case .drawn(let domain):
        noise = try entry.noise(for: name, path: "encoder.\(name)", domain: domain)
      }
      let value = try entry.emit("reparameterize", [mean, logvar, noise], named: name)
      return Latent(value: value, posterior: (mean, logvar), noise: noise)
    }
  }

  /// Standard normal noise for a latent. Its stream is fixed by the draw's path in the text.
  mutating func noise(for latent: String, path: String, domain: String) throws(Recovery) -> ValueID {
    let counters = ["seed", "epoch", "index", "sample"].compactMap { builder.entry.argument(named: $0) }
    return try emit(
      "normal_noise", counters,
      [
        "stream": .int(Int(streamIdentifier(of: path))), "domain": .symbol(domain), "latent": .symbol(latent),
        "samples": .int(samples),
      ], named: "\(latent).noise")
  }

  mutating func likelihood(_ draw: Draw, _ environment: Environment) throws(Recovery) -> Output {
    let arguments = try distribution(draw, in: .decoder)
    guard let definition = DistributionTable.named(draw.distribution.name.text),
      let likelihood = definition.likelihood
    else { throw Recovery() }
    var parameters: [ValueID] = []
    for alternatives in definition.parameters {
      guard let label = alternatives.first(where: { arguments[$0] != nil }) else { throw Recovery() }
      let operand = try likelihoodParameter(label, likelihood.numbers[label], of: draw, arguments, environment)
      var value = try at(draw.distribution.range) { entry throws(Recovery) in try entry.value(of: operand) }
      if label == "std" { value = try logvar(of: value, at: draw.distribution.range) }
      name(value, "\(draw.name.text).\(label == "std" ? "logvar" : label)")
      if likelihood.isOfClasses, let classes = symbols.input(draw.name.text)?.classes {
        value = try at(draw.range) { entry throws(Recovery) in
          try entry.emit(
            "log_softmax", [value], ["classes": .int(classes)], named: "\(draw.name.text).log_probabilities")
        }
      }
      parameters.append(value)
    }
    return .likelihood(likelihood, parameters: parameters)
  }

  /// A likelihood's parameter: a tensor, or a number where there is an interval for it.
  private mutating func likelihoodParameter(
    _ label: String, _ interval: NumberInterval?, of draw: Draw, _ arguments: [String: Expression],
    _ environment: Environment
  ) throws(Recovery) -> Operand {
    guard let expression = arguments[label], let interval, isNumeric(expression, environment) else {
      return .tensor(try parameter(label, of: draw, arguments, environment))
    }
    return .number(try evaluator(environment).number(expression, for: label, in: interval))
  }

  /// log(std^2) = 2 log(std).
  private mutating func logvar(of std: ValueID, at place: SourceRange) throws(Recovery) -> ValueID {
    try at(place) { entry throws(Recovery) in
      let log = try entry.emit("log", [std])
      return try entry.emit("mul", [try entry.emit("constant", [], ["value": .float(2)]), log])
    }
  }

  /// A distribution's parameter as a tensor. Layers in it stand under the draw and the parameter: `encoder.z.mean`.
  private mutating func parameter(
    _ label: String, of draw: Draw, _ arguments: [String: Expression], _ environment: Environment
  ) throws(Recovery) -> ValueID {
    guard let expression = arguments[label] else { throw Recovery() }
    return try tensor(
      try parameterOperand(label, of: draw, arguments, environment), at: expression.range)
  }

  /// A distribution's parameter, a tensor or a number.
  mutating func parameterOperand(
    _ label: String, of draw: Draw, _ arguments: [String: Expression], _ environment: Environment
  ) throws(Recovery) -> Operand {
    guard let expression = arguments[label] else { throw Recovery() }
    layerPath = LayerPath(scope: layerPath.scope, path: "\(layerPath.scope).\(draw.name.text).\(label)")
    return try operand(expression, environment)
  }

  /// The logarithm of a normal distribution's variance, which is given as it is or by the standard deviation.
  mutating func logVariance(
    of draw: Draw, _ arguments: [String: Expression], _ environment: Environment
  ) throws(Recovery) -> Operand {
    guard let expression = arguments["std"] else {
      return try parameterOperand("logvar", of: draw, arguments, environment)
    }
    switch try parameterOperand("std", of: draw, arguments, environment) {
    case .number(let std):
      guard std > 0 else {
        throw diagnostics.fail("'std' must be above 0, not \(std)", at: expression.range)
      }
      return .number(2 * log(std))
    case .tensor(let std):
      return .tensor(try logvar(of: std, at: draw.distribution.range))
    }
  }

  /// The arguments of a distribution by their labels, checked against the table.
  func distribution(_ draw: Draw, in role: ScopeKind) throws(Recovery) -> [String: Expression] {
    let call = draw.distribution
    guard let definition = DistributionTable.named(call.name.text) else {
      if isLayer(call.name.text) || isValue(call.name.text, in: role) {
        let kind = isLayer(call.name.text) ? "a layer" : "a value"
        throw diagnostics.fail(
          "'\(call.name.text)' is \(kind), not a distribution", at: call.name.range,
          notes: [.init("a computed value is given with '=': '\(draw.name.text) = ...'")])
      }
      if PlannedConstructs.Kind.distribution.contains(call.name.text) {
        throw diagnostics.fail(PlannedConstructs.message(call.name.text), at: call.name.range)
      }
      let names = DistributionTable.definitions.map(\.name)
      let notes = DiagnosticCollector.suggestion(for: call.name.text, in: names)
      throw diagnostics.fail(
        "unknown distribution '\(call.name.text)'", at: call.name.range,
        notes: notes.isEmpty ? [.init("distributions are " + names.joined(separator: ", "))] : notes)
    }
    guard definition.roles.contains(role) else {
      let roles = [ScopeKind.encoder: "posterior", .prior: "prior", .decoder: "likelihood"]
      let others = DistributionTable.definitions.filter { $0.roles.contains(role) }.map(\.text)
      throw diagnostics.fail(
        "'\(definition.name)' as a \(roles[role] ?? "") is not supported yet", at: call.name.range,
        notes: [.init("there is \(others.joined(separator: " and "))")])
    }
    return try labeled(call, definition)
  }

  /// Whether a scope gives that name to a value or takes it as one.
  private func isValue(_ name: String, in role: ScopeKind) -> Bool {
    let scope = role == .encoder ? symbols.encoder : role == .decoder ? symbols.decoder : nil
    return scope?.parameters.contains { $0.text == name } == true
      || scope?.statements.contains { $0.name.text == name } == true
  }

  private func labeled(_ call: Call, _ definition: DistributionDefinition) throws(Recovery) -> [String:
    Expression]
  {
    let form = Diagnostic.Note("its form is \(definition.text)")
    let labels = definition.parameters.flatMap { $0 }
    var values: [String: Expression] = [:]
    for argument in call.arguments {
      guard let label = argument.label else {
        throw diagnostics.fail("arguments of a distribution are labeled", at: argument.range, notes: [form])
      }
      guard let alternatives = definition.parameters.first(where: { $0.contains(label.text) }) else {
        let notes = DiagnosticCollector.suggestion(for: label.text, in: labels)
        throw diagnostics.fail(
          "'\(definition.name)' has no argument '\(label.text)'", at: label.range,
          notes: notes.isEmpty ? [form] : notes)
      }
      if let other = alternatives.first(where: { values[$0] != nil }) {
        let message =
          other == label.text
          ? "'\(other)' is given twice" : "'\(label.text)' and '\(other)' exclude each other"
        throw diagnostics.fail(message, at: label.range)
      }
      values[label.text] = argument.value
    }
    for alternatives in definition.parameters where !alternatives.contains(where: { values[$0] != nil }) {
      let missing = alternatives.map { "'\($0):'" }.joined(separator: " or ")
      throw diagnostics.fail("'\(definition.name)' needs \(missing)", at: call.name.range, notes: [form])
    }
    return values
  }
}
