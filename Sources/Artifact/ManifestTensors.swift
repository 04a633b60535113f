extension Manifest {
  /// The type of a tensor's elements.
  public enum Element: String, Codable, Sendable, CaseIterable {
    case f32
    case u8
    case i32

    /// Bytes per element.
    public var size: Int { self == .u8 ? 1 : 4 }
  }

  /// One dimension of an argument or result: a number, or the number of images of the call, written `"N"`.
  public enum Dimension: Equatable, Sendable {
    case images
    case fixed(Int)
  }

  /// An input that the model declares, without the leading number of images.
  public struct Input: Codable, Equatable, Sendable {
    public var name: String
    public var element: Element
    public var shape: [Int]

    public init(name: String, element: Element, shape: [Int]) {
      self.name = name
      self.element = element
      self.shape = shape
    }
  }

  /// A declared input that is a class: a number from 0 up to, not including, `count`.
  public struct ClassInput: Codable, Equatable, Sendable {
    public var name: String
    public var count: Int

    public init(name: String, count: Int) {
      self.name = name
      self.count = count
    }
  }

  /// A latent, without the leading number of images.
  public struct Latent: Codable, Equatable, Sendable {
    public var name: String
    public var shape: [Int]

    public init(name: String, shape: [Int]) {
      self.name = name
      self.shape = shape
    }

    /// Elements of one image.
    public var count: Int { checkedProduct(shape) ?? 0 }
  }

  /// The latents that `decode` takes, in its order: a code is their elements, one latent behind the other.
  public var codeParts: [Latent] {
    let arguments = entry("decode")?.arguments.filter { $0.role == .latent } ?? []
    return arguments.map { argument in
      Latent(
        name: argument.name,
        shape: argument.shape.compactMap { if case .fixed(let size) = $0 { size } else { nil } })
    }
  }

  /// Elements of a code.
  public var codeSize: Int { codeParts.reduce(0) { $0 + $1.count } }

  /// A name for each element of a code: `z1`, `z2`, ..., or `a.1`, `a.2`, `b.1` for several latents.
  public var codeColumns: [String] {
    let parts = codeParts
    let separator = parts.count > 1 ? "." : ""
    return parts.flatMap { part in (0..<part.count).map { "\(part.name)\(separator)\($0 + 1)" } }
  }

  /// How a parameter begins; the numbers are resolved, the draw is `RandomStream(seed, .initialize, name)`.
  public enum Initializer: Equatable, Sendable {
    /// Uniform in (-bound, bound).
    case uniform(bound: Double)
    /// Normal with mean 0.
    case normal(standardDeviation: Double)
    case constant(Double)
  }

  /// A tensor of float32 among the weights, in its canonical (PyTorch's) layout.
  public struct Parameter: Codable, Equatable, Sendable {
    public var name: String
    public var shape: [Int]
    /// Bytes from the beginning of the weights.
    public var offset: Int
    public var initializer: Initializer
    /// The text of another model that its layer stands in, as `Source.used` calls it; nil for the model's own.
    public var origin: String?

    public init(name: String, shape: [Int], offset: Int, initializer: Initializer, origin: String? = nil) {
      self.name = name
      self.shape = shape
      self.offset = offset
      self.initializer = initializer
      self.origin = origin
    }
  }

  /// A tensor of float32 that training keeps between steps: `adam.m/NAME`, `adam.v/NAME`.
  public struct StateTensor: Codable, Equatable, Sendable {
    public var name: String
    public var shape: [Int]
    /// Bytes from the beginning of the state.
    public var offset: Int

    public init(name: String, shape: [Int], offset: Int) {
      self.name = name
      self.shape = shape
      self.offset = offset
    }
  }

  /// What an argument or a result is for. A runner finds tensors by role and name, never by position.
  public enum Role: String, Codable, Sendable, CaseIterable {
    /// Images, one per image of the call.
    case image
    /// The probabilities of each image's classes, f32 `[N, classes]`, called as the input that is the class.
    case probabilities
    /// Class numbers, i32 `[N]`.
    case label
    /// The images' numbers in the data set, i32 `[N]`: they choose the noise.
    case index
    /// The seed's low and high word, i32 `[2]`.
    case seed
    /// The epoch, i32 `[]`: it chooses the noise.
    case epoch
    /// Which of several draws of an image this is, from 0, i32 `[]`: it chooses the noise.
    case sample
    /// The optimizer's step, from 1, i32 `[]`.
    case step
    /// The learning rate, f32 `[]`.
    case rate
    /// A run-time number, f32 `[]`, called `hyper.NAME`.
    case hyper
    /// Standard normal noise that the caller gives, called `noise.LATENT`.
    case noise
    /// A code.
    case latent
    /// What belongs to a distribution: a parameter, called `LATENT.mean` or `LATENT.logvar`, a divergence, `LATENT.kl`, or what else
    /// `score` takes from `posterior`.
    case distribution
    /// A term of the objective: f32 `[]` (mean over the batch) or `[N]` (one per image).
    case metric
    /// The gradient of the parameter whose name it bears.
    case gradient
  }

  /// An argument or a result of an entry.
  public struct Tensor: Codable, Equatable, Sendable {
    public var name: String
    public var role: Role
    public var element: Element
    public var shape: [Dimension]

    public init(name: String, role: Role, element: Element, shape: [Dimension]) {
      self.name = name
      self.role = role
      self.element = element
      self.shape = shape
    }

    /// The number of elements of a call with `images` images, or nil where it does not fit an `Int`.
    public func elementCount(images: Int) -> Int? {
      checkedProduct(shape.map { if case .fixed(let size) = $0 { size } else { images } })
    }
  }

  /// The scratch memory of an entry: `fixedBytes + blocks * blockBytes`, `blocks = ceil(capacity / blockImages)`.
  public struct Arena: Codable, Equatable, Sendable {
    public var fixedBytes: Int
    public var blockBytes: Int

    public init(fixedBytes: Int, blockBytes: Int) {
      self.fixedBytes = fixedBytes
      self.blockBytes = blockBytes
    }

    /// The bytes for `images` images in blocks of `blockImages`, or nil where they do not fit an `Int`.
    public func bytes(images: Int, blockImages: Int) -> Int? {
      guard blockImages > 0, images >= 0 else { return nil }
      let blocks = images / blockImages + (images % blockImages == 0 ? 0 : 1)
      let (product, overflow) = blocks.multipliedReportingOverflow(by: blockBytes)
      let (sum, carry) = product.addingReportingOverflow(fixedBytes)
      return overflow || carry ? nil : sum
    }
  }

  /// A function of the compiled model.
  public struct Entry: Codable, Equatable, Sendable {
    public var name: String
    /// The C symbol: the model's name, an underscore, the entry's name.
    public var symbol: String
    public var arguments: [Tensor]
    public var results: [Tensor]
    public var arena: Arena

    public init(name: String, symbol: String, arguments: [Tensor], results: [Tensor], arena: Arena) {
      self.name = name
      self.symbol = symbol
      self.arguments = arguments
      self.results = results
      self.arena = arena
    }

    /// The only argument with this role, if there is one.
    public func argument(_ role: Role) -> Tensor? { arguments.first { $0.role == role } }

    /// The result of this name, if there is one.
    public func result(named name: String) -> Tensor? { results.first { $0.name == name } }

    /// The result that is an image of the decoder; what corrupts an image makes another, called `NAME.corrupted`.
    public var image: Tensor? { results.first { $0.role == .image && !$0.name.contains(".") } }

    /// The result that is the probabilities of the classes.
    public var probabilities: Tensor? { results.first { $0.role == .probabilities } }
  }
}

