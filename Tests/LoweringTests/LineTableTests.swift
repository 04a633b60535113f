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

  @Test func everyKernelIsOnTheLineOfItsOperation() throws {
    let native = try ModelFixture.convvae.native()
    let texts = try textOfSymbols(native)
    var count = 0
    for entry in native.module.entries {
      let printer = EntryPrinter(entry, sourceFile: native.module.sourceFile)
      for scheduled in native.schedules[entry.name] ?? [] {
        guard let operation = scheduled.operation else { continue }
        let wanted = "  " + printer.line(of: entry.operations[operation])
        let text = try #require(texts[scheduled.kernel.name], "\(scheduled.kernel.name)")
        #expect(text.hasPrefix(wanted), "\(scheduled.kernel.name)")
        count += 1
      }
    }
    #expect(count > 150)
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
  }

  @Test func copiesOfResultsAreOnTheLineOfTheResult() throws {
    let native = try ResultTests.native(.host)
    let texts = try textOfSymbols(native)
    var count = 0
    for entry in native.module.entries {
      let printer = EntryPrinter(entry, sourceFile: native.module.sourceFile)
      for scheduled in native.schedules[entry.name] ?? [] {
        guard let index = scheduled.result else { continue }
        let result = entry.results[index]
        #expect(
          texts[scheduled.kernel.name]?.contains("\(result.target) = \(printer.name(of: result.value))") == true
        )
        count += 1
      }
    }
    #expect(count > 5)
  }

  /// A stack then shows the operation that each worker is at.
  @Test func callsOfKernelsAreOnTheirLinesToo() throws {
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
        #expect(numbers.count { $0 == line } >= 2, "line \(line)")
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
