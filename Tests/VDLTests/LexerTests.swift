import Diagnostics
import LanguageTesting
import Testing
import VDL

@Suite struct LexerTests {
  private func kinds(_ text: String) -> [Token.Kind] {
    lex(SourceText(name: "test.vdl", text: text)).tokens.map(\.kind)
  }

  @Test(arguments: Punctuation.allCases)
  func everySignIsOneToken(sign: Punctuation) {
    #expect(kinds(sign.rawValue) == [.punctuation(sign), .endOfFile])
  }

  @Test(arguments: Keyword.allCases)
  func everyReservedWordIsAKeyword(word: Keyword) {
    #expect(kinds(word.rawValue) == [.keyword(word), .endOfFile])
    #expect(kinds(word.rawValue + "s") == [.identifier, .endOfFile])
  }

  @Test(arguments: ["0", "42", "007"])
  func digitsAreAnInteger(text: String) {
    #expect(kinds(text) == [.integer, .endOfFile])
  }

  @Test(arguments: ["0.5", "1e-3", "1E6", "2.5e+10", "1e3"])
  func aFractionOrAnExponentMakesAReal(text: String) {
    #expect(kinds(text) == [.real, .endOfFile])
  }

  @Test func theLongestSignWins() {
    #expect(kinds("->") == [.punctuation(.arrow), .endOfFile])
    #expect(kinds("- >") != kinds("->"))
    #expect(kinds("a-1") == [.identifier, .punctuation(.minus), .integer, .endOfFile])
  }

  @Test func tokensKnowWhetherTheyBeginALine() {
    let tokens = lex(SourceText(name: "test.vdl", text: "a b // c\n  d\r\ne")).tokens
    #expect(tokens.map(\.isFirstOnLine) == [true, false, true, true, false])
  }

  @Test func documentationBelongsToTheNextToken() {
    let lexed = lex(SourceText(name: "test.vdl", text: "/// one\n///two\n// other\na /// not this\nb"))
    #expect(lexed.tokens.map(\.documentation) == ["one\ntwo", nil, nil])
    #expect(lexed.comments.map(\.text) == ["/// one", "///two", "// other", "/// not this"])
    #expect(lexed.comments.map(\.isFirstOnLine) == [true, true, true, false])
  }

  @Test func columnsCountCharactersAlsoBehindTextOutsideASCII() {
    let source = SourceText(name: "test.vdl", text: "\"Grüße 👩‍👩‍👧\" x")
    let tokens = lex(source).tokens
    #expect(tokens[1].range.start == SourcePosition(line: 1, column: 11))
    #expect(tokens[1].range.start == source.position(of: source.bytes.count - 1))
  }

  static let noTokens: [(String, String)] = [
    ("a «;» b", "unexpected ';'"),
    ("a «|» b", "unexpected '|'"),
    ("a «>» b", "unexpected '>'"),
    ("a «^» b", "unexpected '^'"),
    ("a «−» b", "unexpected '−'"),
    ("a «\u{7}» b", "unexpected control character 7"),
    ("a «# b»\nc", "comments begin with '//'"),
    ("«\"abc»\nd", "this text has no closing quote"),
    ("a «12px» b", "'12px' is not a number"),
    ("a «1.» b", "'1.' is not a number"),
    ("a «1.2.3» b", "'1.2.3' is not a number"),
    ("a «1e» b", "'1e' is not a number"),
    ("a «.5» b", "a number begins with a digit: 0.5"),
    ("a «1e999» b", "the number 1e999 is too large"),
    ("a «99999999999999999999» b", "the number 99999999999999999999 is too large"),
  ]

  @Test(arguments: noTokens)
  func whatIsNoTokenIsReportedWhereItStands(marked: String, message: String) {
    let text = MarkedText(marked)
    expect(lex(text.source).diagnostics, are: [message], at: text)
  }

  @Test func aLongLineTakesTimeInProportion() {
    let text = String(repeating: "ab ", count: 300_000)
    let clock = ContinuousClock()
    let elapsed = clock.measure {
      #expect(lex(SourceText(name: "test.vdl", text: text)).tokens.count == 300_001)
    }
    #expect(elapsed < .seconds(10))
  }
}
