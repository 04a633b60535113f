import IR
import Testing

/// Dense layers and the three passes of convolution, native against the reference interpreter.
@Suite struct ProductTests {
  static let convolutions = CaseLibraries("convolutions") { target in
    ProductCases.convolutions + (target == .host ? ProductCases.epilogues : [])
  }
  static let dense = CaseLibraries("dense") { _ in ProductCases.dense }

  static let narrow = CaseLibraries("narrow") { narrowCases($0) }

  /// Products of bfloat16 numbers: all on this machine, some with narrow vectors.
  static func narrowCases(_ target: TestTarget) -> [OpCase] {
    let cases = target == .host ? ProductCases.convolutions + ProductCases.dense : KernelScheduleTests.cases
    return cases.map(\.inBfloat16)
  }

  static let narrowRuns = TestTarget.available.flatMap { target in narrowCases(target).map { ($0, target) } }

  @Test(arguments: narrowRuns)
  func productsOfBfloat16AgreeWithTheReference(opCase: OpCase, target: TestTarget) throws {
    let native = try Self.narrow.native(target)
    for images in batchSizes { try expectAgreement(opCase, native, images: images) }
  }

  @Test(arguments: ProductCases.epilogues)
  func everyEpilogueAgreesWithTheReference(opCase: OpCase) throws {
    let native = try Self.convolutions.native(.host)
    for images in batchSizes { try expectAgreement(opCase, native, images: images) }
  }

  @Test(arguments: ProductCases.convolutions, TestTarget.available)
  func convolutionsAgreeWithTheReference(opCase: OpCase, target: TestTarget) throws {
    let native = try Self.convolutions.native(target)
    for images in batchSizes { try expectAgreement(opCase, native, images: images) }
  }

  @Test(arguments: ProductCases.dense, TestTarget.available)
  func denseLayersAgreeWithTheReference(opCase: OpCase, target: TestTarget) throws {
    let native = try Self.dense.native(target)
    for images in batchSizes { try expectAgreement(opCase, native, images: images) }
  }
}
