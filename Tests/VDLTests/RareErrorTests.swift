import Diagnostics
import Foundation
import LanguageTesting
import Testing
import VDL

/// Errors that take more than one change, or that bring others with them.
@Suite struct RareErrorTests {
  private static let base = """
    model m {
      input x: image[1, 28, 28]
      block down(h, channels, padding) = h |> conv(channels, kernel: 3, pad: padding)
      shared f = dense(3)
      encoder (x) -> z {
        let h = x |> flatten
        z ~ normal(mean: h |> f, logvar: h |> f)
      }
      prior z ~ normal(mean: 0, std: 1)
      decoder (z) -> x {
        x ~ bernoulli(logits: z |> dense(784) |> reshape(1, 28, 28))
      }
      maximize loglik(x) - kl(z)
      train { batch: 3 }
    }
    """
  private static let prior = "prior z ~ normal(mean: 0, std: 1)"
  private static let input = "input x: image[1, 28, 28]"

  static let cases: [(String, String, [String])] = [
    (prior, "prior («y») -> z { z ~ normal(mean: 0, std: 1) }", ["'y' is not a result of the encoder"]),
    (
      prior, "prior («y») -> z { z ~ normal(mean: 0, std: 1)\n «w» ~ normal(mean: 0, std: 1) }",
      ["'y' is not a result of the encoder", "'w' is not a result of the prior"]
    ),
    (
      prior, "prior («y») -> «z» { }",
      ["'y' is not a result of the encoder", "the prior never gives 'z'"]
    ),
    (
      prior, "prior («z») -> z { z ~ normal(mean: z, std: 1) }",
      ["a prior cannot depend on itself, not even by way of 'z'"]
    ),
    (prior, "prior z ~ normal(mean: 0, std: «0»)", ["'std' must be above 0, not 0.0"]),
    (
      prior, "prior («x») -> z { «z» = x |> flatten }",
      ["'x' is what the decoder makes; a prior cannot depend on it", "a prior is a distribution, not a value"]
    ),
    (prior, "prior z ~ normal(mean: «zero», std: 1)", ["unknown name 'zero'"]),
    (
      prior, "prior z ~ normal(mean: 0, std: «\"one\"»)",
      ["a text is no value"]
    ),
    (prior, "prior z ~ «bernoulli»(logits: 0)", ["'bernoulli' as a prior is not supported yet"]),
    (input, input + "\n «input y: image[1, 28, 28]»", ["a second image as input is not supported yet"]),
    (
      input, "input «rate»: image[1, 28, 28]",
      ["the name 'rate' is taken by the compiled model's entries"]
    ),
    (
      input, input + "\n hyper «clip» = 1", ["the name 'clip' is taken by the compiled model's entries"]
    ),
    (
      "-> z {", "-> z, «loss» {\n loss = x |> flatten",
      ["the name 'loss' is taken by the compiled model's entries"]
    ),
    ("let h = x |> flatten", "let h = x |> flatten |> f as «g»", ["a shared layer has its name already"]),
    ("shared f = dense(3)", "shared f = «f»", ["'f' applies itself"]),
    ("shared f = dense(3)", "shared f = «dnese»(3)", ["unknown layer 'dnese'"]),
    (
      "block", "block again(h, p) = h |> conv(«p», kernel: 1) |> flatten\n block",
      ["'p' stands for a word; a number is needed here"]
    ),
    ("channels, kernel", "«padding», kernel", ["'padding' stands for a word; a number is needed here"]),
    ("h |> conv(channels", "«padding» |> conv(channels", ["'padding' stands for a word, not for a value"]),
    ("z |> dense(784)", "z |> dense(«-(-9223372036854775807 - 1)»)", ["this number is too large"]),
    ("z |> dense(784)", "z |> dense((«4611686018427387904 * 2»))", ["this number is too large"]),
    ("z ~ normal(mean: h", "z ~ «laplace»(mean: h", ["'laplace' as a posterior is not supported yet"]),
    ("prior z", "train { batch: 3«»\n prior z", ["expected '}' at the end of the settings"]),
    ("train { batch: 3 }", "train { batch: «20000000» }", ["'batch' must be 16777216 or less, not 20000000"]),
    (
      "train { batch: 3 }", "train { «\"a\"»: 3 }",
      ["expected a setting, such as 'batch: 128', found the text \"a\""]
    ),
    ("prior z", "«model» n { }\n prior z", ["a model cannot stand inside a model"]),
    ("prior z", "«as» b\n prior z", ["expected a declaration, found the keyword 'as'"]),
    (
      "input x: image", "use «train» from \"a\"\n input x: image",
      ["expected 'encoder', 'prior' or 'decoder' after 'use', found the keyword 'train'"]
    ),
    (
      "input x: image", "use encoder «of» \"a\"\n input x: image",
      ["expected 'from' after 'encoder', found 'of'"]
    ),
    (
      "input x: image", "corrupt x with «3»\n input x: image",
      ["expected a corruption, such as noise(std: 0.3), found '3'"]
    ),
  ]

  @Test(arguments: cases)
  func anErrorPointsAtItsCharacters(original: String, marked: String, messages: [String]) throws {
    var text = Self.base
    if messages[0].contains("stands for a word") {
      // The block's last argument is a word.
      text = text.replacingOccurrences(of: "x |> flatten", with: "x |> down(2, same) |> flatten")
    }
    if marked.contains("again") {
      text = text.replacingOccurrences(of: "down(2, same)", with: "again(same)")
    }
    try #require(text.contains(original))
    text = text.replacingOccurrences(of: original, with: marked)
    let source = MarkedText(text)
    var found: [Diagnostic] = []
    do {
      _ = try elaborate(source.source)
    } catch {
      found = error.diagnostics
    }
    expect(found, are: messages, at: source)
  }

  @Test func aResultOfTheEncoderThatTheDecoderDoesNotTakeIsNamed() throws {
    let text = Self.base
      .replacingOccurrences(of: "-> z {", with: "-> z, ‹w› {\n w = x |> flatten")
      .replacingOccurrences(of: "logits: z", with: "logits: «w»")
    let source = MarkedText(text)
    let error = #expect(throws: DiagnosticList.self) { try elaborate(source.source) }
    let found = error?.diagnostics ?? []
    expect(found, are: ["unknown name 'w'"], at: source)
    #expect(
      found.first?.notes.map(\.message) == ["'w' is a result of the encoder, which the decoder does not take"])
    #expect(found.first?.notes.compactMap(\.range) == source.noteRanges)
  }

  @Test func aParameterTooLargeIsRefusedWhereItsLayerStands() throws {
    let source = MarkedText(
      Self.base.replacingOccurrences(of: "z |> dense(784)", with: "z |> «dense(1000000000)»"))
    let error = #expect(throws: DiagnosticList.self) { try elaborate(source.source) }
    #expect(error?.diagnostics.map(\.range) == source.ranges.map { Optional($0) })
  }
}
