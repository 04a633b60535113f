import Diagnostics
import IR
import Passes
import Testing

@Suite struct PhaseTests {
  private func names(after first: String?, through last: String?) throws -> [String] {
    try Pipeline.standard.part(after: first, through: last).passes.map(\.name)
  }

  @Test func aPartBeginsBehindOnePhaseAndEndsWithAnother() throws {
    let all = Pipeline.standard.passes.map(\.name)
    #expect(try names(after: nil, through: nil) == all)
    #expect(try names(after: "elaborate", through: "infer-shapes") == ["infer-shapes"])
    #expect(try names(after: "infer-shapes", through: "differentiate") == ["simplify", "differentiate"])
    #expect(try names(after: "simplify", through: "simplify") == ["differentiate", "simplify"])
    #expect(try names(after: "05-simplify", through: nil) == Array(all.dropFirst(4)))
    #expect(try names(after: "01-elaborate", through: "03-simplify") == ["infer-shapes", "simplify"])
  }

  @Test func aPartHasToEndBehindItsBeginning() {
    let error = #expect(throws: PassError.self) { try names(after: "differentiate", through: "infer-shapes") }
    #expect(error?.description == "the phase 'infer-shapes' does not come behind 'differentiate'")
    let unknown = #expect(throws: PassError.self) { try names(after: "07-simplify", through: nil) }
    #expect(unknown?.description == "there is no pass '07-simplify'; 'vaec passes' lists them")
  }

  @Test func aPipelineStopsAtTheDumpThatIsNamed() throws {
    var last = ""
    let module = try SmallModel.densevae.module()
    _ = try Pipeline.standard.run(module, stopAfter: "05-simplify") { last = $0.fileName }
    #expect(last == "05-simplify.vir")
  }

  @Test(arguments: SmallModel.allCases) func everyPhaseReadsBackFromItsText(model: SmallModel) throws {
    _ = try Pipeline.standard.run(try model.module()) { try $0.verifyRoundTrip() }
  }

  /// What the pipeline makes of its own phases is what it made of the model.
  @Test(arguments: SmallModel.allCases) func thePipelineGoesOnFromTheTextOfAnyPhase(model: SmallModel) throws {
    var phases: [Phase] = []
    let result = try Pipeline.standard.run(try model.module()) { phases.append($0) }.module
    for phase in phases {
      let module = try Module(parsing: SourceText(name: phase.fileName, text: phase.text))
      let stem = String(phase.fileName.dropLast(4))
      let rest = try Pipeline.standard.part(after: stem, through: nil)
      #expect(try rest.run(module).module == result, "from \(stem)")
    }
  }

  private static let broken = Pass(name: "break", summary: "drops the first operation") { module, _ in
    module.entries[0].operations.removeFirst()
  }

  private func module() throws -> Module {
    let text = """
      module test
      train optimizer = adam, rate = 0.001, decay = 0.0, batch = 128, epochs = 10

      entry @f(latent %x : f32[N,5]) {
        %0 = neg %x : f32[N,5]
        %1 = exp %0 : f32[N,5]
        return latent y = %1
      }

      """
    return try Module(parsing: SourceText(name: "test.vir", text: text))
  }

  @Test func aPassThatThrowsAnythingButDiagnosticsIsAnInternalError() throws {
    let failing = Pass(name: "trip", summary: "throws") { _, _ in throw TypeError("'exp' is tired") }
    let module = try module()
    let error = #expect(throws: InternalError.self) { try Pipeline([failing]).run(module) }
    #expect(error?.description == "internal error: 'trip' failed: 'exp' is tired")
  }

  @Test func aReproducerIsTheProgramWithTheErrorAndTheCommandInComments() throws {
    let module = try module()
    let error = try #require(#expect(throws: InternalError.self) { try Pipeline([Self.broken]).run(module) })
    let reproducer = Reproducer(module, error: error, compiler: "vaec 9") { "vaec opt \($0) --passes break" }
    #expect(reproducer.fileName == "vaec-reproducer-test.vir")
    #expect(
      reproducer.text == """
        // vaec 9 failed on this program; please report it with this file.
        //   \(error)
        // It fails again with:
        //   vaec opt vaec-reproducer-test.vir --passes break
        \(module.text)
        """)
    let again = try Module(parsing: SourceText(name: reproducer.fileName, text: reproducer.text))
    #expect(throws: error) { try Pipeline([Self.broken]).run(again) }
  }
}
