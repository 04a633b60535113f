import Diagnostics
import Foundation
import LanguageTesting
import Testing
import VDL

@Suite struct LintTests {
  /// A model without a fault; the tests put other lines in place of its own.
  private static let base = """
    model m {
      config hidden = 16
      hyper beta = 1.0
      input x: image[1, 28, 28]
      block down(h, channels) = h |> conv(channels, kernel: 3) |> relu
      shared last = dense(784)
      encoder (x) -> z {
        let h = x |> down(4) |> flatten |> dense(hidden)
        z ~ normal(mean: h |> dense(2), logvar: h |> dense(2))
      }
      prior z ~ normal(mean: 0, std: 1)
      decoder (z) -> x {
        x ~ bernoulli(logits: z |> last |> reshape(1, 28, 28))
      }
      maximize loglik(x) - beta * kl(z)
    }
    """

  private func warnings(_ text: MarkedText) throws -> [Diagnostic] { lint(try parseModel(text.source)) }

  /// The base with one piece replaced.
  private func changed(_ original: String, _ replacement: String) throws -> MarkedText {
    let text = Self.base.replacingOccurrences(of: original, with: replacement)
    try #require(text != Self.base)
    return MarkedText(text)
  }

  @Test func theBaseHasNoWarnings() throws {
    #expect(try warnings(MarkedText(Self.base)).isEmpty)
  }

  @Test(arguments: Models.names)
  func modelsOfTheRepositoryHaveNoWarnings(name: String) throws {
    let model = try parseModel(try Models.source(name)).withUsedModels(read: Models.reader(for: name))
    #expect(lint(model).isEmpty)
  }

  static let unused: [(String, String, String)] = [
    ("config hidden = 16", "config hidden = 16\n config «other» = 3", "config 'other' is never used"),
    ("config hidden = 16", "config «a» = 3\n config hidden = 3", "config 'a' is never used"),
    ("- beta * kl", "- kl", "hyper 'beta' is never used"),
    ("|> down(4) ", "", "block 'down' is never used"),
    ("conv(channels, ", "conv(4, ", "parameter 'channels' of block 'down' is never used"),
    ("= h |> conv", "= channels |> conv", "parameter 'h' of block 'down' is never used"),
    ("|> last", "|> dense(784)", "shared layer 'last' is never used"),
    ("input x", "input «y»: class[10]\n input x", "input 'y' is never used"),
    ("let h =", "let «k» = x |> relu\n let h =", "value 'k' is never used"),
    ("= x |> down", "= hidden |> down", "parameter 'x' of the encoder is never used"),
    ("decoder (z)", "decoder («w»)", "parameter 'w' of the decoder is never used"),
    ("-> z {", "-> z, «w» {", "latent 'w' is never used"),
    ("block down(h, channels)", "block down(h, hidden)", "config 'hidden' is never used"),
  ]

  @Test(arguments: unused)
  func aNameThatNothingUsesIsFound(original: String, replacement: String, message: String) throws {
    var replacement = replacement
    var text = Self.base
    if replacement == "block down(h, hidden)" {
      text = text.replacingOccurrences(of: "dense(hidden)", with: "dense(3)")
        .replacingOccurrences(of: "conv(channels", with: "conv(hidden")
    }
    // Where the change is elsewhere, the declaration is marked.
    let declarations = [
      "hyper beta": "hyper «beta»", "block down(": "block «down»(", "(h, channels)": "(h, «channels»)",
      "shared last": "shared «last»", "down(h,": "down(«h»,", "encoder (x)": "encoder («x»)",
      "config hidden = 16": "config «hidden» = 16",
    ]
    if !replacement.contains("«") {
      let name = message.split(separator: "'").dropFirst().first.map(String.init) ?? ""
      for (plain, marked) in declarations where marked.contains("«\(name)»") {
        text = text.replacingOccurrences(of: plain, with: marked)
        replacement = replacement.replacingOccurrences(of: plain, with: marked)
      }
    }
    text = text.replacingOccurrences(of: original, with: replacement)
    let marked = MarkedText(text)
    expect(try warnings(marked), are: [message], at: marked)
  }

