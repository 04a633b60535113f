import Artifact
import CModel
import Foundation
import IR
import LLVM
import Lowering
import Passes
import Testing
import VDL

/// What an artifact promises to programs that are not ours.
@Suite struct InterfaceTests {
  /// Artifacts that between them hold every kernel.
  private static func artifacts() throws -> [NativeModule] {
    try TestTarget.available.flatMap { target in
      [
        try ModelFixture.convvae.native(target), try OpTests.libraries.native(target),
        try ProductTests.convolutions.native(target),
      ]
    } + [try ModelFixture.densevae.native(), try ModelFixture.convae.native()]
  }

  @Test func artifactsNeedNothingFromOtherLibraries() throws {
    for native in try Self.artifacts() {
      try withTemporaryFolder { folder in
        let path = "\(folder)/model.so"
        try native.library.write(to: URL(fileURLWithPath: path))
        #expect(try output(of: "nm", "-D", "-u", path) == "", "\(native.manifest.name), \(native.target)")
      }
    }
  }

  @Test func artifactsExportNothingButTheInterface() throws {
    let native = try ModelFixture.convvae.native()
    try withTemporaryFolder { folder in
      let path = "\(folder)/model.so"
      try native.library.write(to: URL(fileURLWithPath: path))
      let names = try output(of: "nm", "-D", "--defined-only", "-j", path).split(separator: "\n").map(
        String.init)
      let queries = ["convvae_abi_version", "convvae_cpu_features", "convvae_digest", "convvae_kernels"]
      #expect(names.sorted() == (native.manifest.entries.map(\.symbol) + queries).sorted())
    }
  }

  @Test(arguments: TestTarget.available)
  func queriesAnswerBeforeTheFirstCall(target: TestTarget) throws {
    let native = try ModelFixture.convvae.native(target)
    typealias Text = @convention(c) () -> UnsafePointer<CChar>
    let version = try native.symbol("convvae_abi_version", as: (@convention(c) () -> UInt32).self)
    let features = try native.symbol("convvae_cpu_features", as: Text.self)
    let digest = try native.symbol("convvae_digest", as: Text.self)
    #expect(version() == UInt32(Manifest.currentABI))
    #expect(String(cString: digest()) == native.manifest.digest)
    let named = String(cString: features()).split(separator: ",").map(String.init)
    #expect(named == native.manifest.target.features)
    #expect(LLVMTarget.host.architecture != .x86 || named.contains("fma"))
  }

  @Test func everyInstructionSetThatCodeMayUseIsNamed() throws {
    let target = try #require(TargetSelection.target("x86-64-v3"))
    let module = try ModelFixture.densevae.optimized(for: .avx2)
    let output = try ModelCompiler(target: target).lower(module, source: [])
    #expect(
      output.manifest.target.features == [
        "avx", "avx2", "bmi", "bmi2", "f16c", "fma", "lzcnt", "movbe", "popcnt", "sse3", "sse4.1", "sse4.2",
        "ssse3",
      ])
  }

  @Test(arguments: [Int64(0), -1, .min])
  func callsWithoutImagesAreRefused(count: Int64) throws {
    let native = try ModelFixture.convvae.native()
    for entry in native.manifest.entries {
      var call = vaec_call(
        weights: nil, state: nil, arena: nil, count: count, inputs: nil, outputs: nil, executor: nil)
      #expect(try native.function(entry.symbol)(&call) == 1, "\(entry.name)")
    }
  }

  @Test(arguments: TestTarget.available)
  func denormalsAreZeroDuringACallAndOnlyThen(target: TestTarget) throws {
    let native = try OpTests.libraries.native(target)
    let row = HostTensor(shape: [1, 3, 5], data: Array(repeating: 1e-20, count: 15))
    let values = EntryValues(arguments: ["a": row, "b": row], images: 1)
    let team = TurnTakingTeam(workers: 2)
    for team in [nil, team] {
      let product = try native.call("mul", values, team: team).results[.latent("y")]
      #expect(product == Array(repeating: 0, count: 15), "1e-40 is a denormal number")
      #expect(!denormalsAreFlushed())
    }
    #expect(team.workersLeftFlushing.isEmpty)
  }

  @Test func processorsWithoutFMAAreRefused() {
    let target = LLVMTarget(triple: "x86_64-unknown-linux-gnu", cpu: "x86-64-v2", features: ["+sse4.2"])
    #expect(
      errorText { _ = try ModelCompiler(target: target) }
        == "no code can be made for the processor 'x86-64-v2': it lacks FMA, which every x86-64 processor since 2013 "
        + "has; choose another with --cpu")
  }
}
