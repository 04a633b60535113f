import Diagnostics
import IR

/// What `train { ... }` fixes when the model is compiled.
struct BoundTraining {
  var defaults = TrainingDefaults()
  var optimizer: BoundArguments
  /// `norm` or `value`; nil where gradients stay as they are.
  var clipping: String?
}

/// Reads `train { ... }`.
struct TrainElaborator {
  let symbols: ModelSymbols
  let diagnostics: DiagnosticCollector

  func run() -> BoundTraining {
    var training = BoundTraining(optimizer: defaultOptimizer)
    var first: [String: SourceRange] = [:]
    for setting in symbols.train?.settings ?? [] {
      let name = setting.name.text
      if let first = first[name] {
        diagnostics.report(
          "'\(name)' is set twice", at: setting.name.range, notes: [.init("the first is here", at: first)])
        continue
      }
      first[name] = setting.name.range
      try? bind(setting, &training)
    }
    training.defaults.rate = training.optimizer.number("rate")
    training.defaults.decay = training.optimizer.number("decay")
    return training
  }

  private func bind(_ setting: Setting, _ training: inout BoundTraining) throws(Recovery) {
    switch setting.name.text {
    case TrainTable.optimizer:
      (training.defaults.optimizer, training.optimizer) = try call(
        setting.value, OptimizerTable.definitions.map(\.signature), "optimizer", example: "adam(rate: 1e-3)")
      if training.optimizer.symbol("nesterov") == "yes", training.optimizer.number("momentum") == 0 {
        throw diagnostics.fail("'nesterov' needs a momentum above 0", at: setting.value.range)
      }
    case TrainTable.clip:
      let (name, arguments) = try call(
        setting.value, ClippingTable.definitions.map(\.signature), "clipping", example: "norm(1.0)")
      training.clipping = name
      training.defaults.clip = arguments.number("limit")
    case "batch": training.defaults.batch = try integer(setting)
    default: training.defaults.epochs = try integer(setting)
    }
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
      let optimizers = OptimizerTable.definitions.filter { definition in
        definition.signature.parameters.contains { $0.name == setting.name.text }
      }
      let notes =
        optimizers.first.map {
          [.init("it is an argument of the optimizer: 'optimizer: \($0.name)(\(setting.name.text): ...)'")]
        } ?? DiagnosticCollector.suggestion(for: setting.name.text, in: TrainTable.names)
      throw diagnostics.fail(
        "unknown setting '\(setting.name.text)'", at: setting.name.range,
        notes: notes.isEmpty ? [.init("settings are " + TrainTable.names.joined(separator: ", "))] : notes)
    }
    let value = try evaluator.integer(setting.value, for: parameter.name, atLeast: minimum)
    guard value <= TrainTable.largest else {
      throw diagnostics.fail(
        "'\(parameter.name)' must be \(TrainTable.largest) or less, not \(value)", at: setting.value.range)
    }
    return value
  }

  /// The name and the arguments of a call of one of some signatures.
  private func call(
    _ expression: Expression, _ signatures: [Signature], _ kind: String, example: String
  ) throws(Recovery) -> (name: String, arguments: BoundArguments) {
    let name: Name
    let arguments: [Argument]
    switch expression {
    case .call(let call): (name, arguments) = (call.name, call.arguments)
    case .name(let bare): (name, arguments) = (bare, [])
    default:
      throw diagnostics.fail("'\(kind)' needs a call such as \(example)", at: expression.range)
    }
    guard let signature = signatures.first(where: { $0.name == name.text }) else {
      let names = signatures.map(\.name)
      let notes = DiagnosticCollector.suggestion(for: name.text, in: names)
      throw diagnostics.fail(
        "unknown \(kind) '\(name.text)'", at: name.range,
        notes: notes.isEmpty ? [.init("it may be " + names.joined(separator: ", "))] : notes)
    }
    return (name.text, try evaluator.bind(arguments, to: signature, at: name.range))
  }
}

extension ModelSymbols {
  /// Where the optimizer is written, or the place that stands for it.
  var optimizerRange: SourceRange {
    let setting = train?.settings.first { $0.name.text == TrainTable.optimizer }
    return setting?.value.range ?? train?.range ?? objective?.range ?? syntax.range
  }
}
