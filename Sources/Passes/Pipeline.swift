import Diagnostics
import IR

/// A list of passes, run one after the other, the module verified after each.
public struct Pipeline: Sendable {
  public let passes: [Pass]

  public init(_ passes: [Pass]) { self.passes = passes }

  /// - Throws: `PassError.unknownPass`.
  public init(names: [String]) throws {
    passes = try names.map { try Pass.named($0) }
  }

  /// The compiler's middle, from the elaborated model to what the code generator takes.
  public static let standard = standard(.float32)

  /// That for products of a precision.
  public static func standard(_ precision: Precision) -> Pipeline {
    // Behind the last pass values have the layout in which the kernels work.
    Pipeline(before + (precision == .bf16 ? [.narrowProducts] : []) + [.assignLayouts])
  }

  /// What runs before values have a layout.
  private static let before: [Pass] = [
    // The model says what each layer is; its shapes follow from the input's.
    .inferShapes,
    .simplify,
    // The objective's gradient is more of the same operations, made before fusion so that they fuse too.
    .differentiate,
    .simplify,
    // What follows a product, and what shares a loop, becomes one operation, so that nothing between is stored.
    .fuseLikelihood,
    .fuseReparamKL,
    // Products take the normalization behind them before the activation that follows it.
    .foldNormalization,
    .fuseConvolution,
    .fuseDense,
    .fuseOptimizer,
    // Products have taken the activation gradients that they can; normalization takes the others, and what is behind it.
    .fuseNormalization,
    // What is left between the products: chains of small operations.
    .fuseElementwise,
  ]

  /// The passes behind one phase and up to another, named as in `run`; nil for the ends of the pipeline. A last phase that
  /// is named by a pass is that behind the pass's first run in the part.
  ///
  /// - Throws: `PassError`.
  public func part(after first: String?, through last: String?, input: String = "elaborate") throws -> Pipeline
  {
    let begin = try first.map { try passCount(at: $0, input: input) } ?? 0
    guard let last else { return Pipeline(Array(passes[begin...])) }
    guard let end = try? passCount(at: last, input: input, from: begin + 1) else {
      _ = try passCount(at: last, input: input)
      throw PassError.wrongOrder(last, after: first ?? input)
    }
    guard end > begin else { throw PassError.wrongOrder(last, after: first ?? input) }
    return Pipeline(Array(passes[begin..<end]))
  }

  /// The number of passes that have run where a phase is reached.
  ///
  /// - Parameter first: a pass's name stands for its first run that is this one or a later.
  private func passCount(at phase: String, input: String, from first: Int = 0) throws -> Int {
    let names = [input] + passes.map(\.name)
    let dumps = names.indices.map { Phase.stem(number: $0 + 1, name: names[$0]) }
    if let number = dumps.firstIndex(of: phase) { return number }
    if let number = names.indices.dropFirst(first).first(where: { names[$0] == phase }) { return number }
    if Pass.registry.contains(where: { $0.name == phase }) { throw PassError.notInPipeline(phase) }
    throw PassError.unknownPass(phase, suggestion: closestMatch(to: phase, in: names))
  }

  /// Runs the passes.
  ///
  /// - Parameters:
  ///   - input: what made the module; the name of the first dump.
  ///   - last: the phase to stop at: the pass after whose first run it is, or its dump's name (`05-simplify`); nil to run
  ///     all.
  ///   - observe: called with the module as it came in and after every pass.
  /// - Returns: the module and a report on each pass.
  /// - Throws: `DiagnosticList` for what is wrong with the model, `PassError`, `InternalError` where the verifier refuses
  ///   what a pass made or what came in (verify a user's text before), and what `observe` throws.
  public func run(
    _ module: Module, options: PassOptions = PassOptions(), input: String = "elaborate",
    stopAfter last: String? = nil,
    observe: (Phase) throws -> Void = { _ in }
  ) throws -> PipelineResult {
    let count = try last.map { try passCount(at: $0, input: input) } ?? passes.count
    var module = module.renumbered()
    try verify(module, .elaborated, after: input)
    var reports: [PassReport] = []
    try observe(Phase(number: 1, name: input, module: module, report: nil))
    for (index, pass) in passes.prefix(count).enumerated() {
      let report = try run(pass, on: &module, options)
      reports.append(report)
      try observe(Phase(number: index + 2, name: pass.name, module: module, report: report))
    }
    return PipelineResult(module: module, reports: reports)
  }

  private func run(_ pass: Pass, on module: inout Module, _ options: PassOptions) throws -> PassReport {
    guard !pass.needsTypes || module.isTyped else { throw PassError.needsTypes(pass: pass.name) }
    let before = module
    var context = PassContext(options: options)
    let duration = try ContinuousClock().measure {
      do { try pass.body(&module, &context) } catch {
        throw error is DiagnosticList ? error : InternalError(pass: pass.name, failure: error)
      }
      module = module.renumbered()
      try verify(module, .inferred, after: pass.name)
    }
    return PassReport(
      pass: pass.name, changed: module != before, statistics: context.statistics, duration: duration)
  }

  private func verify(_ module: Module, _ phase: Verifier.Phase, after pass: String) throws(InternalError) {
    do {
      try Verifier.verify(module, phase: phase)
    } catch {
      throw InternalError(pass: pass, diagnostics: error.diagnostics)
    }
  }
}

/// The module as a pass left it.
public struct Phase: Sendable {
  /// From 1, the pipeline's input.
  public let number: Int
  public let name: String
  public let module: Module
  /// Nil for the input.
  public let report: PassReport?

  /// The module's text form.
  public var text: String { module.text }
  /// The name of the phase's dump: `02-infer-shapes.vir`.
  public var fileName: String { Self.stem(number: number, name: name) + ".vir" }

  static func stem(number: Int, name: String) -> String { "\(number < 10 ? "0" : "")\(number)-\(name)" }
}

/// What a pass says of its run.
public struct PassReport: Sendable, Equatable, CustomStringConvertible {
  public let pass: String
  /// False where the module is what it was.
  public let changed: Bool
  public let statistics: [Statistic]
  /// The verifier's time included.
  public let duration: Duration

  /// One line, without the time: `simplify: 3 duplicates merged, 2 dead operations removed`.
  public var description: String {
    guard changed else { return "\(pass): unchanged" }
    let parts = statistics.map { "\($0.count) \($0.what)" }
    return "\(pass): \(parts.isEmpty ? "changed" : parts.joined(separator: ", "))"
  }
}

/// What came out of a pipeline.
public struct PipelineResult: Sendable {
  public let module: Module
  public let reports: [PassReport]
}

extension Module {
  /// The module with the values of all its entries renumbered.
  func renumbered() -> Module {
    var result = self
    result.entries = entries.map { $0.renumbered() }
    return result
  }

  /// True where every value's type and every parameter's shape is known.
  var isTyped: Bool {
    globals.allSatisfy(\.type.isComplete)
      && entries.allSatisfy { $0.values.allSatisfy { $0.type?.isComplete ?? false } }
  }
}
