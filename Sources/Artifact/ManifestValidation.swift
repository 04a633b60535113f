/// A field of a manifest that cannot be relied upon.
public struct ManifestProblem: Error, Equatable, CustomStringConvertible {
  /// The path of the field: `entries.train_step.arguments.x.shape`.
  public var field: String
  public var problem: String

  public var description: String { "the manifest's \(field) \(problem)" }
}

extension Manifest {
  /// No region of a model is larger than this (1 TiB): sizes beyond it are damage, and sums of them cannot overflow.
  public static let largestRegion = 1 << 40

  /// Checks everything that a runner relies upon: names, shapes, that tensors lie inside their region and do not
  /// overlap, and that the tensors of each role have that role's type.
  public func validate() throws(ManifestProblem) {
    try validateNames()
    try validateNumbers()
    for input in inputs { try check(shape: input.shape, "inputs.\(input.name).shape") }
    for latent in latents { try check(shape: latent.shape, "latents.\(latent.name).shape") }
    try check(
      weights.map { ($0.name, $0.shape, $0.offset) },
      in: statistics.isEmpty && frozen == nil ? "parameters" : "weights",
      regionBytes: weightsBytes, "weightsBytes")
    try check(state.map { ($0.name, $0.shape, $0.offset) }, in: "state", regionBytes: stateBytes, "stateBytes")
    for parameter in weights {
      guard parameter.initializer.isUsable else {
        throw ManifestProblem(
          field: "parameters.\(parameter.name).initializer", problem: "is negative or not finite")
      }
    }
    try unique(entries.map(\.name), "entries")
    for entry in entries { try validate(entry) }
  }

  private func validateNames() throws(ManifestProblem) {
    guard name.isCIdentifier else {
      throw ManifestProblem(field: "name", problem: "'\(name)' is no identifier")
    }
    for (field, file) in [("library", library), ("header", header)] {
      guard !file.isEmpty, file != ".", file != "..", !file.contains("/"), !file.contains("\0") else {
        throw ManifestProblem(field: field, problem: "'\(file)' is not the name of a file beside the manifest")
      }
    }
    guard digest.isHex else {
      throw ManifestProblem(field: "digest", problem: "'\(digest)' is not hexadecimal")
    }
    try unique(configuration.map(\.name), "configuration")
    try unique(hypers.map(\.name), "hypers")
    try unique(inputs.map(\.name), "inputs")
    try unique(classes.map(\.name), "classes")
    try unique((schedule ?? []).map(\.product), "schedule")
    try unique(latents.map(\.name), "latents")
    try unique(objective.metrics, "objective.metrics")
    guard !objective.metrics.isEmpty else {
      throw ManifestProblem(field: "objective.metrics", problem: "is empty")
    }
  }

  private func validateNumbers() throws(ManifestProblem) {
    guard target.blockImages >= 1, target.blockImages <= 1 << 20 else {
      throw ManifestProblem(field: "target.blockImages", problem: "is \(target.blockImages)")
    }
    guard (1...4096).contains(target.vectorBytes) else {
      throw ManifestProblem(field: "target.vectorBytes", problem: "is \(target.vectorBytes)")
    }
    guard training.rate.isFinite, training.rate > 0 else {
      throw ManifestProblem(field: "training.rate", problem: "is \(training.rate), not a positive number")
    }
    guard training.batch >= 1, training.batch <= 1 << 24 else {
      throw ManifestProblem(field: "training.batch", problem: "is \(training.batch)")
    }
    guard training.epochs >= 1, training.epochs <= 1 << 24 else {
      throw ManifestProblem(field: "training.epochs", problem: "is \(training.epochs)")
    }
    for input in classes where input.count < 1 || input.count > Int(Int32.max) {
      throw ManifestProblem(field: "classes.\(input.name).count", problem: "is \(input.count)")
    }
    for hyper in hypers where !hyper.defaultValue.isFinite {
      throw ManifestProblem(field: "hypers.\(hyper.name).default", problem: "is not finite")
    }
  }

  private func unique(_ names: [String], _ field: String) throws(ManifestProblem) {
    var seen = Set<String>()
    for name in names {
      guard !name.isEmpty else { throw ManifestProblem(field: field, problem: "has an empty name") }
      guard seen.insert(name).inserted else {
        throw ManifestProblem(field: field, problem: "names \(name) twice")
      }
    }
  }

  private func check(shape: [Int], _ field: String) throws(ManifestProblem) {
    for size in shape where size < 1 { throw ManifestProblem(field: field, problem: "has the size \(size)") }
    guard let count = checkedProduct(shape), count <= Self.largestRegion / 4 else {
      throw ManifestProblem(field: field, problem: "has too many elements")
    }
  }

