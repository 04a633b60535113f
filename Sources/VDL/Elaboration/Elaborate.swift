import Diagnostics
import IR

/// Turns a model's tree into a module of the IR: parameters, training state and the entries `train_step`, `gradients`,
/// `evaluate`, `evaluate_given`, `encode`, `decode`, `sample` and `reconstruct`, as far as the model allows them.
/// Types of results, and extents of parameters that follow from the data, stay unknown: inferring shapes is a pass.
///
/// - Parameter settings: texts of numbers that replace the values of `config` declarations, by name (`--set`).
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
  let elaborator = ModuleElaborator(symbols: symbols, optimizer: training.optimizer, diagnostics: diagnostics)
  let entries = try? elaborator.entries()
  var places: Set<SourceRange> = []
  for global in elaborator.registry.parameters {
    // The bias of a layer whose weight is too large is none of the user's concerns.
    guard let defect = global.type.defect, global.sources.first.map({ places.insert($0).inserted }) ?? true
    else { continue }
    diagnostics.report(
      "the parameter '\(global.name)' cannot be \(global.type): \(defect)", at: global.sources.first)
  }
  if entries == nil, diagnostics.diagnostics.isEmpty {
    diagnostics.report(
      "the compiler cannot elaborate this model and does not know why; please report it", at: nil)
  }
  var module = Module(name: model.name.text, sourceFile: model.range.file)
  module.configuration = symbols.configNames.map { NamedNumber($0, symbols.configs[$0]?.value?.number ?? 0) }
  module.hypers = symbols.hyperNames.map { NamedNumber($0, symbols.hypers[$0]?.value ?? 0) }
  module.classes = symbols.classCounts
  module.training = training.defaults
  let isRight = diagnostics.diagnostics.isEmpty
  module.entries = isRight ? entries ?? [] : [elaborator.partialEntry()]
  module.globals = elaborator.registry.globals
  return ElaboratedModel(module: module, errors: diagnostics.list.diagnostics)
}

/// Parses and elaborates a text.
public func elaborate(_ source: SourceText, settings: [String: String] = [:]) throws(DiagnosticList) -> Module {
  try elaborate(try parseModel(source), settings: settings)
}

/// Reads `train { ... }`.
struct TrainElaborator {
  let symbols: ModelSymbols
  let diagnostics: DiagnosticCollector

  func run() -> (defaults: TrainingDefaults, optimizer: BoundArguments) {
    var defaults = TrainingDefaults()
    var optimizer = defaultOptimizer
    var first: [String: SourceRange] = [:]
    for setting in symbols.train?.settings ?? [] {
      let name = setting.name.text
      if let first = first[name] {
        diagnostics.report(
          "'\(name)' is set twice", at: setting.name.range, notes: [.init("the first is here", at: first)])
        continue
      }
      first[name] = setting.name.range
      if name == TrainTable.optimizer {
        if let bound = try? bindOptimizer(setting.value) { optimizer = bound }
      } else if let value = try? integer(setting) {
        if name == "batch" { defaults.batch = value } else { defaults.epochs = value }
      }
    }
    defaults.rate = optimizer.number("rate")
    defaults.decay = optimizer.number("decay")
    return (defaults, optimizer)
  }

  private var evaluator: ConstantEvaluator {
    ConstantEvaluator(symbols: symbols, environment: Environment(), diagnostics: diagnostics)
  }

  private var defaultOptimizer: BoundArguments {
    let parameters = OptimizerTable.definitions.first?.signature.parameters ?? []
    return BoundArguments(
      values: Dictionary(
        uniqueKeysWithValues: parameters.compactMap { p in p.defaultValue.map { (p.name, $0) } }))
  }

  private func integer(_ setting: Setting) throws(Recovery) -> Int {
    let known = TrainTable.settings.parameters
    guard let parameter = known.first(where: { $0.name == setting.name.text }),
      case .integer(let minimum) = parameter.kind
    else {
      let names = known.map(\.name) + [TrainTable.optimizer]
      let optimizers = OptimizerTable.definitions.filter { definition in
        definition.signature.parameters.contains { $0.name == setting.name.text }
      }
      let notes =
        optimizers.first.map {
          [.init("it is an argument of the optimizer: 'optimizer: \($0.name)(\(setting.name.text): ...)'")]
        } ?? DiagnosticCollector.suggestion(for: setting.name.text, in: names)
      throw diagnostics.fail(
        "unknown setting '\(setting.name.text)'", at: setting.name.range,
        notes: notes.isEmpty ? [.init("settings are " + names.joined(separator: ", "))] : notes)
    }
    let value = try evaluator.integer(setting.value, for: parameter.name, atLeast: minimum)
    guard value <= TrainTable.largest else {
      throw diagnostics.fail(
        "'\(parameter.name)' must be \(TrainTable.largest) or less, not \(value)", at: setting.value.range)
    }
    return value
  }

  private func bindOptimizer(_ expression: Expression) throws(Recovery) -> BoundArguments {
    let name: Name
    let arguments: [Argument]
    switch expression {
    case .call(let call): (name, arguments) = (call.name, call.arguments)
    case .name(let bare): (name, arguments) = (bare, [])
    default:
      throw diagnostics.fail(
        "'optimizer' needs an optimizer, such as adam(rate: 1e-3)", at: expression.range)
    }
    guard let definition = OptimizerTable.named(name.text) else {
      if PlannedConstructs.Kind.optimizer.contains(name.text) {
        throw diagnostics.fail(PlannedConstructs.message(name.text), at: name.range)
      }
      let names = OptimizerTable.definitions.map(\.name)
      let notes = DiagnosticCollector.suggestion(for: name.text, in: names)
      throw diagnostics.fail(
        "unknown optimizer '\(name.text)'", at: name.range,
        notes: notes.isEmpty ? [.init("optimizers are " + names.joined(separator: ", "))] : notes)
    }
    return try evaluator.bind(arguments, to: definition.signature, at: name.range)
  }
}

extension ModelSymbols {
  /// Where the optimizer is written, or the place that stands for it.
  var optimizerRange: SourceRange {
    let setting = train?.settings.first { $0.name.text == TrainTable.optimizer }
    return setting?.value.range ?? train?.range ?? objective?.range ?? syntax.range
  }
}
