import CommandLineTable
import Testing
import vaec
import vaerun

/// What holds of the commands of both programs, whichever they are.
@Suite struct CommandTableTests {
  private static let tables = [VaecCommands.table, Vaerun.table]

  private var commands: [(program: String, command: Command)] {
    Self.tables.flatMap { table in table.commands.map { (table.program, $0) } }
  }

  @Test func anOptionOfOneNameIsTheSameEverywhere() {
    var seen: [String: (short: Character?, isFlag: Bool, command: String)] = [:]
    for (program, command) in commands {
      for option in command.options {
        let isFlag = option.placeholder == nil
        let place = "\(program) \(command.name)"
        let first = seen[option.name] ?? (option.short, isFlag, place)
        seen[option.name] = first
        #expect(first.short == option.short, "--\(option.name) of \(first.command) and \(place)")
        #expect(first.isFlag == isFlag, "--\(option.name) of \(first.command) and \(place)")
      }
    }
    #expect(seen["output"]?.short == "o")
    #expect(seen["quiet"]?.short == "q")
  }

  @Test(arguments: tables.map(\.program)) func aLetterStandsForOneOptionInAProgram(program: String) {
    var names: [Character: String] = [:]
    for command in commands where command.program == program {
      for option in command.command.options {
        guard let short = option.short else { continue }
        #expect(names[short] == nil || names[short] == option.name, "-\(short)")
        names[short] = option.name
      }
    }
    #expect(names["h"] == nil, "-h asks for help")
  }

  /// Two spellings of one thing: the names that the commands have are these, and a new one is added with a thought.
  @Test func noNameHasASecondSpelling() {
    let spellings = [
      ["output", "out", "outfile", "output-file"], ["input", "in"], ["threads", "jobs"], ["quiet", "silent"],
      ["json", "as-json"], ["data-dir", "data-folder", "datadir"], ["limit", "max", "max-images"],
      ["count", "number", "num"], ["seed", "random-seed"],
    ]
    let names = Set(commands.flatMap { $0.command.options.map(\.name) })
    for alternatives in spellings {
      let used = alternatives.filter(names.contains)
      #expect(used.count <= 1, "\(used)")
    }
  }

  @Test func noOptionOrArgumentStandsTwiceInACommand() {
    for (program, command) in commands {
      let names = command.options.map(\.name) + command.options.compactMap { $0.short.map(String.init) }
      #expect(Set(names).count == names.count, "\(program) \(command.name)")
      let places = command.positionals.map(\.name)
      #expect(Set(places).count == places.count, "\(program) \(command.name)")
    }
  }

  /// Shells know no places: what they offer is the same for all arguments of a command.
  @Test func argumentsOfACommandAreCompletedAlike() {
    for (program, command) in commands {
      let kinds = command.positionals.map(\.completion)
      #expect(kinds.allSatisfy { $0 == kinds.first }, "\(program) \(command.name)")
    }
  }

  @Test func everyExampleIsACommandLineOfItsProgram() throws {
    for table in Self.tables {
      let examples = table.examples + table.commands.flatMap(\.examples)
      for example in examples where !example.line.hasPrefix("source ") {
        let words = example.line.prefix { !"|<>".contains($0) }.split(separator: " ").map(String.init)
        let owner = try #require(Self.tables.first { $0.program == words.first }, "\(example.line)")
        #expect(throws: Never.self, "\(example.line)") { try owner.parse(Array(words.dropFirst())) }
      }
    }
  }

  @Test func everyCommandButTheListsHasAnExample() {
    for (program, command) in commands where !["passes", "ops"].contains(command.name) {
      #expect(!command.examples.isEmpty, "\(program) \(command.name)")
    }
  }

  @Test func bothProgramsHaveOneVersion() throws {
    try withTemporaryFolder { folder in
      let versions = try Self.tables.map { try ProgramRun.tool($0.program, "--version", in: folder).output }
      #expect(versions[0].contains(/^vaec \d+\.\d+\.\d+\nLLVM \d+\.\d+\.\d+\n$/), "\(versions[0])")
      #expect(versions[1].contains(/^vaerun \d+\.\d+\.\d+\n$/), "\(versions[1])")
      #expect(Self.tables[0].version == Self.tables[1].version)
    }
  }
}
