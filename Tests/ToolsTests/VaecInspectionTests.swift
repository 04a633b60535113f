import CommandLineTable
import Foundation
import Testing
import vaec

/// The commands that show what the compiler does, by what they print.
@Suite struct VaecInspectionTests {
  private static let model = """
    model small {
      input x: image[1, 4, 4]
      encoder (x) -> z { z = x |> flatten |> dense(8) |> relu |> dense(2) }
      decoder (z) -> x { x = z |> dense(16) |> reshape(1, 4, 4) }
      minimize mse(x)
      train { optimizer: adam(rate: 1e-3), batch: 8, epochs: 1 }
    }
    """

  private func withModel<T>(_ body: (String) throws -> T) throws -> T {
    try withTemporaryFolder { folder in
      try Data(Self.model.utf8).write(to: URL(fileURLWithPath: folder + "/small.vdl"))
      return try body(folder)
    }
  }

  private func vaec(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaec", line, in: folder)
  }

  private func text(_ name: String, in folder: String) throws -> String {
    try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
  }

  @Test func passesGoOnFromTheDumpOfAnyPhase() throws {
    try withModel { folder in
      let line = "compile small.vdl --emit ir --cpu x86-64-v4 --precision bf16 --dump-ir dumps -o last.vir"
      let compiled = try vaec(line, in: folder)
      #expect(compiled.status == 0, "\(compiled.errors)")
      let last = try text("last.vir", in: folder)
      for name in try FileManager.default.contentsOfDirectory(atPath: folder + "/dumps").sorted() {
        let line = "opt dumps/\(name) --start-after \(name.dropLast(4)) --cpu x86-64-v4 --precision bf16"
        let rest = try vaec(line, in: folder)
        #expect(rest.output == last, "\(name): \(rest.errors)")
      }
      let shapes = try vaec("opt dumps/01-elaborate.vir --stop-after infer-shapes", in: folder)
      #expect(shapes.output == (try text("dumps/02-infer-shapes.vir", in: folder)))
      let listed = try vaec("opt dumps/01-elaborate.vir --passes infer-shapes,simplify", in: folder)
      #expect(listed.output == (try text("dumps/03-simplify.vir", in: folder)))
      let relaid = try vaec("opt last.vir --passes simplify --block-images 8", in: folder)
      #expect(relaid.output == last, "simplify has nothing left to do")
    }
  }

  @Test func precisionIsChosenForTrainingAlone() throws {
    try withModel { folder in
      let narrow = try vaec("ir small.vdl --precision bf16", in: folder).output
      #expect(narrow.contains("= to_bf16 @encoder.z.dense0.weight : bf16[8,16]"), "\(narrow)")
      let encode = try vaec("ir small.vdl --precision bf16 --entry encode", in: folder)
      #expect(encode.status == 0 && !encode.output.contains("bf16"))
      #expect(try !vaec("ir small.vdl", in: folder).output.contains("bf16"))
      let passes = try vaec("opt small.vdl --passes infer-shapes --precision bf16", in: folder)
      #expect(passes.status == 2)
      #expect(passes.errors.contains("--precision chooses among the compiler's passes"), "\(passes.errors)")
    }
  }

