import Diagnostics
import IR

extension EntryElaborator {
  /// Elaborates the encoder on the inputs as arguments; fills `latents`.
  mutating func elaborateEncoder() throws(Recovery) {
    guard let scope = symbols.encoder else { throw Recovery() }
    var environment = Environment()
    for parameter in scope.parameters { environment[parameter.text] = try encoderInput(parameter) }
    try statements(of: scope, environment) { entry, result, meaning throws(Recovery) in
      switch meaning {
      case .binding(let value):
        entry.latents[result.text] = Latent(value: value)
        return value
      case .draw(let draw, let environment):
        let latent = try entry.draw(draw, environment)
        entry.latents[result.text] = latent
        return latent.value
      }
    }
  }

  /// Elaborates the decoder on the latents that are known; fills `outputs`.
  mutating func elaborateDecoder() throws(Recovery) {
    guard let scope = symbols.decoder else { throw Recovery() }
    var environment = Environment()
    for parameter in scope.parameters {
      environment[parameter.text] =
        symbols.isInput(parameter.text)
        ? try inputMeaning(parameter) : latents[parameter.text].map { .tensor($0.value) } ?? .invalid
    }
    try statements(of: scope, environment) { entry, result, meaning throws(Recovery) in
      try entry.checkKind(of: result, meaning)
      switch meaning {
      case .binding(let value):
        entry.outputs[result.text] = .value(value)
        entry.name(value, "\(result.text).mean")
        return value
      case .draw(let draw, let environment):
        entry.outputs[result.text] = try entry.likelihood(draw, environment)
        return nil
      }
    }
  }

  /// A class is drawn from a distribution of classes, an image is not.
  private func checkKind(of result: Name, _ meaning: ResultMeaning) throws(Recovery) {
    guard let input = symbols.input(result.text) else { return }
    let isClass = input.classes != nil
    switch meaning {
    case .binding:
      guard isClass else { return }
      throw diagnostics.fail(
        "'\(result.text)' is a class, which is drawn, not computed", at: result.range,
        notes: [.init("write '\(result.text) ~ categorical(logits: ...)'")])
    case .draw(let draw, _):
      let name = draw.distribution.name
      guard let likelihood = DistributionTable.named(name.text)?.likelihood, likelihood.isOfClasses != isClass
      else { return }
      throw diagnostics.fail(
        isClass
          ? "'\(name.text)' is no distribution of classes"
          : "'\(name.text)' is a distribution of classes, and '\(result.text)' is an image",
        at: name.range,
        notes: isClass
          ? [.init("write '\(result.text) ~ categorical(logits: ...)'")]
          : symbols.note("'\(result.text)' is declared here", at: input.declaration.name))
    }
  }

  /// What the decoder expects an input to be: the likelihood's mean, or the value itself.
  mutating func mean(of output: Output) throws(Recovery) -> ValueID {
    switch output {
    case .value(let value): return value
    case .likelihood(let likelihood, let parameters):
      guard let first = parameters.first else { throw Recovery() }
      return try likelihood.meanOp.map { op throws(Recovery) in try emit(op, [first]) } ?? first
    case .faulty: throw Recovery()
    }
  }
}

/// How a statement gives a result of its scope.
enum ResultMeaning {
  case binding(ValueID)
  case draw(Draw, Environment)
}

extension EntryElaborator {
  /// Elaborates a scope's statements in order. A faulty one is reported, its name made invalid, and the rest goes on.
  ///
  /// - Parameter give: takes a result of the scope; returns the value that later statements see under its name.
  mutating func statements(
    of scope: ScopeDeclaration, _ environment: Environment,
    give: (inout EntryElaborator, Name, ResultMeaning) throws(Recovery) -> ValueID?
  ) throws(Recovery) {
    try atHome(of: scope) { entry throws(Recovery) in
      try entry.statementsAtHome(of: scope, environment, give: give)
    }
  }

