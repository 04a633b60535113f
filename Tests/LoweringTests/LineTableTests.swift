import Diagnostics
import Foundation
import IR
import Lowering
import Testing

/// The line tables that debuggers and profilers read, through the programs of binutils.
@Suite(.enabled(if: hasBinutils)) struct LineTableTests {
  /// The lines of the program beside a library, from 0.
  private func lines(of native: NativeModule) -> [Substring] {
    native.program.split(separator: "\n", omittingEmptySubsequences: false)
  }

  private func withLibrary<T>(of native: NativeModule, _ body: (_ path: String) throws -> T) throws -> T {
    try withTemporaryFolder { folder in
      let path = "\(folder)/model.so"
      try native.library.write(to: URL(fileURLWithPath: path))
      return try body(path)
    }
  }

  /// The text of the line that `addr2line` gives for the address of each function's symbol.
  private func textOfSymbols(_ native: NativeModule) throws -> [String: Substring] {
    let lines = lines(of: native)
    return try withLibrary(of: native) { path in
      let rows = try output(of: "nm", "--defined-only", path).split(separator: "\n")
      let symbols = rows.map { $0.split(separator: " ") }.filter { row in
        row.count == 3 && row[1].lowercased() == "t"
      }
      let addresses = symbols.map { "0x" + $0[0] }
      let places = try output(of: ["addr2line", "-e", path] + addresses).split(separator: "\n")
      try #require(places.count == symbols.count)
      var texts: [String: Substring] = [:]
      for (symbol, place) in zip(symbols, places) {
        let parts = place.split(separator: " ")[0].split(separator: ":")
        #expect(parts[0] == "./\(native.manifest.name).vir", "\(symbol[2]) is at \(place)")
        let line = try #require(parts.last.flatMap { Int($0) }, "\(symbol[2]) is at \(place)")
        texts[String(symbol[2])] = try #require(lines.indices.contains(line - 1) ? lines[line - 1] : nil)
      }
      return texts
    }
  }

  /// The text of a kernel's code: its own line, or the line of the code that it shares.
  private func place(of name: String, _ texts: [String: Substring], in model: String) -> Substring? {
    let user = name.dropFirst(model.count + 1)
    return texts[name]
      ?? texts.first { symbol, text in
        symbol.hasPrefix("shared_")
          && text.split(separator: ": ").last?.split(separator: ", ").contains(user) == true
      }?.value
  }

  @Test func everyKernelIsOnTheLineOfItsOperationOrOfWhatItShares() throws {
    let native = try ModelFixture.convvae.native()
    let texts = try textOfSymbols(native)
    var (own, shared) = (0, 0)
    for entry in native.module.entries {
      let printer = EntryPrinter(entry, sourceFile: native.module.sourceFile)
      for scheduled in native.schedules[entry.name] ?? [] {
        guard let index = scheduled.operation else { continue }
        let operation = entry.operations[index]
        let name = scheduled.kernel.name
        let text = try #require(place(of: name, texts, in: native.manifest.name), "\(name)")
        if texts[name] != nil {
          #expect(text.hasPrefix("  " + printer.line(of: operation)), "\(name)")
          own += 1
        } else {
          #expect(text.hasPrefix("// shared_\(operation.name)_"), "\(name)")
          shared += 1
        }
      }
    }
    #expect(own > 5 && shared > 100, "\(own) and \(shared)")
  }

  @Test func entriesAndTilesHaveLinesOfTheirOwn() throws {
    let native = try ModelFixture.convvae.native()
    let texts = try textOfSymbols(native)
    for entry in native.module.entries {
      #expect(texts["convvae_\(entry.name)"]?.hasPrefix("entry @\(entry.name)(") == true)
    }
    let tiles = texts.filter { $0.key.hasPrefix("tile_") }
    #expect(tiles.count > 10)
    for (symbol, text) in tiles { #expect(text.hasPrefix("// \(symbol): ")) }
    #expect(tiles.contains { $0.value.contains("encode.1_conv2d") && $0.value.contains("train_step.1_conv2d") })
    // Layers of other sizes have the same tiles.
    #expect(
      tiles.contains {
        $0.value.contains("train_step.2_conv2d") && $0.value.contains("train_step.11_conv2d_transpose")
      })
  }

  @Test func copiesOfResultsAreOnTheLineOfTheResultOrOfWhatTheyShare() throws {
    let native = try ResultTests.native(.host)
    let texts = try textOfSymbols(native)
    var count = 0
    for entry in native.module.entries {
      let printer = EntryPrinter(entry, sourceFile: native.module.sourceFile)
      for scheduled in native.schedules[entry.name] ?? [] {
        guard let index = scheduled.result else { continue }
        let result = entry.results[index]
        let name = scheduled.kernel.name
        let text = try #require(place(of: name, texts, in: native.manifest.name), "\(name)")
        let line = "\(result.target) = \(printer.name(of: result.value))"
        #expect(text.contains(line) || text.hasPrefix("// shared_copy_"), "\(name)")
        count += 1
      }
    }
    #expect(count > 5)
  }

  /// A stack then shows the operation that each worker is at.
  @Test func callsOfKernelsAreOnTheirLines() throws {
    let native = try ModelFixture.convvae.native()
    let table = try withLibrary(of: native) { try output(of: "readelf", "-wL", $0) }
    let numbers = table.split(separator: "\n").compactMap { row -> Int? in
      let words = row.split(separator: " ")
      return words.count > 2 && words[0] == "convvae.vir" ? Int(words[1]) : nil
    }
    let listing = ModuleListing(native.module)
    for entry in native.module.entries {
      for operation in Set((native.schedules[entry.name] ?? []).compactMap(\.operation)) {
        let line = listing.line(ofOperation: operation, in: entry.name)
        #expect(numbers.contains(line), "line \(line)")
      }
    }
    #expect(numbers.allSatisfy { $0 <= lines(of: native).count })
  }

  @Test func noFolderOfTheMachineIsInTheLibrary() throws {
    let native = try ModelFixture.convvae.native()
    let unit = try withLibrary(of: native) { try output(of: "readelf", "-wi", $0) }
    #expect(unit.contains("convvae.vir"))
    #expect(unit.contains("DW_AT_comp_dir"))
    #expect(native.library.range(of: Data(FileManager.default.currentDirectoryPath.utf8)) == nil)
    #expect(native.library.range(of: Data(FileManager.default.temporaryDirectory.path.utf8)) == nil)
  }

  @Test func theProgramBesideTheCodeReadsBack() throws {
    let native = try ModelFixture.convvae.native()
    #expect(native.program.hasPrefix(native.module.text))
    #expect(try Module(parsing: SourceText(name: "convvae.vir", text: native.program)) == native.module)
  }
}

private let hasBinutils = ["nm", "addr2line", "readelf"].allSatisfy {
  (try? output(of: $0, "--version")) != nil
}
