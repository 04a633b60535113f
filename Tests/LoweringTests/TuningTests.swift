import Artifact
import Diagnostics
import Foundation
import IR
import Kernels
import LLVM
import Lowering
import Passes
import Runtime
import Testing
import Tuning
import VDL

/// Choice by measurement: what is found is usable, kept, and taken again; the time is kept.
@Suite struct TuningTests {
  private static let text = """
    model tuned {
      input x: image[1, 12, 12]
      encoder (x) -> z {
        z = x |> conv(12, kernel: 3, stride: 2, pad: 1) |> relu |> flatten |> dense(30)
      }
      decoder (z) -> x { x = z |> dense(144) |> reshape(1, 12, 12) }
      minimize mse(x)
      train { optimizer: adam(rate: 1e-3), batch: 32, epochs: 1 }
    }
    """

  private let compiler: ModelCompiler
  private let module: Module

  init() throws {
    compiler = try ModelCompiler(target: .host)
    let source = SourceText(name: "tuned.vdl", text: Self.text)
    let options = PassOptions(blockImages: compiler.target.blockImages)
    module = try Pipeline.standard.run(try elaborate(source), options: options).module
  }

  private func tuner(_ cache: TuningCache?, seconds: Double = 60) -> Tuner {
    var tuner = Tuner(compiler, module, seconds: seconds, threads: [1], cache: cache)
    tuner.trialSeconds = 0.001
    return tuner
  }