  /// Tensors of float32 in one region of memory.
  private func check(
    _ tensors: [(name: String, shape: [Int], offset: Int)], in field: String, regionBytes: Int,
    _ regionField: String
  ) throws(ManifestProblem) {
    guard regionBytes >= 0, regionBytes <= Self.largestRegion else {
      throw ManifestProblem(field: regionField, problem: "is \(regionBytes)")
    }
    try unique(tensors.map(\.name), field)
    var end = 0
    for tensor in tensors.sorted(by: { $0.offset < $1.offset }) {
      try check(shape: tensor.shape, "\(field).\(tensor.name).shape")
      let bytes = 4 * (checkedProduct(tensor.shape) ?? 0)
      guard tensor.offset >= 0, tensor.offset % 4 == 0, tensor.offset <= regionBytes - bytes else {
        throw ManifestProblem(
          field: "\(field).\(tensor.name).offset",
          problem:
            "is \(tensor.offset): \(bytes) bytes from there do not lie in the \(regionBytes) of \(regionField)")
      }
      guard tensor.offset >= end else {
        throw ManifestProblem(field: "\(field).\(tensor.name).offset", problem: "lies inside another tensor")
      }
      end = tensor.offset + bytes
    }
  }

  private func validate(_ entry: Entry) throws(ManifestProblem) {
    let field = "entries.\(entry.name)"
    guard entry.symbol.isCIdentifier, entry.symbol.hasPrefix(name + "_") else {
      throw ManifestProblem(field: "\(field).symbol", problem: "'\(entry.symbol)' does not begin with \(name)_")
    }
    let arena = entry.arena
    for bytes in [arena.fixedBytes, arena.blockBytes] where bytes < 0 || bytes > Self.largestRegion {
      throw ManifestProblem(field: "\(field).arena", problem: "has the size \(bytes)")
    }
    try unique(entry.arguments.map(\.name), "\(field).arguments")
    try unique(entry.results.map(\.name), "\(field).results")
    for tensor in entry.arguments { try validate(tensor, "\(field).arguments.\(tensor.name)") }
    for tensor in entry.results { try validate(tensor, "\(field).results.\(tensor.name)") }
  }

  private func validate(_ tensor: Tensor, _ field: String) throws(ManifestProblem) {
    var sizes: [Int] = []
    for (position, dimension) in tensor.shape.enumerated() {
      switch dimension {
      case .fixed(let size): sizes.append(size)
      case .images where position > 0:
        throw ManifestProblem(field: "\(field).shape", problem: "has N in another place than the first")
      case .images: break
      }
    }
    try check(shape: sizes, "\(field).shape")
    if let (element, shape) = tensor.role.fixedType {
      guard tensor.element == element, tensor.shape == shape else {
        throw ManifestProblem(
          field: field, problem: "has the role \(tensor.role.rawValue) and is not \(element.rawValue) \(shape)")
      }
    }
    if tensor.role == .hyper, !hypers.contains(where: { "hyper.\($0.name)" == tensor.name }) {
      throw ManifestProblem(field: field, problem: "is not among the hypers")
    }
    if tensor.role == .label, !classes.contains(where: { $0.name == tensor.name }) {
      throw ManifestProblem(field: field, problem: "is not among the classes")
    }
    if tensor.role == .probabilities,
      tensor.shape != [.images, .fixed(classes.first { $0.name == tensor.name }?.count ?? 0)]
    {
      throw ManifestProblem(field: field, problem: "is not a number for each of the classes")
    }
    if tensor.role == .gradient, parameter(tensor.name)?.shape.map(Dimension.fixed) != tensor.shape {
      throw ManifestProblem(field: field, problem: "is not the gradient of a parameter of this shape")
    }
  }
}

extension Manifest.Role {
  /// The element and shape of the roles that always have the same.
  var fixedType: (element: Manifest.Element, shape: [Manifest.Dimension])? {
    switch self {
    case .index, .label: (.i32, [.images])
    case .seed: (.i32, [2])
    case .epoch, .sample, .step: (.i32, [])
    case .rate, .hyper: (.f32, [])
    case .image, .probabilities, .noise, .latent, .distribution, .metric, .gradient: nil
    }
  }
}

extension Manifest.Initializer {
  fileprivate var isUsable: Bool {
    switch self {
    case .uniform(let bound): bound.isFinite && bound >= 0
    case .normal(let standardDeviation): standardDeviation.isFinite && standardDeviation >= 0
    case .constant(let value): value.isFinite
    }
  }
}

extension String {
  fileprivate var isCIdentifier: Bool {
    guard let first = utf8.first, first == UInt8(ascii: "_") || first.isLetter else { return false }
    return utf8.allSatisfy { $0 == UInt8(ascii: "_") || $0.isLetter || (0x30...0x39).contains($0) }
  }

  fileprivate var isHex: Bool {
    !isEmpty && utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}

extension UInt8 {
  fileprivate var isLetter: Bool { (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) }
}
