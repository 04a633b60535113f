import Diagnostics
import IR

/// Turns a model's tree into a module of the IR: parameters, training state and the entries `train_step`, `gradients`,
/// `evaluate`, `evaluate_given`, `encode`, `decode`, `sample`, `reconstruct`, `posterior` and `score`, as far as the model allows
/// them.
/// Types of results, and extents of parameters that follow from the data, stay unknown: inferring shapes is a pass.
///
/// - Parameters:
///   - model: with the models that it uses: `withUsedModels`.
///   - settings: texts of numbers that replace the values of `config` declarations, by name (`--set`).
/// - Throws: everything that is wrong with the model, in the order of the text.
public func elaborate(_ model: ModelSyntax, settings: [String: String] = [:]) throws(DiagnosticList) -> Module {
  let elaborated = elaborateWherePossible(model, settings: settings)
  guard elaborated.errors.isEmpty else { throw DiagnosticList(elaborated.errors) }
  return elaborated.module
}

/// A model as far as it could be elaborated.
public struct ElaboratedModel: Sendable {
  /// The module where the model is right. Else one with a single entry that holds what could be made of encoder, decoder
  /// and objective, for passes that look for further errors.
  public var module: Module
  /// What is wrong with the model, in the order of the text.
  public var errors: [Diagnostic]
}

/// Elaborates a model as `elaborate` does, and what can be elaborated of a faulty one.
public func elaborateWherePossible(_ model: ModelSyntax, settings: [String: String] = [:]) -> ElaboratedModel {
  let diagnostics = DiagnosticCollector()
  var collector = SymbolCollector(model, settings: settings, diagnostics: diagnostics)
  collector.run()
  let symbols = collector.symbols
  let training = TrainElaborator(symbols: symbols, diagnostics: diagnostics).run()
  let elaborator = ModuleElaborator(symbols: symbols, training: training, diagnostics: diagnostics)
  let entries = try? elaborator.entries()
  var places: Set<SourceRange> = []
  for global in elaborator.registry.globals where global.kind == .parameter || global.kind == .frozen {
    // The bias of a layer whose weight is too large is none of the user's concerns.
    guard let defect = global.type.defect, global.sources.first.map({ places.insert($0).inserted }) ?? true
    else { continue }
    diagnostics.report(
      "the parameter '\(global.name)' cannot be \(global.type): \(defect)", at: global.sources.first)
  }
  for (global, type) in elaborator.registry.clashes {
    diagnostics.report(
      "'\(global.name)' would have two shapes, \(global.type) and \(type)", at: global.sources.first)
  }
  if entries == nil, diagnostics.diagnostics.isEmpty {
    diagnostics.report(
      "the compiler cannot elaborate this model and does not know why; please report it", at: nil)
  }
  var module = Module(name: model.name.text, sourceFile: model.range.file)
  module.configuration = symbols.configuration
  module.hypers = symbols.hyperNames.map { NamedNumber($0, symbols.hypers[$0]?.value ?? 0) }
  module.classes = symbols.classCounts
  module.training = training.defaults
  let isRight = diagnostics.diagnostics.isEmpty
  module.entries = isRight ? entries ?? [] : [elaborator.partialEntry()]
  module.globals = elaborator.registry.globals
  return ElaboratedModel(
    module: module, errors: DiagnosticList(diagnostics.diagnostics).ordered(first: model.range.file).diagnostics
  )
}

/// Parses and elaborates a text.
public func elaborate(_ source: SourceText, settings: [String: String] = [:]) throws(DiagnosticList) -> Module {
  try elaborate(try parseModel(source), settings: settings)
}