  private mutating func statementsAtHome(
    of scope: ScopeDeclaration, _ environment: Environment,
    give: (inout EntryElaborator, Name, ResultMeaning) throws(Recovery) -> ValueID?
  ) throws(Recovery) {
    var environment = environment
    var given: Set<String> = []
    var isFaulty = false
    for statement in scope.statements {
      do {
        try element(statement, of: scope, &environment, &given, give: give)
      } catch {
        isFaulty = true
        environment[statement.name.text] = .invalid
        given.insert(statement.name.text)
      }
    }
    environments[scope.kind] = environment
    for result in scope.results where !given.contains(result.text) {
      let remedy =
        scope.kind == .prior
        ? "write '\(result.text) ~ normal(mean: 0, std: 1)'"
        : "write '\(result.text) ~ ...' to draw it or '\(result.text) = ...' to compute it"
      diagnostics.report(
        "the \(scope.kind.rawValue) never gives '\(result.text)'", at: result.range, notes: [.init(remedy)])
      isFaulty = true
    }
    if isFaulty { throw Recovery() }
  }

  private mutating func element(
    _ statement: Statement, of scope: ScopeDeclaration, _ environment: inout Environment,
    _ given: inout Set<String>,
    give: (inout EntryElaborator, Name, ResultMeaning) throws(Recovery) -> ValueID?
  ) throws(Recovery) {
    let name = statement.name
    let isResult = scope.results.contains { $0.text == name.text }
    // There may be several priors: what one of them computes in between stands under its result.
    let owner = scope.kind == .prior && !isResult ? scope.results.first.map { ".\($0.text)" } ?? "" : ""
    layerPath = LayerPath(scope: scope.kind.rawValue, path: "\(scope.kind.rawValue)\(owner).\(name.text)")
    try check(statement, of: scope, environment, given)
    switch statement {
    case .binding(let binding):
      let value = try tensor(binding.value, environment)
      if binding.isLet {
        self.name(value, name.text)
        environment[name.text] = .tensor(value)
      } else {
        given.insert(name.text)
        environment[name.text] = try give(&self, name, .binding(value)).map { .tensor($0) }
        self.name(value, name.text)
      }
    case .draw(let draw):
      given.insert(name.text)
      environment[name.text] = try give(&self, name, .draw(draw, environment)).map { .tensor($0) }
    }
  }

  /// A `let` needs a new name, everything else the name of a result not given yet.
  private func check(
    _ statement: Statement, of scope: ScopeDeclaration, _ environment: Environment, _ given: Set<String>
  ) throws(Recovery) {
    let name = statement.name
    let isResult = scope.results.contains { $0.text == name.text }
    if case .binding(let binding) = statement, binding.isLet {
      let isTaken =
        environment[name.text] != nil || isResult || symbols.configs[name.text] != nil
        || symbols.hypers[name.text] != nil || isLayer(name.text)
      guard !isTaken else {
        throw diagnostics.fail(
          "the name '\(name.text)' is taken", at: name.range, notes: notes(onTaken: name, in: scope))
      }
      return
    }
    guard isResult else {
      let notes = DiagnosticCollector.suggestion(for: name.text, in: scope.results.map(\.text))
      throw diagnostics.fail(
        "'\(name.text)' is not a result of the \(scope.kind.rawValue)", at: name.range,
        notes: notes.isEmpty ? [.init("a value in between is 'let \(name.text) = ...'")] : notes)
    }
    guard !given.contains(name.text) else {
      throw diagnostics.fail(
        "'\(name.text)' is given twice", at: name.range, notes: notes(onTaken: name, in: scope))
    }
  }

  /// Where else a name is declared or given.
  private func notes(onTaken name: Name, in scope: ScopeDeclaration) -> [Diagnostic.Note] {
    if LayerTable.named(name.text) != nil { return [.init("'\(name.text)' is a layer of the language")] }
    let earlier = scope.statements.map(\.name).first {
      $0.text == name.text && $0.range.start < name.range.start
    }
    let declared =
      symbols.configs[name.text]?.declaration.name ?? symbols.hypers[name.text]?.declaration.name
      ?? symbols.blocks[name.text]?.name ?? symbols.shared[name.text]?.name
    let header = (scope.parameters + scope.results).first { $0.text == name.text }
    return symbols.note("the first is here", at: earlier ?? declared ?? header)
  }
}

extension Statement {
  var name: Name {
    switch self {
    case .binding(let node): node.name
    case .draw(let node): node.name
    }
  }
}
