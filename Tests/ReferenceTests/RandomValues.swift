import GraphTesting
import IR
import Reference

/// Values for the globals and arguments of an entry.
struct EntryValues {
  var globals: [String: HostTensor] = [:]
  var arguments: [String: HostTensor] = [:]
  var images: Int

  init(images: Int) { self.images = images }

  /// Random values: bytes, counters, and numbers of either sign away from 0, or above `lowerBound` where there is one.
  init(_ module: Module, entry: Entry, images: Int, seed: UInt64, lowerBound: Double? = nil) {
    self.images = images
    var random = SplitMix(state: seed)
    for global in module.globals {
      globals[global.name] = .random(global.type, images: images, lowerBound: lowerBound, &random)
    }
    for argument in entry.arguments {
      guard let name = entry[argument.value].name, let type = entry.type(of: argument.value) else { continue }
      arguments[name] = .random(type, images: images, lowerBound: lowerBound, &random)
    }
  }

  /// Runs an entry of a module on the values that it takes of these.
  func run(_ interpreter: Interpreter, _ name: String, keepingValues: Bool = false) throws -> Outcome {
    let entry = interpreter.module.entry(name)
    let names = Set(entry?.arguments.compactMap { entry?[$0.value].name } ?? [])
    return try interpreter.run(
      name, globals: globals, arguments: arguments.filter { names.contains($0.key) }, images: images,
      keepingValues: keepingValues)
  }
}

extension HostTensor {
  static func random(
    _ type: TensorType, images: Int, lowerBound: Double?, _ random: inout SplitMix
  ) -> HostTensor {
    .random(type, images: images, &random) { sign, unit in
      lowerBound.map { $0 + 0.1 + unit } ?? sign * (0.2 + unit)
    }
  }

  /// ||a - b|| / ||b||, or ||a - b|| where b is zero but for rounding; infinite where the shapes differ or a number is not finite.
  func distance(to other: HostTensor) -> Double {
    guard shape == other.shape else { return .infinity }
    let difference = zip(data, other.data).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let norm = other.data.reduce(0) { $0 + $1 * $1 }
    guard difference.isFinite, norm.isFinite else { return .infinity }
    return norm > 1e-24 ? (difference / norm).squareRoot() : difference.squareRoot()
  }
}
