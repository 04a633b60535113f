import GraphTesting
import IR
import Testing

/// How far native code may be from the reference interpreter, ||a - b|| / ||b|| of each result.
enum Tolerance {
  static let forward = 1e-5
  static let gradient = 1e-4

  /// Gradients are sums over all images and positions in float32, and Adam divides a gradient by its size: where that is near
  /// zero its rounding is seen whole in the new weight.
  static func of(_ target: ResultTarget) -> Double {
    switch target {
    case .gradient, .global: gradient
    case .metric, .latent, .image, .probabilities: forward
    }
  }
}

/// A batch of one and one of two, which entries without sums over images do one image at a time; one that fills no block; one
/// that fills blocks and a part of another.
let batchSizes = [1, 2, 7, 33]

/// Holds a case against the reference: its numbers, and that they do not depend on who computes them.
func expectAgreement(
  _ opCase: OpCase, _ native: NativeModule, images: Int,
  sourceLocation: Testing.SourceLocation = #_sourceLocation
) throws {
  let module = try opCase.module()
  let entry = try #require(module.entry(opCase.name), sourceLocation: sourceLocation)
  let values = EntryValues(module, entry: entry, images: images, lowerBound: opCase.lowerBound)
  let wanted = try values.reference(module, opCase.name)
  let made = try native.call(opCase.name, values)
  #expect(made.results.count == wanted.count, sourceLocation: sourceLocation)
  for (target, value) in wanted {
    let distance = distance(made.results[target] ?? [], value)
    #expect(
      distance <= Tolerance.forward,
      "\(opCase.name), \(target), \(images) images, \(native.target), seed \(testSeed)",
      sourceLocation: sourceLocation)
  }
  for descends in [false, true] {
    let team = TurnTakingTeam(workers: 2, descends: descends)
    let shared = try native.call(opCase.name, values, team: team)
    #expect(
      shared.bits == made.bits, "\(opCase.name), \(images) images, two workers, descending: \(descends)",
      sourceLocation: sourceLocation)
  }
}
