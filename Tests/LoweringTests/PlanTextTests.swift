import Diagnostics
import IR
import Lowering
import Passes
import Testing
import VDL

/// What the compiler shows of its schedule and memory plan, on a model whose figures can be counted by hand.
@Suite struct PlanTextTests {
  private static let model = """
    model small {
      input x: image[1, 4, 4]
      encoder (x) -> z { z = x |> flatten |> dense(8) |> relu |> dense(2) }
      decoder (z) -> x { x = z |> dense(16) |> reshape(1, 4, 4) }
      minimize mse(x)
      train { optimizer: adam(rate: 1e-3), batch: 8, epochs: 1 }
    }
    """

  private let compiler: ModelCompiler
  private let module: Module

  init() throws {
    compiler = try ModelCompiler(target: try #require(TargetSelection.target("x86-64-v4")))
    let source = SourceText(name: "small.vdl", text: Self.model)
    module = try Pipeline.standard.run(try elaborate(source), options: PassOptions(blockImages: 32)).module
  }

  private func plan(_ entry: String) throws -> ModulePlan {
    var limited = module
    limited.entries = [try #require(module.entry(entry))]
    return try compiler.plan(limited)
  }

  @Test func theMemoryPlanNamesBuffersWithPlaceSizeAndLife() throws {
    // Bytes of a block: 32 images x 4 x the numbers of one.
    #expect(
      try plan("encode").memoryText == """
        entry @encode: arena = 0 + blocks * 3,072 bytes, a block for each 32 images
        each block     offset  bytes  alive  operation 0 ... 5
          decode_u8.0       0  2,048    0-2  ##############..........................
          z                 0    256    3-4  ....................#######.............
          dense.2       2,048  1,024    2-3  .............########...................
          3 buffers of 3,328 bytes in 3,072

        weights: 896 bytes, 202 numbers
        weights                     offset  bytes  type
          @encoder.z.dense0.weight       0    512  f32[8,16]
          @encoder.z.dense0.bias       512     64  f32[8]
          @encoder.z.dense1.weight     576     64  f32[2,8]
          @encoder.z.dense1.bias       640     64  f32[2]
          @decoder.x.dense0.weight     704    128  f32[16,2]
          @decoder.x.dense0.bias       832     64  f32[16]

        """)
  }

  @Test func theArenaIsTheManifests() throws {
    let output = try compiler.lower(module, source: [])
    let plan = try compiler.plan(module)
    #expect(output.manifest.weightsBytes == plan.weightsBytes)
    #expect(output.manifest.stateBytes == plan.stateBytes)
    for (entry, made) in zip(plan.entries, output.manifest.entries) {
      #expect(entry.memory.arena.sharedBytes == made.arena.fixedBytes, "\(made.name)")
      #expect(entry.memory.arena.blockBytes == made.arena.blockBytes, "\(made.name)")
      #expect(
        (entry.schedule + (entry.singleSchedule ?? [])).map(\.kernel.name)
          == output.schedules[made.name]?.map(\.kernel.name), "\(made.name)")
    }
  }

  @Test func trainingStateIsShownWhereAnEntryHasToDoWithIt() throws {
    #expect(try plan("train_step").memoryText.contains("\ntraining state: "))
    #expect(try !plan("encode").memoryText.contains("training state"))
  }

  @Test func theScheduleShowsKernelsBarriersTasksAndWork() throws {
    let text = try plan("encode").scheduleText
    let lines = text.split(separator: "\n")
    #expect(lines[0] == "entry @encode: 4 kernels, 3 barriers, 288 FLOPs of products an image")
    #expect(lines.contains("entry @encode for up to 8 images: 4 kernels, 3 barriers, a block is one image"))
    #expect(lines.filter { $0.allSatisfy { $0 == "-" } }.count == 6)
    #expect(text.contains("0_decode_u8"))
    #expect(
      lines.contains {
        $0.contains("256 an image")
          && $0.hasSuffix("%2 = dense %1, @encoder.z.dense0.weight, @encoder.z.dense0.bias")
      },
      "\(text)")
  }
}