  @Test func aNameThatBeginsWithAnUnderscoreMayGoUnused() throws {
    #expect(try warnings(try changed("let h =", "let _k = x\n let h =")).isEmpty)
  }

  @Test func aValueThatAPenaltyNamesIsUsed() throws {
    let text = try changed("let h =", "let k = x |> relu\n let h =")
    let penalized = String(decoding: text.source.bytes, as: UTF8.self)
      .replacingOccurrences(of: "kl(z)", with: "kl(z) - 0.1 * l1(k)")
    #expect(try warnings(MarkedText(penalized)).isEmpty)
  }

  static let deviations: [(String, String, String)] = [
    (
      "logvar: h |> dense(2) |> «softplus»", "std-as-logvar",
      "'logvar:' takes the logarithm of a variance, which may be below 0; 'softplus' gives nothing below 0"
    ),
    (
      "logvar: (h |> dense(2) |> «relu»)", "std-as-logvar",
      "'logvar:' takes the logarithm of a variance, which may be below 0; 'relu' gives nothing below 0"
    ),
    (
      "logvar: h |> dense(2) as «sigma»", "std-as-logvar",
      "'logvar:' takes the logarithm of a variance, but 'sigma' is named like a standard deviation"
    ),
    (
      "logvar: «log_std»", "std-as-logvar",
      "'logvar:' takes log(std^2), but 'log_std' is named like log(std), half of it"
    ),
    (
      "logvar: «deviation»", "std-as-logvar",
      "'logvar:' takes the logarithm of a variance, which may be below 0; 'softplus' gives nothing below 0"
    ),
    (
      "logvar: h |> «positive»", "std-as-logvar",
      "'logvar:' takes the logarithm of a variance, which may be below 0; 'softplus' gives nothing below 0"
    ),
    (
      "std: h |> dense(2) |> softplus as «logvar»", "logvar-as-std",
      "'std:' takes a standard deviation, but 'logvar' is named like something else"
    ),
    ("std: h |> «dense»(2)", "unbounded-std", "'std:' has to be above 0, but 'dense' gives any number"),
    ("std: h |> dense(2) |> «relu»", "unbounded-std", "'std:' has to be above 0, but 'relu' gives 0, too"),
  ]

  @Test(arguments: deviations)
  func aDeviationInThePlaceOfAnotherIsFound(argument: String, rule: String, message: String) throws {
    var marked = argument
    // What is made in another line is marked where it is given, and noted where it is made.
    if argument == "logvar: h |> «positive»" { marked = "logvar: «h |> positive»" }
    let definitions = [
      "log_std": "let log_std = h |> dense(2)\n ", "deviation": "let deviation = h |> dense(2) |> softplus\n ",
    ]
    let definition = definitions.first { argument.contains($0.key) }?.value ?? ""
    let text = Self.base
      .replacingOccurrences(
        of: "z ~ normal(mean: h |> dense(2), logvar: h |> dense(2))",
        with: definition + "z ~ normal(mean: h |> dense(2), \(marked))"
      )
      .replacingOccurrences(
        of: "model m {",
        with: argument.contains("positive")
          ? "model m {\n block positive(h) = h |> dense(2) |> softplus" : "model m {")
    let source = MarkedText(text)
    let found = try warnings(source)
    expect(found, are: [message], at: source)
    #expect(found.map(\.rule) == [rule])
    #expect(found.map(\.severity) == [.warning])
    let isMadeElsewhere = argument.contains("positive") || argument.contains("deviation")
    #expect(found.first?.notes.last?.message.hasPrefix("it is made here") == isMadeElsewhere)
  }