  private func files(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder + "/tuning").sorted().map {
      "\(folder)/tuning/\($0)"
    }
  }

  @Test func whatWasMeasuredIsKeptAndTakenAgain() throws {
    try withTemporaryFolder { folder in
      let cache = TuningCache(folder: folder, target: compiler.target)
      let first = try tuner(cache).run()
      #expect(first.products.count > 3 && first.trials > 1 && first.remaining == 0)
      #expect(first.notes.isEmpty, "\(first.notes)")
      #expect(first.text.contains("conv2d_weight_gradient 1x12x12 to 12x6x6, kernel 3x3"), "\(first.text)")
      let again = try tuner(cache).run()
      #expect(again.trials == 0)
      #expect(again.schedules == first.schedules)
      #expect(again.text.contains("all of it was measured before"), "\(again.text)")

      // What was chosen compiles, and the manifest has it.
      var compiler = compiler
      compiler.chosenSchedules = first.schedules
      let schedule = try #require(try compiler.lower(module, source: []).manifest.schedule)
      #expect(Set(schedule.map(\.product)) == Set(first.schedules.keys))
      #expect(schedule.allSatisfy { first.schedules[$0.product]?.named == $0.knobs })

      // Another processor's, and another compiler's, do not count.
      for other in [
        TuningCache(folder: folder, target: compiler.target, processor: "another"),
        TuningCache(folder: folder, target: compiler.target, compiler: "another"),
      ] {
        let tuning = try tuner(other, seconds: 0.001).run()
        #expect(tuning.products.allSatisfy { $0.measurements.isEmpty })
      }
    }
  }

  /// A file of the cache with other content, as another program may have left it.
  private func rewrite(_ file: String, _ change: (inout [String: Any]) -> Void) throws {
    let url = URL(fileURLWithPath: file)
    var json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any])
    var content = try #require(json["content"] as? [String: Any])
    change(&content)
    json["content"] = content
    try JSONSerialization.data(withJSONObject: json).write(to: url)
  }

  /// What another program has not confirmed is confirmed here; choices count for this program only when they have been measured
  /// together in it, and what that showed is kept.
  @Test func choicesOfAnotherProgramAreConfirmedAndComparedTogether() throws {
    try withTemporaryFolder { folder in
      let cache = TuningCache(folder: folder, target: compiler.target)
      _ = try tuner(cache).run()
      var (measured, whole) = (0, "")
      for file in try files(folder) {
        try rewrite(file) { content in
          guard var measurements = content["measurements"] as? [[String: Any]] else {
            content["comparisons"] = []
            whole = file
            return
          }
          guard !measurements.isEmpty else { return }
          measured += 1
          measurements[0]["ratio"] = 0.5
          content["measurements"] = measurements
          content["confirmations"] = measured == 1 ? [] : [measurements[0]]
        }
      }
      #expect(measured > 1 && !whole.isEmpty)
      let tuning = try tuner(cache).run()
      #expect(tuning.notes.isEmpty && tuning.remaining == 0)
      // One to confirm at least, one of all together.
      #expect(tuning.trials > 1)
      let ratio = try #require(tuning.wholeRatio)
      #expect(tuning.products.contains { $0.chosen != $0.standard } == (ratio < 1))
      let again = try tuner(cache).run()
      #expect(again.trials == 0 && again.wholeRatio == ratio)
      #expect(again.schedules == tuning.schedules)

      // Where they were slower together, they are left.
      try rewrite(whole) { content in
        guard var comparisons = content["comparisons"] as? [[String: Any]] else { return }
        for index in comparisons.indices { comparisons[index]["ratio"] = 1.25 }
        content["comparisons"] = comparisons
      }
      let slower = try tuner(cache).run()
      #expect(slower.trials == 0 && slower.products.allSatisfy { $0.chosen == $0.standard })
      #expect(slower.text.contains("was not so together, and is left"), "\(slower.text)")
      // And where there is no time to find out.
      try rewrite(whole) { $0["comparisons"] = [] }
      let hurried = try tuner(cache, seconds: 0.001).run()
      #expect(hurried.isUnconfirmed && hurried.products.allSatisfy { $0.chosen == $0.standard })
      #expect(hurried.text.contains("no time to measure what was faster all together"), "\(hurried.text)")
    }
  }

  @Test func damagedFilesOfTheCacheAreMeasuredAnew() throws {
    try withTemporaryFolder { folder in
      let cache = TuningCache(folder: folder, target: compiler.target)
      _ = try tuner(cache, seconds: 0.001).run()
      let kept = try files(folder)
      #expect(kept.count > 3)
      try Data("{".utf8).write(to: URL(fileURLWithPath: kept[0]))
      try FileManager.default.removeItem(atPath: kept[1])
      try FileManager.default.copyItem(atPath: kept[2], toPath: kept[1])
      let notes = try tuner(cache, seconds: 0.001).run().notes
      #expect(
        notes == [kept[0], kept[1]].map { "\($0) is damaged and is measured anew" }.sorted()
          || Set(notes).count == 2)
      #expect(notes.allSatisfy { $0.hasSuffix(" is damaged and is measured anew") })
      #expect(try tuner(cache, seconds: 0.001).run().notes.isEmpty)
    }
  }

  @Test func aCacheThatCannotBeWrittenIsNoted() throws {
    try withTemporaryFolder { folder in
      try Data().write(to: URL(fileURLWithPath: folder + "/file"))
      let cache = TuningCache(folder: folder + "/file", target: compiler.target)
      let tuning = try tuner(cache, seconds: 0.001).run()
      #expect(tuning.notes.count == 1)
      #expect(tuning.notes[0].hasPrefix("what was measured is not kept: cannot write \(folder)/file"))
    }
  }

  /// Nothing is begun that does not end in time; the rules' schedules are taken, and the next time goes on.
  @Test func theTimeIsKept() throws {
    try withTemporaryFolder { folder in
      let cache = TuningCache(folder: folder, target: compiler.target)
      let hurried = try tuner(cache, seconds: 0.001).run()
      #expect(hurried.trials == 0 && hurried.remaining > 0)
      let rules = ScheduleRules(compiler.target)
      for tuned in hurried.products { #expect(tuned.chosen == rules.standard(tuned.product.shape)) }
      #expect(hurried.text.contains("there was no time for \(hurried.remaining) candidates"), "\(hurried.text)")
      let start = ContinuousClock.now
      _ = try tuner(cache, seconds: 1).run()
      #expect(ContinuousClock.now - start < .seconds(20))
      #expect(try tuner(cache).run().remaining == 0)
    }
  }

  @Test func codeThatDoesNotRunHereIsNotMeasured() throws {
    let wide = try #require(TargetSelection.target("x86-64-v4"))
    let missing = Machine.current.missing(of: TargetSelection.requiredFeatures(wide))
    guard !missing.isEmpty else { return }
    let compiler = try ModelCompiler(target: wide)
    let error = #expect(throws: TuningError.self) {
      try Tuner(compiler, module, seconds: 1, threads: [1], cache: nil).run()
    }
    #expect(error.map { "\($0)" }?.hasPrefix("--tune measures on this machine, which lacks avx512") == true)
  }
}
