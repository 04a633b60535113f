import Diagnostics
import IR
import Passes
import Testing

/// The products' operations per image, as the yardsticks count them: multiply-adds x 2, taps in the padding too, no gradient
/// for the image.
@Suite struct CostTests {
  @Test func theYardstickModelCostsWhatItIsSaidTo() throws {
    let module = try Pipeline([.inferShapes, .simplify, .differentiate, .simplify]).run(convvae()).module
    #expect(try products(of: module, "evaluate") == 5_094_064)
    #expect(try products(of: module, "train_step") == 15_169_296)
  }

  private func products(of module: Module, _ name: String) throws -> Int {
    let entry = try #require(module.entry(name))
    return entry.operations.reduce(0) { sum, operation in
      guard let definition = OpTable.standard[operation.name],
        operation.name.contains("dense") || operation.name.contains("conv2d")
      else { return sum }
      let operands = operation.operands.compactMap { entry.type(of: $0) }
      return sum
        + definition.flops(operands, operation.results.compactMap { entry.type(of: $0) }, operation.attributes)
    }
  }
}
