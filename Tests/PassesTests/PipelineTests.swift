import Diagnostics
import IR
import Passes
import Testing

@Suite struct PipelineTests {
  private let module = Result { try SmallModel.densevae.module() }

  @Test func phasesAreNumberedAndNamedAfterTheirPasses() throws {
    var names: [String] = []
    let result = try Pipeline.standard.run(try module.get()) { names.append($0.fileName) }
    #expect(
      names == [
        "01-elaborate.vir", "02-infer-shapes.vir", "03-simplify.vir", "04-differentiate.vir", "05-simplify.vir",
        "06-fuse-likelihood.vir", "07-fuse-reparam-kl.vir", "08-fold-normalization.vir",
        "09-fuse-convolution.vir", "10-fuse-dense.vir", "11-fuse-optimizer.vir", "12-fuse-normalization.vir",
        "13-fuse-elementwise.vir", "14-assign-layouts.vir",
      ])
    #expect(result.reports.map(\.pass) == Pipeline.standard.passes.map(\.name))
  }

  @Test func everyPassOfThePipelineIsRegisteredOnceAndDocumented() {
    let names = Pass.registry.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(Set(Pipeline.standard(.bf16).passes.map(\.name)) == Set(names))
    for pass in Pass.registry { #expect(!pass.summary.isEmpty && !pass.summary.hasSuffix(".")) }
  }

  @Test func aPassThatFindsNothingSaysSo() throws {
    let reports = try Pipeline.standard.run(try module.get()).reports
    let convolution = try #require(reports.first { $0.pass == "fuse-convolution" })
    #expect(!convolution.changed)
    #expect(convolution.description == "fuse-convolution: unchanged")
    let optimizer = try #require(reports.first { $0.pass == "fuse-optimizer" })
    #expect(optimizer.description == "fuse-optimizer: 10 optimizer steps fused")
  }

  @Test func itStopsAfterTheFirstRunOfThePassThatIsNamed() throws {
    var last = ""
    _ = try Pipeline.standard.run(try module.get(), stopAfter: "simplify") { last = $0.fileName }
    #expect(last == "03-simplify.vir")
    _ = try Pipeline.standard.run(try module.get(), stopAfter: "elaborate") { last = $0.fileName }
    #expect(last == "01-elaborate.vir")
  }

  @Test func anUnknownPassIsNamedWithTheLikelyOne() throws {
    let expected = "there is no pass 'fuse-densee'; did you mean 'fuse-dense'?"
    var error = #expect(throws: PassError.self) { try Pipeline(names: ["fuse-densee"]) }
    #expect(error?.description == expected)
    let module = try module.get()
    error = #expect(throws: PassError.self) { try Pipeline.standard.run(module, stopAfter: "fuse-densee") }
    #expect(error?.description == expected)
    error = #expect(throws: PassError.self) { try Pass.named("vectorize") }
    #expect(error?.description == "there is no pass 'vectorize'; 'vaec passes' lists them")
    error = #expect(throws: PassError.self) { try Pipeline.standard.run(module, stopAfter: "narrow-products") }
    #expect(
      error?.description
        == "'narrow-products' is not among the passes that run here; 'vaec passes' says when it is")
  }

  @Test func aPassThatReadsTypesRefusesAModuleWithoutThem() throws {
    let module = try module.get()
    let error = #expect(throws: PassError.self) { try Pipeline([.fuseDense]).run(module) }
    #expect(
      error?.description == "'fuse-dense' needs the types of all values: run 'infer-shapes' before it")
  }

  @Test func aPassThatBreaksTheModuleIsAnInternalError() throws {
    let broken = Pass(name: "break", summary: "drops the first operation of each entry") { module, _ in
      for index in module.entries.indices { module.entries[index].operations.removeFirst() }
    }
    let text = """
      module test
      entry @f(latent %x : f32[N,5]) {
        %0 = neg %x : f32[N,5]
        %1 = exp %0 : f32[N,5]
        return latent y = %1
      }
      """
    let module = try Module(parsing: SourceText(name: "test.vir", text: text))
    let error = #expect(throws: InternalError.self) { try Pipeline([broken]).run(module) }
    #expect(
      error?.description == """
        internal error: 'break' made an invalid module: in entry @f: %?1 is used before it is defined; \
        the operation is: %0 = exp %?1 : f32[N,5]
        """)
  }
}
