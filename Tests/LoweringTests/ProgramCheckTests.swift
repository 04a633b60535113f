import Diagnostics
import IR
import Lowering
import Passes
import Testing

/// Programs that are right in themselves, and that no code is made of.
@Suite struct ProgramCheckTests {
  private let compiler: ModelCompiler

  init() throws { compiler = try ModelCompiler(target: try #require(TargetSelection.target("x86-64-v4"))) }

  private func refusal(_ text: String) throws -> String? {
    let module = try Module(parsing: SourceText(name: "test.vir", text: text))
    try Verifier.verify(module, phase: .inferred)
    let planned = #expect(throws: UnsupportedProgram.self) { try compiler.plan(module) }
    let lowered = #expect(throws: UnsupportedProgram.self) {
      try compiler.lower(module, source: [])
    }
    #expect(planned == lowered)
    return planned?.description
  }

  private func entry(_ argument: String, _ operation: String, _ result: String = "%0") -> String {
    "module test\nentry @f(latent %x : \(argument)) {\n  \(operation)\n  return latent y = \(result)\n}"
  }

  @Test func theLayoutIsTheProcessors() throws {
    #expect(
      try refusal(entry("f32[N,5]", "%0 = relayout %x {to = n16} : f32[N,5]{n16}")) == """
        no code can be made of this program: in entry @f %0 is f32[N,5]{n16}; the processor takes blocks of 32: begin before \
        'assign-layouts', or choose with --cpu
        """)
    #expect(
      try refusal(entry("f32[N,5]", "%0 = neg %x : f32[N,5]")) == """
        no code can be made of this program: in entry @f %0 is f32[N,5]; kernels take blocks of images: run 'assign-layouts'
        """)
  }

  @Test func parametersAreFloats() throws {
    #expect(
      try refusal("module test\nparameter @w : bf16[3] init constant(0)") == """
        no code can be made of this program: @w is bf16[3]; parameters and state are f32
        """)
  }

  @Test(arguments: [("a.b", "f"), ("a", "f/g")]) func namesAreNamesInC(module: String, entry: String) throws {
    let text = "module \(module)\nentry @\(entry)(latent %x : f32[N]) {\n  return latent y = %x\n}"
    #expect(try refusal(text)?.hasSuffix("is no name in C; use letters, digits and '_'") == true)
  }
}
