import Diagnostics
import LanguageTesting
import Testing
import VDL

@Suite struct ParserErrorTests {
  private func errors(_ text: MarkedText) -> [Diagnostic] {
    do {
      _ = try parseModel(text.source)
      return []
    } catch {
      return error.diagnostics
    }
  }

  /// Texts of a model's body with the place of the error, and the error.
  static let declarations: [(String, String)] = [
    ("«confg» a = 1", "unknown declaration 'confg'"),
    ("«banana» a = 1", "expected a declaration, found 'banana'"),
    ("«let» a = 1", "'let' belongs inside encoder, prior or decoder"),
    ("config «input» = 1", "'input' is a keyword of the language and cannot be a name"),
    ("config a«»", "expected '=' and a number after 'a', found the end of the line"),
    ("config a «:» 1", "expected '=' and a number after 'a', found ':'"),
    ("config a =«»", "expected a value, found the end of the line"),
    ("config a = 1 «b»", "expected the end of the line after the number, found 'b'"),
    ("config a = (1 + 2«»", "expected ')', found the end of the line"),
    ("input x «=» image[1]", "expected ':' and a type, such as image[1, 28, 28], after 'x', found '='"),
    ("input x: image«»", "expected '[' with the extents after 'image', found the end of the line"),
    ("input x: image[1, «]»", "expected a value, found ']'"),
    ("block f «=» h", "expected '(' and the parameters after the block's name, found '='"),
    ("block f(«)» = h", "expected a parameter, found ')'"),
    ("block f(h) «h» |> relu", "expected '=' and the block's layers, found 'h'"),
    ("shared f = «3»", "expected a layer, found '3'"),
    ("corrupt x «noise»(std: 0.3)", "expected 'with' after 'x', found 'noise'"),
    ("use «decode» from \"a\"", "expected 'encoder', 'prior' or 'decoder' after 'use', found 'decode'"),
    ("use encoder from «a»", "expected a file name in quotes, found 'a'"),
    ("use encoder from \"a\" «frosen»", "expected the end of the line after 'use', found 'frosen'"),
    ("maximize «*» a", "expected a value, found '*'"),
    ("maximize a «)»", "expected the end of the line after the objective, found ')'"),
    ("maximize f(«,»)", "expected a value, found ','"),
    ("maximize f(k «=» 3)", "arguments are labeled with ':', as in 'k: ...'"),
    ("maximize f(1 «2»)", "expected ',' or ')', found '2'"),
    ("maximize a |> «3»", "expected a layer after '|>', found '3'"),
    ("maximize a |> f as «3»", "expected a name after 'as', found '3'"),
    ("maximize a + «train»", "'train' is a keyword of the language and cannot be a value"),
    ("train { batch «=» 3 }", "expected ':' and a value after 'batch', found '='"),
    ("train { batch: 3 «epochs»: 4 }", "expected ',' or the end of the line after the setting, found 'epochs'"),
    ("encoder «x» -> z { }", "expected '(' and the parameters after 'encoder', found 'x'"),
    ("encoder (x) «{» }", "expected '->' and the results of the encoder, found '{'"),
    ("prior «~» normal(mean: 0)", "expected a latent's name or '(' after 'prior', found '~'"),
    ("prior z «3»", "expected '~' and a distribution after 'z', found '3'"),
    ("prior z ~ normal(mean: 0) «3»", "expected the end of the line after the distribution, found '3'"),
    ("prior z «=» 3", "a draw is written with '~', not with '='"),
    ("decoder (z) -> x { «lte» h = z }", "unknown statement 'lte'"),
    ("decoder (z) -> x { «let» x ~ normal() }", "a draw has no 'let': write 'x ~ ...'"),
    ("decoder (z) -> x { x «|>» f }", "expected '=' or '~' after the name, found '|>'"),
    ("decoder (z) -> x { «3» }", "expected 'let name = ...', 'name = ...' or 'name ~ ...', found '3'"),
    (
      "decoder (z) -> x { x ~ normal(mean: z) «|>» f }",
      "no layer can be applied to a distribution"
    ),
  ]

