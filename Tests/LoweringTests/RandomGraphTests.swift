import GraphTesting
import IR
import Lowering
import Passes
import Reference
import Testing

/// Native code of modules made at random, after all passes, against the reference interpreter on the modules before any.
@Suite struct RandomGraphTests {
  static let runs =
    (0..<6).map { (seed: testSeed &* 1000 &+ UInt64($0), target: TestTarget.host) }
    + TestTarget.available.filter { $0 != .host }.flatMap { target in
      (6..<8).map { (seed: testSeed &* 1000 &+ UInt64($0), target: target) }
    }

  @Test(arguments: runs)
  func nativeCodeAgreesWithTheReference(seed: UInt64, target: TestTarget) throws {
    let module = try RandomGraph.module(seed: seed, normalizes: false)
    guard let failure = try failure(of: module, target) else { return }
    let smallest = module.shrunk(attempts: 300) { (try? self.failure(of: $0, target)) ?? nil != nil }
    let again = (try? self.failure(of: smallest, target)) ?? nil
    Issue.record(
      "seed \(seed), \(target): \(failure)\nsmallest program, where \(again ?? "nothing"):\n\(smallest.text)")
  }

  /// What is wrong with the code of a module, or nil.
  private func failure(of module: Module, _ target: TestTarget) throws -> String? {
    let plain = try Pipeline([.differentiate]).run(module).module
    let optimized = try Pipeline.standard.run(module, options: PassOptions(blockImages: target.blockImages))
      .module
    let native = try NativeModule(optimized, target: target)
    for images in [1, 33] {
      let inputs = GraphValues(plain, images: images, seed: testSeed)
      let values = EntryValues(globals: inputs.globals, arguments: inputs.arguments, images: images)
      let wanted = try values.reference(plain, "train_step")
      let made = try native.call("train_step", values)
      for (result, value) in wanted where !agrees(made.results[result] ?? [], value, result) {
        return "\(result) is off by \(distance(made.results[result] ?? [], value)) with \(images) images"
      }
      let team = TurnTakingTeam(workers: 2, descends: true)
      if try native.call("train_step", values, team: team).bits != made.bits {
        return "two workers change bits with \(images) images"
      }
    }
    return nil
  }

  /// True where a result is within its tolerance, or off by no more than the rounding of numbers of about one, which those of
  /// these programs are: a gradient through a saturated activation is a difference of such numbers.
  private func agrees(_ made: [Float], _ wanted: HostTensor, _ target: ResultTarget) -> Bool {
    let distance = distance(made, wanted)
    let norm = wanted.data.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let rounding = 4 * 0x1p-23 * Double(wanted.count).squareRoot()
    return distance <= Tolerance.of(target) || distance * (norm > 1e-12 ? norm : 1) <= rounding
  }
}
