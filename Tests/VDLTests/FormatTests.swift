import Diagnostics
import LanguageTesting
import Testing
import VDL

@Suite struct FormatTests {
  private func format(_ text: String) throws -> String {
    try formatModel(SourceText(name: "test.vdl", text: text))
  }

  private func meaning(_ text: String) throws -> String {
    try parseModel(SourceText(name: "test.vdl", text: text)).meaning
  }

  /// Formats a text and checks what holds for every text: the tree and the comments stay, and formatting again changes
  /// nothing.
  private func checked(_ text: String) throws -> String {
    let formatted = try format(text)
    #expect(try meaning(formatted) == meaning(text), "\(text)")
    #expect(comments(formatted) == comments(text), "\(text)")
    #expect(try format(formatted) == formatted, "\(text)")
    return formatted
  }

  private func comments(_ text: String) -> [String] {
    lex(SourceText(name: "test.vdl", text: text)).comments.map {
      String($0.text.reversed().drop(while: \.isWhitespace).reversed())
    }
  }

  @Test(arguments: Models.names)
  func modelsOfTheRepositoryAreFormatted(name: String) throws {
    let text = String(decoding: try Models.source(name).bytes, as: UTF8.self)
    #expect(try checked(text) == text)
  }

  @Test(arguments: SampleTexts.all)
  func everyConstructHasItsLayout(text: String) throws {
    #expect(try checked(text) == text + "\n")
  }

  /// Bodies of a model and what becomes of them.
  static let layouts: [(String, String)] = [
    ("config   a=1+2*-3", "config a = 1 + 2 * -3"),
    ("config a = - ( - 1 - - 2 )", "config a = -(-1 - -2)"),
    ("input x :image [ 1,28 , 28 ]", "input x: image[1, 28, 28]"),
    ("maximize f( a :1,b , )", "maximize f(a: 1, b)"),
    ("hyper b = 1\n\n\n\n  config a = 1\n", "hyper b = 1\n\n  config a = 1"),
    ("hyper b = 1\n  config a = 1", "hyper  b = 1\n  config a = 1"),
    ("hyper b = 1 //one\n  config aa = 1//two", "hyper  b = 1   //one\n  config aa = 1  //two"),
    ("decoder(z)->x{x=z}", "decoder (z) -> x {\n    x = z\n  }"),
    ("encoder (x) -> z {}", "encoder (x) -> z {\n  }"),
    ("prior z~normal(mean:0,std:1)", "prior z ~ normal(mean: 0, std: 1)"),
    ("train{batch:1,epochs:2,}", "train { batch: 1, epochs: 2 }"),
    ("train {\n batch: 1, epochs: 2, }", "train {\n    batch: 1\n    epochs: 2\n  }"),
    ("train { }", "train { }"),
    ("minimize a\n|>f\n|>g", "minimize a\n      |> f\n      |> g"),
    ("minimize a|>f\n|>g", "minimize a |> f\n             |> g"),
    ("minimize a |>\n f |>\n g", "minimize a |> f |> g"),
    ("minimize a\n+ b *\n c", "minimize a\n           + b * c"),
    ("minimize f(1,\n 2)", "minimize f(1,\n             2)"),
    ("minimize f(a: 1,\n bcd: 2)", "minimize f(a:   1,\n             bcd: 2)"),
    ("minimize f(\n 1)", "minimize f(1)"),
    (
      "minimize a // one\n // two\n |> f // three\n |> g",
      "minimize a  // one\n      // two\n      |> f    // three\n      |> g"
    ),
    (
      "minimize f( // one\n a, // two\n // three\n b // four\n )",
      "minimize f(    // one\n             a,  // two\n             // three\n             b   // four\n             )"
    ),
    ("use  encoder  from  \"ä.vdl\"  frozen", "use encoder from \"ä.vdl\" frozen"),
    ("encoder (x)->z // one\n {\n z=x }// two", "encoder (x) -> z  // one\n      {\n    z = x\n  }  // two"),
    (
      "minimize aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa |> bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb(1) |> ccccccccccccccccccc(2)",
      """
      minimize aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa |> bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb(1)
            |> ccccccccccccccccccc(2)
      """
    ),
    (
      "minimize a |> bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb(1) |> ccccccccccccccccccc(2) |> dddddddddddddddddddd |> e",
      """
      minimize a |> bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb(1) |> ccccccccccccccccccc(2)
                   |> dddddddddddddddddddd |> e
      """
    ),
    (
      "minimize ffffffffffffffffffff(aaaaaaaaaaaaaaaaa: 1, bbbbbbbbbbbbbbbbbbbbbbbbbbb: 2, cccccccccccccccccccc: 3)",
      """
      minimize ffffffffffffffffffff(aaaaaaaaaaaaaaaaa:           1,
                                      bbbbbbbbbbbbbbbbbbbbbbbbbbb: 2,
                                      cccccccccccccccccccc:        3)
      """
    ),
    (
      "minimize aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa + bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb * c - ddddddddddddd",
      """
      minimize aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa + bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb * c
                 - ddddddddddddd
      """
    ),
  ]

