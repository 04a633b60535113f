import Diagnostics

/// A compiled model's program: parameters and state, and the entries that share them.
public struct Module: Sendable, Equatable {
  public var name: String
  /// The name of the text that the source ranges point into.
  public var sourceFile: String
  /// Values fixed when the model was compiled.
  public var configuration: [NamedNumber]
  /// Run-time inputs of the objective with their defaults.
  public var hypers: [NamedNumber]
  public var training: TrainingDefaults
  public var globals: [Global]
  public var entries: [Entry]

  public init(name: String, sourceFile: String = "") {
    self.name = name
    self.sourceFile = sourceFile
    configuration = []
    hypers = []
    training = TrainingDefaults()
    globals = []
    entries = []
  }

  public func global(_ name: String) -> Global? { globals.first { $0.name == name } }
  /// The globals by name, for whoever looks many of them up; of two with one name the first.
  public var globalsByName: [String: Global] {
    Dictionary(globals.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
  }
  public func entry(_ name: String) -> Entry? { entries.first { $0.name == name } }
  public var parameters: [Global] { globals.filter { $0.kind == .parameter } }
}

/// A name with a number, such as `hidden = 100`.
public struct NamedNumber: Sendable, Equatable {
  public var name: String
  public var value: Double

  public init(_ name: String, _ value: Double) {
    self.name = name
    self.value = value
  }
}

/// What the model's `train` block declares; the runner may be given other values.
public struct TrainingDefaults: Sendable, Equatable {
  public var optimizer = "adam"
  public var rate = 1e-3
  /// Coupled L2 decay: `decay * weight` is added to each weight's gradient.
  public var decay = 0.0
  public var batch = 128
  public var epochs = 10

  public init() {}
}

/// A tensor that outlives a call: a trained parameter or a part of the training state (Adam's moments).
public struct Global: Sendable, Equatable {
  public enum Kind: String, Sendable {
    case parameter
    case state
  }

  public var name: String
  public var kind: Kind
  /// Canonical layout; extents may be unknown until shapes are inferred.
  public var type: TensorType
  public var initializer: Initializer
  public var sources: [SourceRange]

  public init(
    name: String, kind: Kind, type: TensorType, initializer: Initializer, sources: [SourceRange] = []
  ) {
    self.name = name
    self.kind = kind
    self.type = type
    self.initializer = initializer
    self.sources = sources
  }
}

/// How a parameter begins. With fan_in = extent 1 x receptive field and fan_out = extent 0 x receptive field of the
/// weight named by `of` (a bias follows its weight):
public enum Initializer: Sendable, Equatable {
  case constant(Double)
  /// U(-1/sqrt(fan_in), 1/sqrt(fan_in)): PyTorch's default for dense and convolution layers and their biases.
  case fanInUniform(of: String)
  /// U(-a, a), a = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010, equation 16).
  case glorotUniform(of: String)
  /// N(0, 2 / fan_in) (He et al. 2015, equation 10).
  case heNormal(of: String)
}

/// An initializer as numbers.
public enum ResolvedInitializer: Sendable, Equatable {
  /// U(-bound, bound).
  case uniform(bound: Double)
  /// N(0, deviation^2).
  case normal(deviation: Double)
  case constant(Double)
}

extension Initializer {
  /// The numbers that the initializer stands for, once the shapes of the module's weights are known.
  public func resolved(_ module: Module) -> ResolvedInitializer {
    func fans(_ weight: String) -> (into: Double, out: Double) {
      let extents = module.global(weight)?.type.extents ?? []
      guard extents.count >= 2 else { return (1, 1) }
      let field = extents.dropFirst(2).reduce(1, *)
      return (Double(extents[1] * field), Double(extents[0] * field))
    }
    switch self {
    case .constant(let value): return .constant(value)
    case .fanInUniform(let weight): return .uniform(bound: 1 / fans(weight).into.squareRoot())
    case .glorotUniform(let weight):
      let (into, out) = fans(weight)
      return .uniform(bound: (6 / (into + out)).squareRoot())
    case .heNormal(let weight): return .normal(deviation: (2 / fans(weight).into).squareRoot())
    }
  }
}