  @Test(arguments: declarations)
  func anErrorPointsAtItsCharacters(marked: String, message: String) {
    let text = MarkedText("model m {\n  \(marked)\n}")
    expect(errors(text), are: [message], at: text)
  }

  static let surroundings: [(String, String)] = [
    ("«»", "expected 'model', found the end of the file"),
    ("«modle» m {}", "expected 'model', found 'modle'"),
    ("model m «}»", "expected '{' after the model's name, found '}'"),
    ("model m {\n  config a = 1«»\n", "expected '}' at the end of the model"),
    ("model m {\n}\n«model» n {}", "expected the end of the file: a file holds one model"),
  ]

  @Test(arguments: surroundings)
  func whatStandsAroundAModelIsChecked(marked: String, message: String) {
    let text = MarkedText(marked)
    expect(errors(text), are: [message], at: text)
  }

  static let severalErrors: (String, [String]) = (
    """
    model m {
      config hidden «100»
      input x: image[1, 28, 28«»
      config latent = 2
      encoder «x» -> z {
        let h = x |> «|>» relu
        z ~ normal(mean: h, std «=» 1)
      }
      hyper beta = 1 «1»
      maximize loglik(x) «!»- kl(z)
    }
    """,
    [
      "expected '=' and a number after 'hidden', found '100'",
      "expected ',' or ']', found the end of the line",
      "expected '(' and the parameters after 'encoder', found 'x'",
      "expected a layer after '|>', found '|>'",
      "arguments are labeled with ':', as in 'std: ...'",
      "expected the end of the line after the number, found '1'",
      "unexpected '!'",
    ]
  )

  @Test func severalErrorsAreFoundInOneGo() {
    let text = MarkedText(Self.severalErrors.0)
    expect(errors(text), are: Self.severalErrors.1, at: text)
  }

  @Test func aMissingBraceIsReportedAtTheEndOfItsScope() {
    let text = MarkedText(
      "model m {\n  encoder (x) -> z {\n    z = x«»\n  decoder (z) -> x {\n    x = z\n  }\n  minimize mse(x)\n}"
    )
    expect(errors(text), are: ["expected '}' at the end of the encoder"], at: text)
    #expect(errors(text).first?.notes.first?.message == "to close this '{'")
  }

  @Test func aMissingParenthesisPointsBackToTheOpenOne() {
    let text = MarkedText("model m {\n  maximize f(g(1)«»\n  train { batch: 1 }\n}")
    expect(errors(text), are: ["expected ',' or ')', found the end of the line"], at: text)
    #expect(
      errors(text).first?.notes == [
        .init(
          "to close this '('",
          at: SourceRange(
            file: "test.vdl", start: SourcePosition(line: 2, column: 13),
            end: SourcePosition(line: 2, column: 14)))
      ])
  }

  @Test(arguments: ["(", "f(", "-", "1 + (", "a |> f(", "f(k: "])
  func deepNestingIsRefused(piece: String) {
    let text = "model m {\n maximize " + String(repeating: piece, count: 100_000) + "\n}"
    let found = errors(MarkedText(text))
    #expect(found.first?.message == "this is nested deeper than 64 levels")
  }

  @Test(arguments: [("1 + ", "1"), ("2 * ", "1")])
  func longChainsOfOperatorsAreRefused(piece: String, end: String) {
    let text = "model m {\n maximize " + String(repeating: piece, count: 100_000) + end + "\n}"
    #expect(errors(MarkedText(text)).map(\.message) == ["a statement may have at most 256 operators"])
  }

  @Test func aFileThatIsTooLargeIsRefused() {
    let source = SourceText(name: "big.vdl", text: String(repeating: " ", count: ParserLimits.fileBytes + 1))
    #expect(
      errors(MarkedText(String(repeating: " ", count: ParserLimits.fileBytes + 1), name: source.name)).map(
        \.message)
        == ["big.vdl has 1048577 bytes; a model may have 1048576"])
  }

  @Test func garbageGivesALimitedNumberOfErrors() {
    let text = "model m {\n" + String(repeating: "@\n", count: 10_000) + "}"
    #expect(errors(MarkedText(text)).count == ParserLimits.diagnostics)
  }
}