  @Test(arguments: layouts)
  func aTextIsLaidOut(body: String, expected: String) throws {
    #expect(try checked("model m {\n\(body)\n}") == "model m {\n  \(expected)\n}\n")
  }

  @Test func lineEndsAndSpacesAtLineEndsAreCleanedUp() throws {
    let text = "\r\n\r\n/// A model.  \r\nmodel m {\r\n\t// note\t\r\n\tconfig a = 1\r\n\r\n}\r\n\r\n"
    #expect(try checked(text) == "/// A model.\nmodel m {\n  // note\n  config a = 1\n}\n")
  }

  @Test func aFaultyTextIsNotFormatted() {
    let error = #expect(throws: DiagnosticList.self) { try format("model m {\n config a\n}") }
    #expect(error?.diagnostics.count == 1)
  }

  @Test func deepNestingIsLaidOutInTime() throws {
    let deep = String(repeating: "f(", count: 60) + "1" + String(repeating: ")", count: 60)
    _ = try checked("model m {\n minimize \(deep)\n}")
    let wide = (0..<20_000).map { "x\($0)" }.joined(separator: ", ")
    _ = try checked("model m {\n minimize f(\(wide))\n}")
    let long = (0..<250).map { "x\($0)" }.joined(separator: " + ")
    _ = try checked("model m {\n minimize \(long)\n}")
  }

  /// Spaces, line breaks and comments are put between tokens at random; where the text still means the same, it has to
  /// be laid out well. Without line breaks and comments the layout is that of the original.
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func oddLayoutsAreLaidOut(seed: UInt64) throws {
    var generator = TestGenerator(state: seed)
    let texts =
      try Models.names.map { String(decoding: try Models.source($0).bytes, as: UTF8.self) } + SampleTexts.all
    for text in texts {
      let original = try meaning(text)
      for rate in [0, 2, 5, 20] {
        for _ in 0..<25 {
          let odd = oddLayout(of: text, percent: rate, &generator)
          guard (try? meaning(odd)) == original else { continue }
          let formatted = try checked(odd)
          if rate == 0 { #expect(formatted == (text.hasSuffix("\n") ? text : text + "\n")) }
        }
      }
    }
  }

  /// - Parameter percent: how many of the gaps get a line break or a comment.
  private func oddLayout(of text: String, percent: Int, _ generator: inout TestGenerator) -> String {
    let source = SourceText(name: "odd.vdl", text: text)
    let lexed = lex(source)
    let pieces =
      lexed.tokens.map { ($0.range, $0.kind == .string ? "\"\($0.text)\"" : $0.text, $0.isFirstOnLine, false) }
      + lexed.comments.map { ($0.range, $0.text, $0.isFirstOnLine, true) }
    var result = ""
    var line = 1
    for (range, text, isFirst, isComment) in pieces.sorted(by: { $0.0.start < $1.0.start }) {
      if isFirst {
        result += String(repeating: "\n", count: range.start.line - line)
      } else if Int.random(in: 0..<100, using: &generator) < percent, !isComment {
        result +=
          ["\n", "\n\n", " // note\n", "\n// own\n", " /// odd\n"].randomElement(using: &generator) ?? ""
      }
      line = range.end.line
      result += String(repeating: " ", count: Int.random(in: 1...6, using: &generator)) + text
    }
    return result + "\n"
  }

  /// Broken texts that happen to parse.
  @Test(arguments: [1, 2, 3] as [UInt64])
  func mutantsThatParseAreLaidOut(seed: UInt64) throws {
    var generator = TestGenerator(state: seed)
    let texts =
      try Models.names.map { String(decoding: try Models.source($0).bytes, as: UTF8.self) } + SampleTexts.all
    var count = 0
    for text in texts {
      for _ in 0..<300 {
        let mutant = Mutation.tokens(of: text, changes: 1...2, &generator)
        guard (try? meaning(mutant)) != nil else { continue }
        count += 1
        _ = try checked(mutant)
      }
    }
    #expect(count > 30)
  }
}
