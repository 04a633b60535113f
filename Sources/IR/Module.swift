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
  /// The inputs that are classes, with the numbers of classes.
  public var classes: [NamedNumber]
  public var training: TrainingDefaults
  public var globals: [Global]
  public var entries: [Entry]

  public init(name: String, sourceFile: String = "") {
    self.name = name
    self.sourceFile = sourceFile
    configuration = []
    hypers = []
    classes = []
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
  /// Decay of the weights, as the optimizer takes it; 0 for none.
  public var decay = 0.0
  /// What gradients are clipped at; 0 for no clipping.
  public var clip = 0.0
  public var batch = 128
  public var epochs = 10

  public init() {}
}

/// A tensor that outlives a call.
public struct Global: Sendable, Equatable {
  public enum Kind: String, Sendable {
    /// What is trained by its gradient.
    case parameter
    /// What training measures and every use of the model needs, such as the running mean of batch normalization: kept with
    /// the parameters, without a gradient.
    case statistic
    /// A number of another model's part that training leaves as it is: kept with the parameters, bound before training, without a
    /// gradient.
    case frozen
    /// What only training needs, such as Adam's moments.
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

/// How many classes a class of a module has; nil where the number is none.
public func classCount(_ number: NamedNumber) -> Int? {
  Int(exactly: number.value).flatMap { (1...Int(Int32.max)).contains($0) ? $0 : nil }
}
