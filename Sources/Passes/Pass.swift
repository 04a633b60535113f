import Diagnostics
import IR

/// A transformation of a module: a value, declared in a file of its own and listed once, in `Pass.registry`.
public struct Pass: Sendable {
  /// The word that the command line, the dumps and the documentation use.
  public let name: String
  /// One line of documentation.
  public let summary: String
  /// True for a pass that reads types, and so has to run after `infer-shapes`.
  public let needsTypes: Bool
  let body: @Sendable (inout Module, inout PassContext) throws -> Void

  /// - Parameter body: changes the module, and throws a `DiagnosticList` for what is wrong with the model.
  public init(
    name: String, summary: String, needsTypes: Bool = true,
    body: @escaping @Sendable (inout Module, inout PassContext) throws -> Void
  ) {
    self.name = name
    self.summary = summary
    self.needsTypes = needsTypes
    self.body = body
  }

  /// A pass that treats the entries one by one.
  init(
    name: String, summary: String,
    perEntry: @escaping @Sendable (inout Entry, inout PassContext) throws -> Void
  ) {
    self.init(name: name, summary: summary) { module, context in
      for index in module.entries.indices { try perEntry(&module.entries[index], &context) }
    }
  }

  /// Every pass that there is, in the order in which they first run.
  public static let registry: [Pass] = [
    inferShapes, simplify, differentiate, fuseLikelihood, fuseReparamKL, foldNormalization, fuseConvolution,
    fuseDense, fuseOptimizer, fuseNormalization, fuseElementwise,
    narrowProducts, assignLayouts,
  ]

  /// The pass of that name.
  /// - Throws: `PassError.unknownPass`.
  public static func named(_ name: String) throws -> Pass {
    guard let pass = registry.first(where: { $0.name == name }) else {
      throw PassError.unknownPass(name, suggestion: closestMatch(to: name, in: registry.map(\.name)))
    }
    return pass
  }
}

/// What the passes are told about the target.
public struct PassOptions: Sendable, Equatable {
  /// Images in a block of the blocked layout: two vectors' lanes, so 32 for AVX-512, 16 for AVX2, 8 for SSE and
  /// NEON.
  public var blockImages: Int

  public init(blockImages: Int = 32) { self.blockImages = blockImages }
}

/// What a pass is given beside the module, and what it says about its work.
public struct PassContext: Sendable {
  public let options: PassOptions
  /// How often the pass did what, in the order in which it first did it.
  public private(set) var statistics: [Statistic] = []

  public init(options: PassOptions = PassOptions()) { self.options = options }

  /// Counts something that the pass did, in the words that its report shows: `"activations fused"`.
  public mutating func count(_ what: String, _ times: Int = 1) {
    guard times > 0 else { return }
    if let known = statistics.firstIndex(where: { $0.what == what }) {
      statistics[known].count += times
    } else {
      statistics.append(Statistic(what: what, count: times))
    }
  }
}

/// A line of a pass's report.
public struct Statistic: Sendable, Equatable {
  public var what: String
  public var count: Int
}

/// A wrong use of the passes.
public enum PassError: Error, Sendable, Equatable, CustomStringConvertible {
  case unknownPass(String, suggestion: String?)
  /// A pass that the pipeline at hand does not have.
  case notInPipeline(String)
  /// The pass reads types, and those of the module are not known yet.
  case needsTypes(pass: String)
  /// A last phase that does not come behind the first.
  case wrongOrder(String, after: String)

  public var description: String {
    switch self {
    case .unknownPass(let name, let suggestion?): "there is no pass '\(name)'; did you mean '\(suggestion)'?"
    case .unknownPass(let name, nil): "there is no pass '\(name)'; 'vaec passes' lists them"
    case .notInPipeline(let name):
      "'\(name)' is not among the passes that run here; 'vaec passes' says when it is"
    case .needsTypes(let pass): "'\(pass)' needs the types of all values: run 'infer-shapes' before it"
    case .wrongOrder(let last, let first): "the phase '\(last)' does not come behind '\(first)'"
    }
  }
}

/// A pass failed or made something that cannot be: our own mistake, not the user's (exit status 70).
public struct InternalError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The pass, or what made the pipeline's input.
  public let pass: String
  /// What it did: `made an invalid module`.
  public let problem: String
  public let diagnostics: [Diagnostic]

  public init(pass: String, problem: String = "made an invalid module", diagnostics: [Diagnostic]) {
    self.pass = pass
    self.problem = problem
    self.diagnostics = diagnostics
  }

  /// An error that a pass should not throw: passes say by `DiagnosticList` what is wrong with a model.
  init(pass: String, failure: any Error) {
    self.init(pass: pass, problem: "failed", diagnostics: [Diagnostic("\(failure)", at: nil)])
  }

  public var description: String {
    let faults = diagnostics.map { diagnostic in
      ([diagnostic.message] + diagnostic.notes.map(\.message)).joined(separator: "; ")
    }
    return "internal error: '\(pass)' \(problem): \(faults.joined(separator: "; "))"
  }
}
