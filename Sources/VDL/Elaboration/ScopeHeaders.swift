import Diagnostics
import IR

extension SymbolCollector {
  /// Checks the headers of encoder, prior and decoder against the inputs and one another.
  mutating func checkScopes() {
    let model = symbols.syntax.name
    if !symbols.syntax.declarations.contains(where: { $0.isInput(besides: InputTypes.class) }) {
      diagnostics.report(
        "'\(model.text)' has no input\(symbols.classNames.isEmpty ? "" : " besides a class")", at: model.range,
        notes: [.init("write 'input x: image[1, 28, 28]'")])
    }
    for (scope, word) in [(symbols.encoder, "encoder"), (symbols.decoder, "decoder")] where scope == nil {
      diagnostics.report("'\(model.text)' has no \(word)", at: model.range)
    }
    if symbols.objective == nil {
      diagnostics.report(
        "'\(model.text)' has no objective", at: model.range,
        notes: [.init("write 'maximize loglik(x) - kl(z)' or 'minimize mse(x)'")])
    }
    let inputs = symbols.inputs.map(\.declaration.name)
    checkParts()
    if let encoder = symbols.encoder, symbols.parts[.encoder] == nil {
      check(encoder.parameters, are: inputs, "an input of the model")
      for result in encoder.results where claim(result) { _ = isFree(result) }
    }
    if let decoder = symbols.decoder, symbols.parts[.decoder] == nil {
      check(
        decoder.parameters, are: (symbols.encoder?.results ?? []) + symbols.classNames,
        symbols.classNames.isEmpty ? "a result of the encoder" : "a result of the encoder or a class")
      check(decoder.results, are: inputs, "an input of the model")
      for result in decoder.results {
        guard let parameter = decoder.parameters.first(where: { $0.text == result.text }) else { continue }
        diagnostics.report(
          "the decoder cannot give '\(result.text)', which it takes", at: result.range,
          notes: symbols.note("it is taken here", at: parameter))
      }
    }
    checkPriors()
    checkCorruptions()
  }

  private func checkCorruptions() {
    for node in symbols.corruptions.values.sorted(by: { $0.range.start < $1.range.start }) {
      let name = node.input
      let isTaken = symbols.encoder?.parameters.contains { $0.text == name.text } ?? true
      if symbols.input(name.text)?.classes != nil {
        diagnostics.report("'\(name.text)' is a class, and images alone are corrupted", at: name.range)
      } else if !symbols.isInput(name.text) {
        diagnostics.report(
          "'\(name.text)' is not an input of the model", at: name.range,
          notes: DiagnosticCollector.suggestion(for: name.text, in: symbols.inputs.map(\.name)))
      } else if !isTaken {
        diagnostics.report("'\(name.text)' is corrupted, but the encoder does not take it", at: name.range)
      }
    }
  }

  /// Priors may depend on latents and on inputs that the decoder does not make, and not on themselves.
  private mutating func checkPriors() {
    var first: [String: SourceRange] = [:]
    let made = Set(symbols.decoder?.results.map(\.text) ?? [])
    let conditions = symbols.inputs.map(\.declaration.name).filter { !made.contains($0.text) }
    for prior in symbols.priors where !symbols.isUsed(prior) {
      for parameter in prior.parameters where made.contains(parameter.text) {
        diagnostics.report(
          "'\(parameter.text)' is what the decoder makes; a prior cannot depend on it", at: parameter.range)
      }
      check(
        prior.parameters.filter { !made.contains($0.text) },
        are: (symbols.encoder?.results ?? []) + conditions, "a result of the encoder")
      check(prior.results, are: symbols.encoder?.results ?? [], "a result of the encoder")
    }
    for prior in symbols.priors {
      for result in prior.results {
        if let first = first[result.text] {
          diagnostics.report(
            "'\(result.text)' has two priors", at: result.range, notes: [.init("the first is here", at: first)])
        }
        first[result.text] = result.range
      }
    }
    let (ordered, rest) = symbols.orderedPriors
    for prior in rest {
      guard let parameter = prior.parameters.first(where: { first[$0.text] != nil }) else { continue }
      diagnostics.report(
        "a prior cannot depend on itself, not even by way of '\(parameter.text)'", at: parameter.range)
      break
    }
    symbols.priors = ordered + rest
  }

  private func check(_ names: [Name], are known: [Name], _ what: String) {
    var seen: Set<String> = []
    let texts = Set(known.map(\.text))
    for name in names {
      if !texts.contains(name.text), !known.isEmpty {
        diagnostics.report(
          "'\(name.text)' is not \(what)", at: name.range,
          notes: known.count == 1
            ? symbols.note("there is '\(known[0].text)'", at: known[0])
            : DiagnosticCollector.suggestion(for: name.text, in: texts))
      } else if !seen.insert(name.text).inserted {
        diagnostics.report("'\(name.text)' is named twice", at: name.range)
      }
    }
  }
}

extension Declaration {
  /// Whether it is an input of another type than that.
  fileprivate func isInput(besides type: String) -> Bool {
    if case .input(let node) = self { node.type.name.text != type } else { false }
  }
}
