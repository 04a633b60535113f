import GraphTesting
import IR
import Reference

/// Values for the globals and arguments of an entry, all of them float32 or whole numbers.
struct EntryValues: Sendable {
  var globals: [String: HostTensor] = [:]
  var arguments: [String: HostTensor] = [:]
  var images: Int

  init(globals: [String: HostTensor] = [:], arguments: [String: HostTensor] = [:], images: Int) {
    self.globals = globals
    self.arguments = arguments
    self.images = images
  }

  /// Random values: bytes, counters, and numbers of either sign away from 0, or above `lowerBound` where there is one.
  init(_ module: Module, entry: Entry, images: Int, lowerBound: Double? = nil) {
    self.images = images
    var random = SplitMix(state: testSeed &* 1000 &+ UInt64(images))
    for global in module.globals {
      globals[global.name] = .random(global.type, images: images, lowerBound: lowerBound, &random)
    }
    for argument in entry.arguments {
      guard let name = entry[argument.value].name, let type = entry.type(of: argument.value) else { continue }
      arguments[name] = .random(type, images: images, lowerBound: lowerBound, &random)
    }
  }

  /// What the reference interpreter makes of them.
  func reference(_ module: Module, _ entry: String) throws -> [ResultTarget: HostTensor] {
    let outcome = try Interpreter(module).run(entry, globals: globals, arguments: arguments, images: images)
    return Dictionary(outcome.results.map { ($0.target, $0.value) }, uniquingKeysWith: { first, _ in first })
  }
}

extension HostTensor {
  static func random(
    _ type: TensorType, images: Int, lowerBound: Double?, _ random: inout SplitMix
  ) -> HostTensor {
    .random(type, images: images, &random) { sign, unit in
      Double(Float(lowerBound.map { $0 + 0.1 + unit } ?? sign * (0.2 + unit)))
    }
  }

  /// The tensor with every number rounded to float32.
  var rounded: HostTensor { HostTensor(shape: shape, data: data.map { Double(Float($0)) }) }
}

/// ||a - b|| / ||b||, or ||a - b|| where b is zero; infinite where the counts differ or a number is not finite. Below 1e-12 b is
/// a zero with the rounding of float64, such as the gradient of a bias that normalization takes off again.
func distance(_ a: [Float], _ b: HostTensor) -> Double {
  guard a.count == b.count else { return .infinity }
  var (difference, norm) = (0.0, 0.0)
  for (x, y) in zip(a, b.data) {
    difference += (Double(x) - y) * (Double(x) - y)
    norm += y * y
  }
  guard difference.isFinite, norm.isFinite else { return .infinity }
  return norm > 1e-24 ? (difference / norm).squareRoot() : difference.squareRoot()
}
