/// What a compiled model says of itself: the file `NAME.json` beside `NAME.so` and `NAME.h`.
///
/// The compiler writes it and a runner reads everything from it (entries, their arguments and results by name and
/// role, parameters and where they lie, sizes of the memory that the caller owns), so that no runner has to know a
/// model. `validate()` says whether it can be relied upon.
public struct Manifest: Codable, Equatable, Sendable {
  /// The version of this file's form that this code reads and writes.
  public static let currentFormat = 1
  /// The version of the C interface that this code reads and writes.
  public static let currentABI = 2

  public var format: Int
  public var abi: Int
  /// The model's name: a C identifier and the prefix of all symbols.
  public var name: String
  /// The compiler's version, for the reader.
  public var compiler: String
  /// What identifies the artifact, as lower-case hex: the shared object returns the same text.
  public var digest: String
  public var source: Source
  public var target: Target
  /// The `config` values that were compiled in.
  public var configuration: [Setting]
  /// The numbers that are given at run time, such as beta.
  public var hypers: [Hyper]
  public var training: Training
  /// The images that the model takes, without the leading number of images.
  public var inputs: [Input]
  /// The classes that the model takes or gives.
  public var classes: [ClassInput]
  /// The latents, without the leading number of images.
  public var latents: [Latent]
  public var objective: Objective
  /// Every parameter, where it lies among the weights and how it begins.
  public var parameters: [Parameter]
  /// What training measures and every entry may read, such as the running means of batch normalization: it lies among the
  /// weights and is saved with them, but is not trained.
  public var statistics: [Parameter]
  /// What training leaves as it is, the parts of other models that are used frozen: it lies among the weights and is saved with them, and
  /// is bound to a trained model's numbers before training. Nil where there is none.
  public var frozen: [Parameter]?
  /// The size of the memory that holds parameters, statistics and what is frozen.
  public var weightsBytes: Int
  /// The optimizer's state and other state of training, zero at the beginning.
  public var state: [StateTensor]
  /// The size of the memory that holds the state.
  public var stateBytes: Int
  public var entries: [Entry]
  /// What was chosen for products otherwise than by the compiler's rules, as a rule by measurement; nil where nothing was.
  public var schedule: [ProductSchedule]?
  /// The file name of the shared object, beside the manifest.
  public var library: String
  /// SHA-256 of the shared object, in hex.
  public var libraryDigest: String
  /// The file name of the C header, beside the manifest.
  public var header: String

  /// The library's digest is left empty, to be filled in when the library has been made.
  public init(
    name: String, compiler: String, digest: String, source: Source, target: Target,
    configuration: [Setting] = [], hypers: [Hyper] = [], training: Training, inputs: [Input],
    classes: [ClassInput] = [], latents: [Latent], objective: Objective, parameters: [Parameter],
    statistics: [Parameter] = [], frozen: [Parameter] = [], weightsBytes: Int,
    state: [StateTensor], stateBytes: Int, entries: [Entry]
  ) {
    self.format = Self.currentFormat
    self.abi = Self.currentABI
    self.name = name
    self.compiler = compiler
    self.digest = digest
    self.source = source
    self.target = target
    self.configuration = configuration
    self.hypers = hypers
    self.training = training
    self.inputs = inputs
    self.classes = classes
    self.latents = latents
    self.objective = objective
    self.parameters = parameters
    self.statistics = statistics
    self.frozen = frozen.isEmpty ? nil : frozen
    self.weightsBytes = weightsBytes
    self.state = state
    self.stateBytes = stateBytes
    self.entries = entries
    self.schedule = nil
    self.library = name + ".so"
    self.libraryDigest = ""
    self.header = name + ".h"
  }

  /// The entry of this name, if the model has it.
  public func entry(_ name: String) -> Entry? { entries.first { $0.name == name } }

  /// All that lies among the weights: parameters, statistics and what is frozen.
  public var weights: [Parameter] { parameters + statistics + (frozen ?? []) }

  /// The parameter of this name, if the model has it.
  public func parameter(_ name: String) -> Parameter? { parameters.first { $0.name == name } }
}

