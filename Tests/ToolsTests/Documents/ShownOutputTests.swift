import Testing

@Suite struct ShownOutputTests {
  private static let shown = [
    "model   first: 8042 weights, for ...", "...",
    "epoch 3/3  train loss 175.93  kl 6.407  5422 images/s  0:04", "done in 1.50 s", "",
  ]

  private func fits(_ printed: String) -> Bool { ShownOutput(Self.shown).difference(from: printed) == nil }

  private static let printed = """
    model first:   8042 weights, for znver4
    data digits
    epoch 3/3  train loss 176.21  kl 6.399  99 images/s  1:40
    done in 22.1 s

    """

  @Test func whatVariesMayVary() { #expect(fits(Self.printed)) }

  @Test(arguments: [
    ("8042", "8043"), ("176.21", "170.21"), ("6.399", "x"), ("3/3", "4/3"), ("weights", "weight"),
    ("done", "done\ndone"), ("epoch 3", "step 3"), ("22.1 s", "22.1 s\nand more"), ("done in 22.1 s\n", ""),
  ])
  func anotherOutputIsFound(text: String, other: String) {
    #expect(!fits(Self.printed.replacing(text, with: other)))
  }

  @Test func theFirstLineThatDiffersIsNamed() throws {
    let difference = try #require(ShownOutput(["a", "b 1"]).difference(from: "a\nb 2\n"))
    #expect(difference.hasPrefix("line 2 shows 'b 1'"))
  }

  @Test func aBeginningIsFound() {
    #expect(ShownOutput(["a", "b 1"]).isPrefix(of: "a\nb 1\nc\n"))
    #expect(!ShownOutput(["a", "b 1"]).isPrefix(of: "a\n"))
  }

  @Test func commandsFilesAndOutputAreReadFromADocument() {
    let document = Document(
      """
      ```sh
      vaec new a   # a comment
      # another
      vaec check \\
        a.vdl
      ```
      <!-- file: main.c -->
      ```c
      int main;
      ```
      ```console
      $ ls
      a.vdl
      $ true
      ```
      ```
      vaec none
      ```
          vaerun stray
      """)
    #expect(
      document.steps.map { "\($0.line) \($0.step)" } == [
        "2 command(\"vaec new a   # a comment\", shown: nil)", "4 command(\"vaec check a.vdl\", shown: nil)",
        "8 file(name: \"main.c\", text: \"int main;\\n\")", "12 command(\"ls\", shown: Optional([\"a.vdl\"]))",
        "14 command(\"true\", shown: Optional([]))",
      ])
    #expect(document.strayCommands == [19])
  }
}