/// The product of sizes, or nil where it does not fit an `Int`.
public func checkedProduct(_ sizes: [Int]) -> Int? {
  var product = 1
  for size in sizes {
    let (next, overflow) = product.multipliedReportingOverflow(by: size)
    if overflow { return nil }
    product = next
  }
  return product
}

extension Manifest.Dimension: Codable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  public init(integerLiteral value: Int) { self = .fixed(value) }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let text = try? container.decode(String.self) {
      guard text == "N" else {
        throw DecodingError.dataCorruptedError(
          in: container, debugDescription: "a dimension is a number or \"N\"")
      }
      self = .images
    } else {
      self = .fixed(try container.decode(Int.self))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .images: try container.encode("N")
    case .fixed(let size): try container.encode(size)
    }
  }

  public var description: String {
    switch self {
    case .images: "N"
    case .fixed(let size): String(size)
    }
  }
}

extension Manifest.Initializer: Codable {
  private enum CodingKeys: String, CodingKey {
    case kind, bound, std, value
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    switch try container.decode(String.self, forKey: .kind) {
    case "uniform": self = .uniform(bound: try container.decode(Double.self, forKey: .bound))
    case "normal": self = .normal(standardDeviation: try container.decode(Double.self, forKey: .std))
    case "constant": self = .constant(try container.decode(Double.self, forKey: .value))
    default:
      throw DecodingError.dataCorruptedError(
        forKey: .kind, in: container, debugDescription: "an initializer is uniform, normal or constant")
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .uniform(let bound):
      try container.encode("uniform", forKey: .kind)
      try container.encode(bound, forKey: .bound)
    case .normal(let standardDeviation):
      try container.encode("normal", forKey: .kind)
      try container.encode(standardDeviation, forKey: .std)
    case .constant(let value):
      try container.encode("constant", forKey: .kind)
      try container.encode(value, forKey: .value)
    }
  }
}