extension Manifest {
  /// How a product of the program was cut into tiles and tasks.
  public struct ProductSchedule: Codable, Equatable, Sendable {
    /// What the product is: op, shapes, geometry, epilogue, images of a block.
    public var product: String
    /// A number for each knob that the compiler has for such products.
    public var knobs: [String: Int]

    public init(product: String, knobs: [String: Int]) {
      self.product = product
      self.knobs = knobs
    }

    /// `dense 100 to 3136, relu, blocks of 16: group_rows 24, piece_depth 256, tile_rows 6`
    public var text: String {
      let numbers = knobs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
      return "\(product): \(numbers.joined(separator: ", "))"
    }
  }

  /// The text that the model was compiled from.
  public struct Source: Codable, Equatable, Sendable {
    public var file: String
    /// SHA-256 of the text, in hex.
    public var digest: String
    /// The text itself, for readers; nil where it is long or no UTF-8.
    public var text: String?
    /// What the compiler was told beside the text, each as one would write it: `--set hidden=200`. Nil where it was nothing.
    public var options: [String]?
    /// The texts of models whose parts it uses; nil where it uses none.
    public var used: [UsedText]?

    /// A text of which the model uses a part.
    public struct UsedText: Codable, Equatable, Sendable {
      /// The path as seen from where the model's own text lies.
      public var file: String
      /// SHA-256 of the text, in hex.
      public var digest: String

      public init(file: String, digest: String) {
        self.file = file
        self.digest = digest
      }
    }

    /// No longer text is kept, in bytes.
    public static let longestText = 65_536

    public init(
      file: String, digest: String, text: String? = nil, options: [String] = [], used: [UsedText] = []
    ) {
      self.file = file
      self.digest = digest
      self.text = text
      self.options = options.isEmpty ? nil : options
      self.used = used.isEmpty ? nil : used
    }
  }

  /// The machine that the code is for.
  public struct Target: Codable, Equatable, Sendable {
    public var triple: String
    public var cpu: String
    /// The instruction sets that the code needs, by LLVM's names: `avx512f`, `fma`.
    public var features: [String]
    public var vectorBytes: Int
    /// Images per block: the arena holds `ceil(capacity / blockImages)` blocks.
    public var blockImages: Int

    public init(triple: String, cpu: String, features: [String], vectorBytes: Int, blockImages: Int) {
      self.triple = triple
      self.cpu = cpu
      self.features = features
      self.vectorBytes = vectorBytes
      self.blockImages = blockImages
    }
  }

  /// A `config` value: a number, or a word.
  public struct Setting: Codable, Equatable, Sendable {
    public enum Value: Equatable, Sendable {
      case number(Double)
      case text(String)
    }

    public var name: String
    public var value: Value

    public init(name: String, value: Value) {
      self.name = name
      self.value = value
    }
  }

  /// A number given at run time. The entries' argument for it is called `hyper.NAME`.
  public struct Hyper: Codable, Equatable, Sendable {
    public var name: String
    public var defaultValue: Double

    private enum CodingKeys: String, CodingKey {
      case name
      case defaultValue = "default"
    }

    public init(name: String, defaultValue: Double) {
      self.name = name
      self.defaultValue = defaultValue
    }
  }

  /// What the model's text declares for training: defaults of the runner's options.
  public struct Training: Codable, Equatable, Sendable {
    public var optimizer: String
    public var rate: Double
    public var batch: Int
    public var epochs: Int

    public init(optimizer: String, rate: Double, batch: Int, epochs: Int) {
      self.optimizer = optimizer
      self.rate = rate
      self.batch = batch
      self.epochs = epochs
    }
  }

  /// What training makes large or small, and the terms that are reported, the loss first.
  public struct Objective: Codable, Equatable, Sendable {
    public enum Direction: String, Codable, Sendable {
      case maximize
      case minimize
    }

    public var direction: Direction
    /// Names of the terms: `evaluate` returns one number per image of each, `train_step` their means over the batch.
    public var metrics: [String]

    public init(direction: Direction, metrics: [String]) {
      self.direction = direction
      self.metrics = metrics
    }
  }
}

extension Manifest.Setting.Value: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else {
      self = .text(try container.decode(String.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    }
  }
}
