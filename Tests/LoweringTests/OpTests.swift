import IR
import Testing

/// Every op of the table, native against the reference interpreter.
@Suite struct OpTests {
  /// Every op by its example, `gradient` aside, which differentiation replaces; then other shapes of some.
  static func cases(_ target: TestTarget) -> [OpCase] {
    let examples = OpTable.standard.definitions.filter { $0.name != "gradient" }.map { op in
      // The example's layout is that of one vector width.
      let layout: Attributes? = op.name == "relayout" ? ["to": .layout(.lanes(target.blockImages))] : nil
      return OpCase(name: op.name, op: op, attributes: layout)
    }
    return examples + OpShapes.all
  }

  static let libraries = CaseLibraries("ops", cases)

  @Test(arguments: cases(.host).map(\.name), TestTarget.available)
  func nativeCodeAgreesWithTheReference(name: String, target: TestTarget) throws {
    let opCase = try #require(Self.cases(target).first { $0.name == name })
    let native = try Self.libraries.native(target)
    for images in batchSizes { try expectAgreement(opCase, native, images: images) }
  }
}