  @Test func mistakesInAProgramAreShownInItsText() throws {
    try withModel { folder in
      _ = try vaec("ir small.vdl --after infer-shapes -o right.vir", in: folder)
      let wrong = try text("right.vir", in: folder).replacing(": f32[N,8] ", with: ": f32[N,9] ")
      try Data(wrong.utf8).write(to: URL(fileURLWithPath: folder + "/wrong.vir"))
      let run = try vaec("opt wrong.vir --passes simplify", in: folder)
      #expect(run.status == 1)
      #expect(run.output.isEmpty)
      let error = #/wrong\.vir:(\d+):(\d+): error: in entry @train_step: /#
      let place = try #require(run.errors.firstMatch(of: error))
      let lines = wrong.split(separator: "\n", omittingEmptySubsequences: false)
      let line = lines[try #require(Int(place.output.1)) - 1]
      #expect(line.contains("dense"), "\(line)")
    }
  }

  /// What a pass finds in a program's text is shown there, too, though its operations come from the model.
  @Test func mistakesThatAPassFindsAreShownInTheProgramsText() throws {
    try withModel { folder in
      _ = try vaec("ir small.vdl --after elaborate -o right.vir", in: folder)
      let wrong = try text("right.vir", in: folder).replacing("f32[8,?]", with: "f32[8,17]")
      try Data(wrong.utf8).write(to: URL(fileURLWithPath: folder + "/wrong.vir"))
      let run = try vaec("opt wrong.vir", in: folder)
      #expect(run.status == 1)
      let error = /wrong\.vir:\d+:\d+: error: 'dense' with weights f32\[8,17\] does not fit/
      #expect(run.errors.contains(error), "\(run.errors)")
    }
  }

  @Test func reportsGoToStandardErrorAndTheTextToStandardOutput() throws {
    try withModel { folder in
      let plain = try vaec("ir small.vdl --entry encode", in: folder)
      let watched = try vaec(
        "ir small.vdl --entry encode --print-changed --statistics --time-passes --verify-roundtrip", in: folder)
      #expect(watched.status == 0, "\(watched.errors)")
      #expect(watched.output == plain.output)
      #expect(plain.errors.isEmpty)
      #expect(watched.errors.contains("*** fuse-convolution: unchanged\n"))
      #expect(watched.errors.contains("*** fuse-dense: "))
      #expect(watched.errors.contains(/\n\+ .* = dense .*epilogue = relu/))
      #expect(!watched.errors.contains("entry @train_step"))
      #expect(watched.errors.contains(/\ninfer-shapes +\d+ +\d+ +\d+ types inferred\n/))
      #expect(watched.errors.contains(/\ntotal +\d+\.\d\d ms +100\.0 %\n/))
    }
  }

  @Test func everyStageOfACompilationIsTimed() throws {
    try withModel { folder in
      let run = try vaec("compile small.vdl --time-passes", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let stages = run.errors.split(separator: "\n").compactMap { $0.split(separator: "  ").first }.map(
        String.init)
      for stage in ["parse", "elaborate", "infer-shapes", "lowering", "LLVM", "link", "total"] {
        #expect(stages.contains(stage), "\(stage) in \(run.errors)")
      }
    }
  }

  @Test(arguments: [
    ("ast", "ModelSyntax 1:1-7:2\n"), ("ir", "module small\n"), ("schedule", "entry @decode: "),
    ("plan", "entry @decode: arena = "), ("llvm", "; ModuleID = 'small'\n"), ("asm", "\t.file\t\"small\"\n"),
    ("obj", "\u{7F}ELF"),
  ])
  func everyFormCanBeWritten(form: String, beginning: String) throws {
    try withModel { folder in
      // The tree is the whole model's.
      let line = "compile small.vdl --emit \(form)" + (form == "ast" ? "" : " --entry decode")
      let file = try vaec(line + " -o out", in: folder)
      #expect(file.status == 0 && file.output.isEmpty, "\(file.errors)")
      let bytes = try #require(FileManager.default.contents(atPath: folder + "/out"))
      #expect(bytes.starts(with: Data(beginning.utf8)), "\(String(decoding: bytes.prefix(80), as: UTF8.self))")
      guard form != "obj" else { return }
      #expect(try vaec(line, in: folder).output == text("out", in: folder))
      #expect(!FileManager.default.fileExists(atPath: folder + "/build"))
    }
  }

  @Test func onlyTheEntryThatIsAskedForIsMadeCodeOf() throws {
    try withModel { folder in
      let assembly = try vaec("compile small.vdl --emit asm --entry decode", in: folder).output
      #expect(assembly.contains("small_decode:"))
      #expect(!assembly.contains("small_encode:"))
    }
  }

  @Test func theSummaryTellsShapesParametersAndWork() throws {
    try withModel { folder in
      let run = try vaec("summary small.vdl --cpu x86-64-v4", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.hasPrefix("small: 202 parameters; image x u8[N,1,4,4]; latent z f32[N,2]\n"))
      #expect(
        run.output.contains(/\nencoder\.z\.dense0 +dense \+ bias \+ relu +8 +136 +256\n/), "\(run.output)")
      #expect(run.output.contains("\n  forward   352 FLOP an image\n"))
      #expect(run.output.contains(/\nencode +\d+ +288 +0 B +3\.07 kB +3\.07 kB\n/), "\(run.output)")
      let plan = try vaec("plan small.vdl --entry encode --cpu x86-64-v4", in: folder)
      #expect(plan.output.hasPrefix("entry @encode: arena = 0 + blocks * 3,072 bytes, "), "\(plan.output)")
    }
  }

  @Test func aGraphIsWrittenAsTextAndDrawnWhereGraphvizIs() throws {
    try withModel { folder in
      let graph = try vaec("ir small.vdl --entry encode --format dot", in: folder)
      #expect(graph.output.hasPrefix("digraph \"small\" {\n"))
      #expect(try vaec("ir small.vdl --entry encode -o graph.dot", in: folder).status == 0)
      #expect(try text("graph.dot", in: folder) == graph.output)
      let drawn = try vaec("ir small.vdl --entry encode -o graph.svg", in: folder)
      if drawn.status == 0 {
        #expect(try text("graph.svg", in: folder).contains("<svg"))
      } else {
        #expect(
          drawn.errors == """
            vaec: error: cannot draw graph.svg: there is no 'dot' on the PATH; install graphviz, or write the graph as text \
            with -o NAME.dot

            """)
      }
    }
  }

