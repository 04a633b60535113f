import IR
import Lowering
import Passes
import Testing

/// Every op of the table, native against the reference interpreter.
@Suite struct OpTests {
  /// All ops but those that differentiation replaces.
  static let ops = OpTable.standard.definitions.filter { !["gradient", "jacobian_norm"].contains($0.name) }

  /// Every op by its example, then other shapes of some.
  static func cases(_ target: TestTarget) -> [OpCase] {
    let examples = ops.map { op in
      // The example's layout is that of one vector width.
      let layout: Attributes? = op.name == "relayout" ? ["to": .layout(.lanes(target.blockImages))] : nil
      return OpCase(name: op.name, op: op, attributes: layout)
    }
    // The narrowest and the widest vectors meet every edge.
    return target == .avx2 ? examples : examples + OpShapes.all
  }

  static let libraries = CaseLibraries("ops", cases)

  /// By name, so that the first tests ask for the libraries of all targets.
  static let runs = TestTarget.available.flatMap { target in
    cases(target).map { (name: $0.name, target: target) }
  }
  .sorted { $0.name < $1.name }

  @Test(arguments: ops.map(\.name))
  func everyOpHasAKernel(name: String) throws {
    let opCase = try #require(Self.cases(.host).first { $0.name == name })
    let options = PassOptions(blockImages: TestTarget.host.blockImages)
    let module = try Pipeline([.assignLayouts]).run(try opCase.module(), options: options).module
    let schedule = try ModelCompiler(target: .host).plan(module).entries[0].schedule
    #expect(!schedule.isEmpty)
  }

  @Test(arguments: runs)
  func nativeCodeAgreesWithTheReference(name: String, target: TestTarget) throws {
    let opCase = try #require(Self.cases(target).first { $0.name == name })
    let native = try Self.libraries.native(target)
    for images in batchSizes { try expectAgreement(opCase, native, images: images) }
  }
}
