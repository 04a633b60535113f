import Diagnostics
import IR

/// What a term of the objective is about: `kl(z, free: 0.25)`.
struct TermArguments {
  let key: TermKey
  /// The value of that name, for a term of any value.
  var value: ValueID?
  /// The input by which the value is differentiated, for a term that does so.
  var input: ValueID?
  var option: Operand?
}

extension EntryElaborator {
  /// The arguments of a term, checked against its definition.
  func termArguments(_ call: Call, _ definition: TermDefinition) throws(Recovery) -> TermArguments {
    if definition.subject == .draws {
      // The number of draws is bound where the term is made.
      return TermArguments(key: TermKey(term: definition.name, subject: ""))
    }
    let option = try option(of: call, definition)
    let subjects = call.arguments.filter { $0.label == nil }
    if definition.isByInput, subjects.count != 2 {
      throw diagnostics.fail(
        "'\(definition.name)' needs the names of a value and of an input", at: call.range,
        notes: [.init("its form is \(definition.text)")])
    }
    let input =
      try definition.isByInput
      ? subjects.last.map { argument throws(Recovery) in try encoderInput(argument) } : nil
    let (subject, value) = try subject(
      of: call, definition, definition.isByInput ? subjects.dropLast() : subjects[...])
    let key = TermKey(term: definition.name, subject: subject, option: option?.text ?? input?.name ?? "")
    return TermArguments(key: key, value: value, input: input?.value, option: option?.operand)
  }

  /// The labeled argument, if it is given.
  private func option(
    of call: Call, _ definition: TermDefinition
  ) throws(Recovery) -> (text: String, operand: Operand)? {
    var found: (text: String, operand: Operand)?
    for argument in call.arguments {
      guard let label = argument.label else { continue }
      guard let option = definition.option, option.label == label.text else {
        let labels = definition.option.map { [$0.label] } ?? []
        throw diagnostics.fail(
          "'\(definition.name)' has no argument '\(label.text)'", at: label.range,
          notes: DiagnosticCollector.suggestion(for: label.text, in: labels))
      }
      guard found == nil else { throw diagnostics.fail("'\(label.text)' is given twice", at: label.range) }
      let operand = try objectiveOperand(argument.value)
      if case .number(let number) = operand, !option.interval.contains(number) {
        throw diagnostics.fail(
          "'\(label.text)' must be \(option.interval.rawValue), not \(number)", at: argument.value.range)
      }
      found = (text(of: operand, argument.value), operand)
    }
    if found == nil, let option = definition.option, option.isRequired {
      throw diagnostics.fail(
        "'\(definition.name)' needs '\(option.label):'", at: call.name.range,
        notes: [.init("its form is \(definition.text)")])
    }
    return found
  }

  /// What tells values of an option apart: a hyper's name, or a number.
  private func text(of operand: Operand, _ expression: Expression) -> String {
    if case .number(let number) = operand { return "\(number)" }
    if case .name(let name) = expression { return name.text }
    return ""
  }

  /// The name that a term is about, and its value for a term of any value.
  private func subject(
    of call: Call, _ definition: TermDefinition, _ subjects: ArraySlice<Argument>
  ) throws(Recovery) -> (name: String, value: ValueID?) {
    let candidates: [Name]
    let what: String
    switch definition.subject {
    case .latent: (candidates, what) = (symbols.encoder?.results ?? [], "a result of the encoder")
    case .input: (candidates, what) = (symbols.decoder?.results ?? [], "a result of the decoder")
    case .value, .draws: (candidates, what) = ([], "a value of the encoder or the decoder")
    }
    let example = candidates.first?.text ?? definition.subject.example
    let form = Diagnostic.Note("write '\(definition.name)(\(example))'")
    guard subjects.count == 1, case .name(let name)? = subjects.first?.value else {
      throw diagnostics.fail("'\(definition.name)' needs the name of \(what)", at: call.range, notes: [form])
    }
    if definition.subject == .value { return (name.text, try scopeValue(name)) }
    guard candidates.contains(where: { $0.text == name.text }) else {
      // A model without that scope has been told so.
      if candidates.isEmpty { throw Recovery() }
      throw diagnostics.fail(
        "'\(name.text)' is not \(what)", at: name.range,
        notes: [form] + symbols.note("its results are declared here", at: candidates.first))
    }
    return (name.text, nil)
  }

  /// An input as the encoder takes it.
  private func encoderInput(_ argument: Argument) throws(Recovery) -> (name: String, value: ValueID) {
    guard case .name(let name) = argument.value,
      symbols.encoder?.parameters.contains(where: { $0.text == name.text }) ?? false
    else {
      throw diagnostics.fail("an input of the encoder is needed here", at: argument.value.range)
    }
    guard case .tensor(let value)? = environments[.encoder]?[name.text] else { throw Recovery() }
    return (name.text, value)
  }

  /// What a name means in the encoder or the decoder: a value that a statement there gives it.
  private func scopeValue(_ name: Name) throws(Recovery) -> ValueID {
    let scopes = [symbols.encoder, symbols.decoder].compactMap { $0 }
    let places = scopes.filter { scope in scope.statements.contains { $0.name.text == name.text } }
    guard let scope = places.first else {
      let known = scopes.flatMap { $0.statements.map(\.name.text) }
      throw diagnostics.fail(
        "'\(name.text)' is not a value of the encoder or the decoder", at: name.range,
        notes: DiagnosticCollector.suggestion(for: name.text, in: known))
    }
    if places.count > 1 {
      throw diagnostics.fail(
        "'\(name.text)' is a value of the encoder and one of the decoder", at: name.range,
        notes: [.init("rename one of them")])
    }
    switch environments[scope.kind]?[name.text] {
    case .tensor(let value)?: return value
    case .constant?, .symbol?, .invalid?: throw Recovery()
    case nil:
      // The one statement whose name has no value is a likelihood's.
      throw diagnostics.fail(
        "'\(name.text)' is drawn from a likelihood: it has no value", at: name.range,
        notes: symbols.notes("name the value that you mean with 'let'", on: name.text, in: scope))
    }
  }
}
