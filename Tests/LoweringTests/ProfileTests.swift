import Foundation
import IR
import LLVM
import Lowering
import Runtime
import Testing

/// What the code tells profilers, and what the runner makes of it.
@Suite struct ProfileTests {
  @Test(arguments: [("train_step", 33), ("encode", 33), ("encode", 1)])
  func everyWorkerTellsOfEachKernelInOrder(name: String, images: Int) throws {
    let native = try ModelFixture.densevae.native()
    let values = try ModelFixture.densevae.values(name, images: images)
    let team = TurnTakingTeam(workers: 2, isProfiled: true)
    let made = try native.call(name, values, team: team)
    #expect(made.bits == (try native.call(name, values).bits), "being watched changes no bit")
    let schedule = try #require(native.schedules[name])
    let isForFewImages = schedule.map { $0.kernel.name.contains(".one.") }
    #expect(isForFewImages.contains(true) == (name == "encode"))
    let ran = schedule.indices.filter { isForFewImages[$0] == (images == 1) }
    for worker in 0..<2 {
      let told = team.kernelEvents.filter { $0.worker == worker }
      let wanted = ran.flatMap { kernel in
        [false, true].map { TurnTakingTeam.KernelEvent(worker: worker, kernel: kernel, isEnd: $0) }
      }
      #expect(told == wanted)
    }
  }

  @Test(arguments: ModelFixture.allCases)
  func kernelsAreListedWithTheirWork(model: ModelFixture) throws {
    let native = try model.native()
    for entry in native.module.entries {
      let listed = try native.compiled.kernels(of: entry.name)
      let schedule = try #require(native.schedules[entry.name])
      let prefix = "\(model.rawValue)_\(entry.name)."
      #expect(listed.map { prefix + $0.name } == schedule.map(\.kernel.name))
      for isForFewImages in Set(listed.map(\.isForFewImages)) {
        let products = listed.filter { $0.isProduct && $0.isForFewImages == isForFewImages }
        #expect(Int(products.reduce(0) { $0 + $1.perImage.flops }) == entry.productFlopsPerImage)
      }
      let lines = native.program.split(separator: "\n", omittingEmptySubsequences: false)
      for (kernel, scheduled) in zip(listed, schedule) {
        guard let operation = scheduled.operation else { continue }
        #expect(lines[kernel.line - 1].contains(" = \(entry.operations[operation].name)"))
      }
    }
    guard native.module.training.optimizer == "adam" else { return }
    // The optimizer reads parameter, gradient and moments, and writes all but the gradient: seven floats a weight.
    let adam = try #require(try native.compiled.kernels(of: "train_step").first { $0.name.hasSuffix("_map3") })
    #expect(adam.perImage.bytes == 0)
    #expect((adam.perCall.bytes / 28).rounded(.down) > 0)
  }

  @Test(arguments: [1, 2])
  func timesOfKernelsAddUpToNoMoreThanTheCalls(threads: Int) throws {
    let native = try ModelFixture.densevae.native()
    let bench = try BenchmarkCase(native.compiled, entry: "train_step", images: 40, threads: threads)
    let (kernels, call) = try bench.measureKernels(seconds: 0.02)
    #expect(kernels.count == native.schedules["train_step"]?.count)
    #expect(kernels.allSatisfy { $0 >= 0 } && kernels.contains { $0 > 0 })
    #expect(kernels.reduce(0, +) <= call)
  }

  @Test func everyEntryCanBeMeasured() throws {
    for model in ModelFixture.allCases {
      for entry in model.entries {
        let bench = try BenchmarkCase(try model.native().compiled, entry: entry, images: 3, threads: 1)
        #expect(try bench.measure(seconds: 0) > 0, "\(model) \(entry)")
        #expect(bench.productFlops > 0)
        #expect(bench.bytes > 0)
        #expect(bench.workingSet > 0)
      }
    }
  }

  @Test func theMachinesPeakIsMeasured() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/peak.so"
      try Lowering.MachineProbe.write(for: .host, to: path)
      #expect(try output(of: "nm", "-D", "-u", path) == "")
      let probe = try Runtime.MachineProbe(path: path)
      for threads in [1, 2] {
        // A hundredth of what any processor with FMA does, and more than any will.
        let flops = try probe.flopsPerSecond(threads: threads, seconds: 0.002)
        #expect(flops > 1e8 && flops < 1e14)
        let bytes = try probe.bytesPerSecond(threads: threads, workingSet: 1 << 16, seconds: 0.002)
        #expect(bytes > 1e7 && bytes < 1e14)
      }
    }
  }

  @Test func whatIsNoProbeIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/other.so"
      #expect(
        errorText { _ = try Runtime.MachineProbe(path: path) }.hasPrefix("cannot load \(path): "))
      try ModelFixture.densevae.native().library.write(to: URL(fileURLWithPath: path))
      #expect(
        errorText { _ = try Runtime.MachineProbe(path: path) }
          == "\(path) has no function vaec_probe_version: compile the model again")
    }
  }

  @Test func processorsWithoutFMAHaveNoProbe() {
    let target = LLVMTarget(triple: "x86_64-unknown-linux-gnu", cpu: "x86-64-v2", features: ["+sse4.2"])
    #expect(throws: TargetError.self) { try Lowering.MachineProbe.write(for: target, to: "/nowhere/peak.so") }
  }
}
