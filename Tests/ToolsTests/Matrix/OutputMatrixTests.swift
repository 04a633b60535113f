import CommandLineTable
import Foundation
import Testing
import vaec
import vaerun

/// What holds of the output of every command that has an option for it.
@Suite struct OutputMatrixTests {
  private static let rows = vaecRows + vaerunRows

  private static func rows(withFlag flag: String) -> [CommandRow] {
    let tables = [VaecCommands.table, Vaerun.table]
    return rows.filter { row in
      let command = tables.first { $0.program == row.program }?.commands.first { $0.name == row.name }
      return command?.options.contains { $0.name == flag } == true
    }
  }

  @Test(arguments: rows(withFlag: "json")) func jsonIsAllThatIsPrinted(row: CommandRow) throws {
    try Workbench.with { folder in
      let line = row.line.replacing(" --quiet", with: "") + " --json"
      let run = try ProgramRun.tool(row.program, "\(row.name) \(line)", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let whole = try? JSONSerialization.jsonObject(with: Data(run.output.utf8))
      guard whole == nil else { return }
      for line in run.output.split(separator: "\n") {
        #expect(throws: Never.self, "\(line)") { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
      }
    }
  }

  @Test(arguments: rows(withFlag: "quiet")) func quietPrintsNothingButResults(row: CommandRow) throws {
    // What is asked for is printed, quiet or not.
    let results = [
      "vaec format small.vdl", "vaerun probe", "vaerun pca", "vaerun compare", "vaerun data list",
      "vaerun data info",
    ]
    try Workbench.with { folder in
      let run = try ProgramRun.tool(
        row.program, "\(row.name) \(row.line.replacing(" --quiet", with: "")) --quiet", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors == "")
      let isResult = results.contains { row.testDescription.hasPrefix($0) }
      #expect(isResult || run.output == "", "\(run.output)")
    }
  }

  /// `/dev/full` takes nothing; a command whose output is lost says so.
  @Test(arguments: rows) func outputThatIsLostIsAnError(row: CommandRow) throws {
    try Workbench.with { folder in
      let path = ProgramRun.path(of: row.program)
      let words = [path, row.name] + row.line.split(separator: " ").map(String.init)
      let run = try ProgramRun("/bin/sh", ["-c", "exec \"$0\" \"$@\" >/dev/full"] + words, in: folder)
      let printed = try ProgramRun.tool(row.program, "\(row.name) --help", in: folder).output
      #expect(printed.hasPrefix("\(row.command): "))
      let prints = !row.prints.isEmpty
      #expect(run.status == (prints ? 1 : 0), "\(run.errors)")
      if prints {
        #expect(
          run.errors == "\(row.program): error: cannot write the standard output: No space left on device\n")
      }
    }
  }
}
