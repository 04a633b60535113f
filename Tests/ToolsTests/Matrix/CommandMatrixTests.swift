import Artifact
import CommandLineTable
import Foundation
import Testing
import vaec
import vaerun

/// Every command of both programs with good input and with each kind of bad input: what it prints and writes, the one line that
/// says what is wrong, the status, and that nothing half-made is left behind.
@Suite struct CommandMatrixTests {
  private static let rows = vaecRows + vaerunRows
  private static let tables = [VaecCommands.table, Vaerun.table]

  @Test func everyCommandHasARow() {
    for table in Self.tables {
      let commands = table.commands.map { "\(table.program) \($0.name)" }
      let rows = Set(Self.rows.filter { $0.program == table.program }.map(\.command))
      for command in commands where !rows.contains(command) {
        Issue.record("\(command) needs a row in Tests/ToolsTests/Matrix")
      }
      #expect(rows.isSubset(of: commands))
    }
  }

  @Test(arguments: rows) func goodInputDoesWhatTheRowSays(row: CommandRow) throws {
    try Workbench.with { folder in
      let before = try FileTree(folder)
      let run = try ProgramRun.tool(row.program, "\(row.name) \(row.line)", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors == "")
      for text in row.prints { #expect(run.output.contains(text), "\(run.output)") }
      let written = try FileTree(folder).changed(since: before)
      for path in written {
        let isNamed = row.writes.keys.contains { $0 == path || $0.hasSuffix("/") && path.hasPrefix($0) }
        #expect(isNamed, "\(path) is written")
      }
      for (path, form) in row.writes {
        #expect(written.contains { $0 == path || $0.hasPrefix(path) && path.hasSuffix("/") }, "\(path)")
        try check(folder + "/" + path, form)
      }
    }
  }

  private func check(_ path: String, _ form: FileForm) throws {
    if case .folder = form { return }
    let data = try readFile(path)
    switch form {
    case .png:
      #expect(data.starts(with: [0x89, 0x50, 0x4E, 0x47]) && data.suffix(8).starts(with: Data("IEND".utf8)))
    case .safetensors: _ = try SafetensorsReader(path)
    case .json: _ = try JSONSerialization.jsonObject(with: data)
    case .csv:
      let widths = Set(
        String(decoding: data, as: UTF8.self).split(separator: "\n").map { $0.split(separator: ",").count })
      #expect(widths.count == 1, "\(path)")
    case .npy: #expect(data.starts(with: Data("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) })))
    case .npz: #expect(data.starts(with: Data("PK".utf8)))
    case .sharedObject: #expect(data.starts(with: Data("\u{7F}ELF".utf8)))
    case .text: #expect(!data.isEmpty && String(data: data, encoding: .utf8) != nil)
    case .bytes: #expect(!data.isEmpty)
    case .folder: break
    }
  }

  @Test(arguments: rows.filter { !$0.inputs.isEmpty }) func damagedInputIsNamedInOneLine(row: CommandRow) throws
  {
    for input in row.inputs {
      for damage in Damage.all(input) {
        try Workbench.with { folder in
          try damage.apply(folder + "/" + input.path)
          if input.copes.contains(damage.name) {
            let run = try ProgramRun.tool(row.program, "\(row.name) \(row.line)", in: folder)
            #expect(run.status == 0, "\(input.path): \(damage.name)\n\(run.errors)")
            return
          }
          var mayBeLong = false
          if case .text = input.kind { mayBeLong = true }
          try expectMistake(
            row, row.line, in: folder, names: input.path, mayBeLong: mayBeLong, "\(input.path): \(damage.name)")
        }
      }
    }
  }

  /// Places that nothing can be written to, also not by the superuser.
  @Test(arguments: rows.filter { $0.output != nil }) func aPlaceThatCannotBeWrittenIsNamed(row: CommandRow)
    throws
  {
    let output = try #require(row.output)
    var words = row.line.split(separator: " ").map(String.init)
    if let place = words.firstIndex(of: output.option) { words.removeSubrange(place...place + 1) }
    try Workbench.with { folder in
      let name = "out" + output.suffix
      try makeFolder(folder + "/taken/" + name)
      var places = ["small.vdl/" + name, "/proc/" + name]
      // A command that writes into a folder may use one that is there, and may make one.
      if !output.suffix.isEmpty { places += ["none/" + name, "taken/" + name] }
      for place in places {
        let line = (words + [output.option, place]).joined(separator: " ")
        try expectMistake(row, line, in: folder, names: place, "\(place)")
      }
    }
  }

  @Test(arguments: rows.filter { !$0.mistakes.isEmpty }) func mistakesAreNamedInOneLine(row: CommandRow) throws
  {
    try Workbench.with { folder in
      for mistake in row.mistakes {
        try expectMistake(
          row, mistake.line, in: folder, names: mistake.message, status: mistake.status, mayBeLong: true,
          mistake.line)
      }
    }
  }

  /// The command has to fail with the status, one line (or places in a text) that names what is wrong, and the folder as it was.
  private func expectMistake(
    _ row: CommandRow, _ line: String, in folder: String, names name: String, status: Int32 = 1,
    mayBeLong: Bool = false, _ what: String
  ) throws {
    let before = try FileTree(folder)
    let start = ContinuousClock.now
    let run = try ProgramRun.tool(row.program, "\(row.name) \(line)", in: folder)
    #expect(run.status == status, "\(what)\n\(run.output)\(run.errors)")
    #expect(ContinuousClock.now - start < .seconds(30), "\(what)")
    let isLocated = mayBeLong && run.errors.contains(#/^[^\n]+:\d+:\d+: error: /#)
    if !isLocated {
      #expect(run.errors.hasPrefix("\(row.program): error: "), "\(what)\n\(run.errors)")
      #expect(run.errors.count { $0 == "\n" } == 1, "\(what)\n\(run.errors)")
    }
    #expect(run.errors.hasSuffix("\n"), "\(what)")
    #expect(run.errors.contains(name), "\(what): \(name)\n\(run.errors)")
    #expect(row.printsFirst || run.output == "", "\(what)")
    let after = try FileTree(folder)
    #expect(after == before, "\(what): changed: \(after.changed(since: before))")
  }
}