  /// Shells offer the entries by a list of names, which is not made from the compiler's.
  @Test func everyEntryOfAModelIsOffered() throws {
    let offered = VaecCommands.table.commands.flatMap(\.options).compactMap { option -> [String]? in
      guard option.name == "entry", case .words(let words) = option.completion else { return nil }
      return words
    }
    try withTemporaryFolder { folder in
      #expect(try vaec("new a --kind vae --layers dense", in: folder).status == 0)
      let text = try vaec("ir a.vdl --after elaborate", in: folder).output
      let entries = text.matches(of: /\nentry @(\w+)\(/).map { String($0.1) }
      #expect(!entries.isEmpty && !offered.isEmpty)
      for words in offered { #expect(words == entries) }
    }
  }

  @Test(arguments: [
    ("opt small.vdl --passes fuse-desne", "there is no pass 'fuse-desne'; did you mean 'fuse-dense'?", 1),
    (
      "opt small.vdl --start-after simplify --stop-after infer-shapes",
      "the phase 'infer-shapes' does not come behind 'simplify'", 1
    ),
    (
      "opt small.vdl --passes fuse-dense",
      "'fuse-dense' needs the types of all values: run 'infer-shapes' before it", 1
    ),
    ("plan small.vdl --entry encoder", "the model has no entry 'encoder'; it has train_step, ", 1),
    ("ir folder", "cannot read folder: it is a folder: name a file", 1),
    ("compile small.vdl --emit ast -o none/out", "cannot write none/out: the folder does not exist", 1),
    ("compile other.vir --emit ast", "other.vir is a program, which has no syntax tree: give a .vdl file", 1),
    (
      "compile small.vdl --entry encode -o model",
      "--entry is for --emit: a compiled model has all entries: leave it out, or write --emit", 2
    ),
    ("compile small.vdl --emit tree", "--emit takes ast, ir, schedule, plan, llvm, asm or obj, not 'tree'", 2),
    ("opt small.vdl --block-images 0", "--block-images takes a whole number from 1 to 4096, not '0'", 2),
  ])
  func mistakesAreExplainedInOneLine(line: String, error: String, status: Int32) throws {
    try withModel { folder in
      try FileManager.default.createDirectory(atPath: folder + "/folder", withIntermediateDirectories: true)
      try Data("module m\n".utf8).write(to: URL(fileURLWithPath: folder + "/other.vir"))
      let run = try vaec(line, in: folder)
      #expect(run.status == status)
      #expect(run.errors.hasPrefix("vaec: error: \(error)"), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1)
      #expect(run.output.isEmpty)
    }
  }
}
