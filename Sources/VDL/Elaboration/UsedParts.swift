import Diagnostics
import IR

extension ModelSymbols {
  /// Where the statements of a scope stand: the declarations of that text, and whether its numbers are frozen on the way there.
  func home(of scope: ScopeDeclaration) -> (symbols: ModelSymbols, isFrozen: Bool) {
    guard isUsed(scope), let part = parts[scope.kind] else { return (self, false) }
    let inner = part.symbols.home(of: scope)
    return (inner.symbols, inner.isFrozen || part.declaration.isFrozen)
  }

  /// Whether a scope stands in the text of another model.
  func isUsed(_ scope: ScopeDeclaration) -> Bool { scope.range.file != syntax.range.file }

  /// The configs of the model, and those of the models that it uses, as `--set` calls them: `hidden`, `encoder.latent`.
  var allConfigNames: [String] {
    configNames
      + usedParts.flatMap { kind, part in part.symbols.allConfigNames.map { "\(kind.rawValue).\($0)" } }
  }

  /// The values of all configs, in the order of their names.
  var configuration: [NamedNumber] {
    configNames.map { NamedNumber($0, configs[$0]?.value?.number ?? 0) }
      + usedParts.flatMap { kind, part in
        part.symbols.configuration.map { NamedNumber("\(kind.rawValue).\($0.name)", $0.value) }
      }
  }

  private var usedParts: [(ScopeKind, UsedPart)] {
    ScopeKind.allCases.compactMap { kind in parts[kind].map { (kind, $0) } }
  }
}

// Parts of other models: `use encoder from "convae.vdl" frozen`.
extension SymbolCollector {
  /// Takes over the scopes of a part, with the declarations of its text.
  mutating func addPart(_ node: UseDeclaration) {
    let (kind, file) = (node.part, node.file.text)
    if let first = symbols.parts[kind]?.declaration {
      return diagnostics.report(
        "the \(kind.rawValue) is used twice", at: node.range,
        notes: [.init("the first is here", at: first.range)])
    }
    let own = kind == .encoder ? symbols.encoder : kind == .decoder ? symbols.decoder : nil
    if let own {
      return diagnostics.report(
        "a model has \(kind == .encoder ? "an encoder" : "a decoder") only once", at: node.range,
        notes: [.init("the first is here", at: own.keywordRange)])
    }
    guard let used = symbols.syntax.used[file] else {
      return diagnostics.report("the text of '\(file)' is not at hand", at: node.file.range)
    }
    let prefix = kind.rawValue + "."
    let ownSettings = settings.filter { $0.key.hasPrefix(prefix) }.map {
      (String($0.key.dropFirst(prefix.count)), $0.value)
    }
    var collector = SymbolCollector(
      used, settings: Dictionary(ownSettings, uniquingKeysWith: { first, _ in first }),
      prefix: settingsPrefix + prefix, diagnostics: diagnostics)
    collector.run()
    let inner = collector.symbols
    symbols.parts[kind] = ModelSymbols.UsedPart(declaration: node, symbols: inner)
    switch kind {
    case .encoder: symbols.encoder = inner.encoder
    case .decoder: symbols.decoder = inner.decoder
    case .prior:
      if inner.priors.isEmpty {
        diagnostics.report("'\(file)' has no prior", at: node.partRange)
      }
      symbols.priors += inner.priors
    }
  }

  /// Checks what used parts take and make against the model that uses them, at the place of `use`.
  mutating func checkParts() {
    if let part = symbols.parts[.encoder], let encoder = symbols.encoder {
      checkInputs(encoder.parameters, of: part, "takes")
      for result in encoder.results {
        let name = Name(result.text, at: part.declaration.range)
        if claim(name) { _ = isFree(name) }
      }
    }
    if let part = symbols.parts[.decoder], let decoder = symbols.decoder {
      checkLatents(decoder.parameters, of: part)
      checkInputs(decoder.results, of: part, "makes")
    }
    if let part = symbols.parts[.prior] {
      for prior in part.symbols.priors {
        checkLatents(prior.parameters, of: part)
        for result in prior.results where !symbols.latentNames.contains(result.text) {
          report(part, "is of '\(result.text)', which is not a result of the encoder here")
        }
      }
    }
  }

  private func report(
    _ part: ModelSymbols.UsedPart, _ message: String, notes: [Diagnostic.Note] = []
  ) {
    let node = part.declaration
    diagnostics.report(
      "the \(node.part.rawValue) of '\(node.file.text)' \(message)", at: node.range, notes: notes)
  }

  /// What a part calls a latent is one here; or a class, which is the same here as there.
  private func checkLatents(_ names: [Name], of part: ModelSymbols.UsedPart) {
    for name in names where !symbols.latentNames.contains(name.text) {
      if part.symbols.isInput(name.text) {
        checkInputs([name], of: part, "takes")
      } else {
        report(
          part, "takes '\(name.text)', which is not a result of the encoder here",
          notes: symbols.encoder.map { encoder in
            [.init("it makes \(encoder.results.map { "'\($0.text)'" }.joined(separator: ", "))")]
          } ?? [])
      }
    }
  }

  /// What a part takes or makes is an input here, too, of the same type.
  private func checkInputs(_ names: [Name], of part: ModelSymbols.UsedPart, _ verb: String) {
    for name in names {
      // What is no input there has been reported there.
      guard let there = part.symbols.input(name.text) else { continue }
      let type = "\(name.text): \(there.typeText)"
      guard let here = symbols.input(name.text) else {
        report(
          part, "\(verb) '\(name.text)', which is not an input here", notes: [.init("write 'input \(type)'")])
        continue
      }
      guard here.typeText != there.typeText else { continue }
      report(
        part, "\(verb) '\(type)', and here it is \(here.typeText)",
        notes: symbols.note("it is declared here", at: here.declaration.name)
          + symbols.note("and there", at: there.declaration.name))
    }
  }
}

extension ModelSymbols.Input {
  /// `image[1, 28, 28]`
  fileprivate var typeText: String {
    switch kind {
    case .image(let extents): "image[\(extents.map(String.init).joined(separator: ", "))]"
    case .classes(let count): "class[\(count)]"
    }
  }
}