  /// Pieces of the base, what stands in their place, the rule and its message.
  static let weights: [(String, String, String, String)] = [
    (
      "maximize loglik(x) - beta * kl(z)", "minimize «mse(x)» + beta * kl(z)", "mean-with-kl",
      "'mse(x)' is a mean over 784 elements, 'kl(z)' a sum: the KL counts 784 times as much as beside a sum"
    ),
    (
      "maximize loglik(x) - beta * kl(z)", "minimize 3 * «mse(x)» / hidden + max(beta * kl(z) / 4, 3)",
      "mean-with-kl",
      "'mse(x)' is a mean over 784 elements, 'kl(z)' a sum: the KL counts 784 times as much as beside a sum"
    ),
    ("- beta * kl(z)", "+ beta * «kl(z)»", "objective-sign", "the objective maximizes 'kl(z)'"),
    (
      "maximize loglik(x) - beta * kl(z)", "minimize «loglik(x)» + beta * kl(z)", "objective-sign",
      "the objective minimizes 'loglik(x)'"
    ),
    ("- beta * kl(z)", "- (beta * (0 - 2) * «l2(h)»)", "objective-sign", "the objective maximizes 'l2(h)'"),
    (
      "- beta * kl(z)", "- 0.5 * «kl(z)»", "half-kl",
      "'kl(z)' is the whole divergence: the 1/2 of its formula is in it"
    ),
    (
      "- beta * kl(z)", "- «kl(z)» / 2", "half-kl",
      "'kl(z)' is the whole divergence: the 1/2 of its formula is in it"
    ),
  ]

  @Test(arguments: weights)
  func aWeightThatIsHardlyMeantIsFound(original: String, marked: String, rule: String, message: String) throws {
    let text = try changed(original, marked)
    let found = try warnings(text).filter { $0.rule != "unused-name" }
    expect(found, are: [message], at: text)
    #expect(found.map(\.rule) == [rule])
  }

