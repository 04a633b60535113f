import CommandLineTable
import Foundation
import Testing
import vaec
import vaerun

/// The completions as real shells take them.
@Suite struct CompletionTests {
  private static let tables = [VaecCommands.table, Vaerun.table]
  /// What is offered behind every command, every option and every value that is chosen from words.
  private func checkEverything(_ table: CommandTable, _ shell: Shell) throws {
    var wanted = ["\(table.program) ": Set(table.commands.map(\.name))]
    for command in table.commands {
      let line = "\(table.program) \(command.name)"
      wanted["\(line) -"] = Set(
        command.options.flatMap { option in
          ["--\(option.name)"] + (option.short.map { ["-\($0)"] } ?? [])
        } + ["--help", "-h"])
      for option in command.options where option.placeholder != nil {
        guard case .words(let words) = option.completion else { continue }
        wanted["\(line) --\(option.name) "] = Set(words)
        wanted["\(line) --\(option.name)="] = Set(words)
        if let short = option.short { wanted["\(line) -\(short) "] = Set(words) }
      }
      if let positional = command.positionals.first, case .words(let words) = positional.completion {
        wanted["\(line) "] = Set(words)
      }
    }
    try withTemporaryFolder { folder in
      let offers = try CompletionProbe(shell: shell, program: table.program).offers(
        for: wanted.keys.sorted(), in: folder)
      for (line, words) in wanted {
        let found = Set((offers[line] ?? []).map(value))
        #expect(found.isSuperset(of: words), "\(shell) offers \(found.sorted()) behind '\(line)'")
        if !line.hasSuffix("-"), !line.hasSuffix("\(table.program) ") {
          #expect(found == words, "\(shell) behind '\(line)'")
        }
      }
    }
  }

  /// `ast` for `--emit=ast`, which some shells offer as a whole.
  private func value(_ offer: String) -> String {
    guard offer.hasPrefix("--"), let sign = offer.firstIndex(of: "=") else { return offer }
    let name = offer[..<sign]
    let value = String(offer[offer.index(after: sign)...])
    return value.isEmpty ? String(name) : value
  }

  private func checkFiles(_ shell: Shell) throws {
    try withTemporaryFolder { folder in
      for name in ["model.vdl", "program.vir", "weights.safetensors", "notes.txt", "a b.vdl"] {
        try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      try FileManager.default.createDirectory(atPath: folder + "/folder", withIntermediateDirectories: false)
      let lines = [
        "vaec compile m", "vaec compile p", "vaec compile --dump-ir ", "vaec compile --output n",
        "vaec opt --passes simplify,fuse-d",
      ]
      let offers = try CompletionProbe(shell: shell, program: "vaec").offers(for: lines, in: folder)
      #expect(offers["vaec compile m"] == ["model.vdl"])
      #expect(offers["vaec compile p"] == ["program.vir"])
      #expect(offers["vaec compile --dump-ir "] == ["folder"])
      #expect(offers["vaec compile --output n"] == ["notes.txt"])
      #expect(
        offers["vaec opt --passes simplify,fuse-d"]?.map { $0.split(separator: ",").last } == ["fuse-dense"])
      let weights = try CompletionProbe(shell: shell, program: "vaerun").offers(
        for: ["vaerun evaluate --weights w"], in: folder)
      #expect(weights["vaerun evaluate --weights w"] == ["weights.safetensors"])
    }
  }

  @Test(arguments: tables.map(\.program)) func bashOffersEverything(program: String) throws {
    try checkEverything(table(program), .bash)
  }

  @Test(
    .enabled(if: CompletionProbe.isInstalled(.zsh), "zsh is not installed"), arguments: tables.map(\.program))
  func zshOffersEverything(program: String) throws {
    try checkEverything(table(program), .zsh)
  }

  @Test(
    .enabled(if: CompletionProbe.isInstalled(.fish), "fish is not installed"), arguments: tables.map(\.program))
  func fishOffersEverything(program: String) throws {
    try checkEverything(table(program), .fish)
  }

  @Test func bashOffersFiles() throws { try checkFiles(.bash) }

  @Test(.enabled(if: CompletionProbe.isInstalled(.zsh), "zsh is not installed"))
  func zshOffersFiles() throws { try checkFiles(.zsh) }

  @Test(.enabled(if: CompletionProbe.isInstalled(.fish), "fish is not installed"))
  func fishOffersFiles() throws { try checkFiles(.fish) }

  private func table(_ program: String) throws -> CommandTable {
    try #require(Self.tables.first { $0.program == program })
  }
}
