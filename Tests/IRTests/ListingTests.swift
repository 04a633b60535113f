import IR
import Testing

@Suite struct ListingTests {
  /// The line of a number, from 1.
  private func line(_ number: Int, of listing: ModuleListing) throws -> Substring {
    let lines = listing.text.split(separator: "\n", omittingEmptySubsequences: false)
    return try #require(lines.indices.contains(number - 1) ? lines[number - 1] : nil)
  }

  /// Holds every number of a listing against the line that it stands for.
  private func expectRightLines(_ module: Module) throws {
    let listing = ModuleListing(module)
    #expect(listing.text == module.text)
    for entry in module.entries {
      let printer = EntryPrinter(entry, sourceFile: module.sourceFile)
      #expect(try line(listing.line(ofEntry: entry.name), of: listing).hasPrefix("entry @\(entry.name)("))
      for (position, operation) in entry.operations.enumerated() {
        let found = try line(listing.line(ofOperation: position, in: entry.name), of: listing)
        #expect(found.hasPrefix("  " + printer.line(of: operation)))
      }
      for (index, result) in entry.results.enumerated() {
        let found = try line(listing.line(ofResult: index, in: entry.name), of: listing)
        #expect(found.contains("\(result.target) = \(printer.name(of: result.value))"))
      }
    }
  }

  @Test func everyPartOfAModuleHasItsLine() throws { try expectRightLines(try parse(sampleText)) }

  /// Arguments and results stand one to a line where they do not fit on one.
  @Test func longListsOfArgumentsAndResultsAreCounted() throws {
    let names = (0..<12).map { "a_rather_long_name_\($0)" }
    let arguments = names.map { "hyper %\($0) : f32[]" }.joined(separator: ", ")
    let results = names.map { "metric \($0) = %\($0)" }.joined(separator: ", ")
    let entries = ["first", "second"].map { name in
      "entry @\(name)(\(arguments)) {\n  %0 = neg %\(names[0]) : f32[]\n  return metric x = %0, \(results)\n}\n"
    }
    let module = try parse("module m\n" + entries.joined(separator: "\n"))
    #expect(ModuleListing(module).line(ofOperation: 0, in: "first") == 17)
    try expectRightLines(module)
  }

  @Test func whatIsNotThereIsOnTheFirstLine() throws {
    let listing = ModuleListing(try parse(sampleText))
    #expect(listing.line(ofEntry: "nothing") == 1)
    #expect(listing.line(ofOperation: 3, in: "nothing") == 1)
    #expect(listing.line(ofResult: 99, in: "nothing") == 1)
  }
}