  @Test func theEffectiveBetaIsPrinted() throws {
    let text = try changed("maximize loglik(x) - beta * kl(z)", "minimize mse(x) + 2 * beta * kl(z)")
    let notes = try warnings(text).flatMap(\.notes).map(\.message)
    #expect(
      notes.first
        == "this is 'sse(x) + 1568 * kl(z)', a beta of 784 for a normal likelihood of std 1, with beta = 1")
  }

  @Test(arguments: [
    "minimize mse(x) + 1e-3 * beta * kl(z)", "minimize sse(x) + beta * kl(z)", "minimize mse(x) * kl(z) * beta",
    "maximize loglik(x) - abs(kl(z) - beta)", "maximize loglik(x) - 0.3 * kl(z) - 0 * l1(h) * beta",
    "minimize -(loglik(x) - beta * kl(z))", "minimize beta * exp(-kl(z)) - loglik(x)",
  ])
  func weightsThatMayBeMeantAreNotFound(objective: String) throws {
    #expect(try warnings(changed("maximize loglik(x) - beta * kl(z)", objective)).isEmpty)
  }

  static let ranges: [(String, String, String)] = [
    (
      "x ~ bernoulli(logits: z |> last |> reshape(1, 28, 28) |> «sigmoid»)", "bounded-logits",
      "'logits:' takes any number, but 'sigmoid' gives numbers from 0 to 1"
    ),
    (
      "x ~ continuous_bernoulli(logits: z |> last |> «relu» |> reshape(1, 28, 28))", "bounded-logits",
      "'logits:' takes any number, but 'relu' gives nothing below 0"
    ),
    (
      "x ~ normal(mean: z |> last |> «tanh» |> reshape(1, 28, 28), std: 1)", "output-range",
      "grey levels lie between 0 and 1, but 'tanh' gives numbers from -1 to 1"
    ),
    (
      "x = z |> last |> reshape(1, 28, 28) |> «gelu»", "output-range",
      "grey levels lie between 0 and 1, but 'gelu' gives hardly anything below 0"
    ),
    (
      "x ~ laplace(mean: z |> last |> reshape(1, 28, 28), scale: z |> «last» |> reshape(1, 28, 28))",
      "unbounded-std",
      "'scale:' has to be above 0, but 'dense' gives any number"
    ),
  ]

  @Test(arguments: ranges)
  func aRangeThatDoesNotFitIsFound(statement: String, rule: String, message: String) throws {
    var statement = statement
    if statement.contains("«last»") {
      statement = statement.replacingOccurrences(of: "«last»", with: "last")
        .replacingOccurrences(
          of: "scale: z |> last |> reshape(1, 28, 28)", with: "scale: «z |> last |> reshape(1, 28, 28)»")
    }
    let text = try changed("x ~ bernoulli(logits: z |> last |> reshape(1, 28, 28))", statement)
    let found = try warnings(text)
    expect(found, are: [message], at: text)
    #expect(found.map(\.rule) == [rule])
  }

  @Test(arguments: [
    "x = z |> last |> reshape(1, 28, 28)", "x = z |> last |> sigmoid |> reshape(1, 28, 28)",
    "x ~ normal(mean: z |> last |> reshape(1, 28, 28), logvar: 4 * (z |> dense(784) |> tanh |> reshape(1, 28, 28)))",
    "x ~ laplace(mean: z |> last |> reshape(1, 28, 28), scale: z |> dense(784) |> softplus |> reshape(1, 28, 28))",
  ])
  func aRangeThatFitsIsNotFound(statement: String) throws {
    #expect(try warnings(changed("x ~ bernoulli(logits: z |> last |> reshape(1, 28, 28))", statement)).isEmpty)
  }

  @Test(arguments: [
    "logvar: h |> dense(2) |> softplus |> dense(2)", "std: h |> dense(2) |> softplus", "logvar: h |> log_var",
    "std: h |> dense(2) |> sigmoid", "logvar: h |> tanh",
  ])
  func whatIsInOrderIsNotFound(argument: String) throws {
    let text = try changed("logvar: h |> dense(2)", argument)
    #expect(try warnings(text).isEmpty)
  }

  @Test func blocksThatApplyThemselvesAreFollowedNoFurther() throws {
    let text = try changed("logvar: h |> dense(2)", "logvar: h |> down(1)")
    let endless = String(decoding: text.source.bytes, as: UTF8.self)
      .replacingOccurrences(of: "|> relu\n", with: "|> down(channels)\n")
    #expect(try warnings(MarkedText(endless)).isEmpty)
  }

  /// A model that takes parts of the base, changed, and what is found.
  private func warnings(using parts: [String], of base: MarkedText) throws -> [Diagnostic] {
    let uses = parts.map { "use \($0) from \"\(base.source.name)\"" }.joined(separator: "\n  ")
    let own = parts.contains("decoder") ? "" : "decoder (z) -> x { x = z |> dense(784) |> reshape(1, 28, 28) }"
    let text = "model user {\n  input x: image[1, 28, 28]\n  \(uses)\n  \(own)\n  minimize sse(x)\n}"
    let model = try parseModel(SourceText(name: "user.vdl", text: text))
    return lint(try model.withUsedModels { _ in base.source })
  }

  @Test(arguments: [
    ("logvar: h |> dense(2) |> «softplus»", "std-as-logvar", ["encoder"]),
    ("logvar: h |> dense(2) |> «softplus»", "std-as-logvar", ["encoder", "decoder"]),
    ("logvar: h |> dense(2) |> softplus", nil, ["decoder"]),
  ])
  func aPartThatIsTakenIsLookedThroughInItsOwnText(argument: String, rule: String?, parts: [String]) throws {
    let text = try changed("logvar: h |> dense(2)", argument)
    let parts = parts.contains("encoder") ? parts : ["prior"] + parts
    let found = try warnings(using: parts, of: text)
    #expect(found.map(\.rule) == (rule.map { [$0] } ?? []))
    #expect(found.map(\.range) == text.ranges)
  }

  @Test func theObjectiveThatAPartIsTrainedWithIsLookedAtInItsOwnText() throws {
    let text = try changed("- beta * kl(z)", "+ beta * «kl(z)»")
    expect(
      try warnings(using: ["encoder", "decoder"], of: text), are: ["the objective maximizes 'kl(z)'"], at: text)
  }

  @Test func namesThatAUsedTextDoesNotUseAreItsOwnMatter() throws {
    #expect(
      try warnings(using: ["encoder"], of: try changed("config hidden", "config other = 3\n config hidden"))
        .isEmpty)
  }

  @Test func rulesHaveNamesAndSummaries() {
    #expect(Set(LintRule.all.map(\.id)).count == LintRule.all.count)
    for rule in LintRule.all { #expect(!rule.summary.isEmpty && !rule.summary.contains("\n")) }
  }
}
