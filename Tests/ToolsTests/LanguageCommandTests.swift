import Datasets
import Foundation
import Testing
import VDL

/// `vaec check`, `format` and `new` as they are typed.
@Suite struct LanguageCommandTests {
  private static let right = """
    model a {
      input x: image[1, 28, 28]

      encoder (x) -> z {
        z = x |> flatten |> dense(8)
      }
      decoder (z) -> x {
        x = z |> dense(784) |> reshape(1, 28, 28)  // linear
      }
      minimize mse(x)
    }

    """
  private static let wrong = right.replacingOccurrences(of: "flatten", with: "flaten")
  private static let doubtful = right.replacingOccurrences(of: "  input", with: "  config c = 3\n  input")
  private static let odd = right.replacingOccurrences(of: " |> ", with: "|>")

  private func withFiles<T>(_ body: (String) throws -> T) throws -> T {
    try withTemporaryFolder { folder in
      for (name, text) in [
        ("right", Self.right), ("wrong", Self.wrong), ("doubtful", Self.doubtful), ("odd", Self.odd),
      ] {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).vdl"))
      }
      return try body(folder)
    }
  }

  private func vaec(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaec", line, in: folder)
  }

  private func text(_ name: String, in folder: String) throws -> String {
    try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
  }

  /// The compiler does not know the runner's data sets, only their names and what a model for them is like.
  @Test func modelsCanBeMadeForEveryDataSet() {
    #expect(StartingModel.data.map(\.name).sorted() == DatasetCatalog.names.sorted())
  }

  @Test func checkTellsErrorsAndWarningsApartByItsStatus() throws {
    try withFiles { folder in
      let right = try vaec("check right.vdl", in: folder)
      #expect(right.status == 0 && right.errors.isEmpty)
      #expect(right.output == "right.vdl: no errors\n")
      let doubtful = try vaec("check doubtful.vdl", in: folder)
      #expect(doubtful.status == 0)
      #expect(doubtful.output == "doubtful.vdl: 1 warning\n")
      #expect(
        doubtful.errors
          == "doubtful.vdl:2:10: warning: config 'c' is never used [unused-name]\n    config c = 3\n           ^\n"
      )
      let all = try vaec("check wrong.vdl right.vdl", in: folder)
      #expect(all.status == 1)
      #expect(all.output == "wrong.vdl: 1 error\nright.vdl: no errors\n")
      #expect(all.errors.hasPrefix("wrong.vdl:5:14: error: unknown layer 'flaten'\n"))
    }
  }

  @Test func checkPrintsLinesOfJSONForEditors() throws {
    try withFiles { folder in
      let run = try vaec("check --json right.vdl wrong.vdl doubtful.vdl", in: folder)
      #expect(run.status == 1 && run.errors.isEmpty)
      let lines = run.output.split(separator: "\n").map(String.init)
      #expect(lines.count == 2)
      let records = try lines.map {
        try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
      }
      #expect(records.map { $0["file"] as? String } == ["wrong.vdl", "doubtful.vdl"])
      #expect(records.map { $0["severity"] as? String } == ["error", "warning"])
      let range = try #require(records[0]["range"] as? [String: [String: Int]])
      #expect(range == ["start": ["line": 5, "column": 14], "end": ["line": 5, "column": 20]])
    }
  }

  @Test func checkTakesSettings() throws {
    try withFiles { folder in
      #expect(try vaec("check doubtful.vdl --set c=4", in: folder).status == 0)
      let run = try vaec("check doubtful.vdl --set d=4", in: folder)
      #expect(run.status == 1)
      #expect(run.errors == "vaec: error: the model has no config 'd' to set: it has: c\n")
    }
  }

  /// Every command that reads a model says once what is likely a mistake, and goes on.
  @Test(arguments: ["compile", "ir", "opt", "plan", "summary", "ir --after elaborate", "compile --emit asm"])
  func commandsShowWarningsOnce(command: String) throws {
    try withFiles { folder in
      let run = try vaec("\(command) doubtful.vdl", in: folder)
      #expect(run.status == 0)
      #expect(
        run.errors
          == "doubtful.vdl:2:10: warning: config 'c' is never used [unused-name]\n    config c = 3\n           ^\n"
      )
      let quiet = try vaec("\(command) doubtful.vdl --no-lint", in: folder)
      #expect(quiet.status == 0 && quiet.errors.isEmpty)
    }
  }

  @Test func checkLeavesWarningsOutOnRequest() throws {
    try withFiles { folder in
      let run = try vaec("check --no-lint doubtful.vdl wrong.vdl", in: folder)
      #expect(run.status == 1)
      #expect(run.output == "doubtful.vdl: no errors\nwrong.vdl: 1 error\n")
    }
  }

  @Test func aModelWithErrorsGivesNoWarnings() throws {
    try withFiles { folder in
      let both = Self.doubtful.replacingOccurrences(of: "flatten", with: "flaten")
      try Data(both.utf8).write(to: URL(fileURLWithPath: folder + "/both.vdl"))
      let run = try vaec("compile both.vdl", in: folder)
      #expect(run.status == 1)
      #expect(!run.errors.contains("warning"))
    }
  }

  @Test func formatPrintsTheCanonicalLayout() throws {
    try withFiles { folder in
      let run = try vaec("format odd.vdl", in: folder)
      #expect(run.status == 0 && run.errors.isEmpty)
      #expect(run.output == Self.right)
      #expect(try text("odd.vdl", in: folder) == Self.odd)
    }
  }

  @Test func formatInPlaceWritesWhatChanges() throws {
    try withFiles { folder in
      let run = try vaec("format -i odd.vdl right.vdl", in: folder)
      #expect(run.status == 0)
      #expect(run.output == "formatted odd.vdl\n")
      #expect(try text("odd.vdl", in: folder) == Self.right)
      #expect(try vaec("format --check odd.vdl", in: folder).status == 0)
    }
  }

  @Test func formatCheckNamesWhatIsNotFormatted() throws {
    try withFiles { folder in
      let run = try vaec("format --check odd.vdl right.vdl", in: folder)
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(run.errors == "vaec: error: not formatted: odd.vdl; 'vaec format --in-place' mends it\n")
    }
  }

  @Test func aFaultyTextIsLeftAlone() throws {
    try withFiles { folder in
      try Data("model a {\n  config b\n}\n".utf8).write(to: URL(fileURLWithPath: folder + "/faulty.vdl"))
      let run = try vaec("format -i faulty.vdl odd.vdl", in: folder)
      #expect(run.status == 1)
      #expect(run.errors.hasPrefix("faulty.vdl:2:11: error: expected '=' and a number after 'b'"))
      #expect(try text("faulty.vdl", in: folder) == "model a {\n  config b\n}\n")
      #expect(try text("odd.vdl", in: folder) == Self.right)
    }
  }

  @Test(arguments: ["", "--kind ae", "--layers dense", "--kind ae --layers dense --data fashion-mnist"])
  func newWritesAModelThatChecks(options: String) throws {
    try withTemporaryFolder { folder in
      let run = try vaec("new first \(options)", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.hasPrefix("wrote first.vdl\nnext: vaerun train first.vdl --data "))
      #expect(try vaec("check first.vdl", in: folder).output == "first.vdl: no errors\n")
      #expect(try vaec("format --check first.vdl", in: folder).status == 0)
    }
  }

  @Test(arguments: [
    ("new right", 1, "right.vdl exists: choose another name, or remove it"),
    ("new 3d", 1, "'3d' cannot be the name of a model: give letters, digits and _, the first not a digit"),
    ("new model", 1, "'model' is a keyword of the language: give the model another name"),
    ("new none/a", 1, "cannot write none/a.vdl: the folder does not exist: create it first"),
    ("new a --kind x", 2, "--kind takes vae or ae, not 'x': see 'vaec new --help'"),
    ("check nothing.vdl", 1, "cannot read nothing.vdl: there is no such file"),
    ("format --check -i right.vdl", 2, "--check and --in-place exclude each other: give one of them"),
  ])
  func mistakesHaveTheirTextAndStatus(_ line: String, _ status: Int32, _ message: String) throws {
    try withFiles { folder in
      let run = try vaec(line, in: folder)
      #expect(run.status == status)
      #expect(run.errors == "vaec: error: \(message)\n")
    }
  }
}
