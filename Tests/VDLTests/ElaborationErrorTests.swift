import Diagnostics
import Foundation
import LanguageTesting
import Testing
import VDL

@Suite struct ElaborationErrorTests {
  private static let base = """
    model m {
      config hidden = 16
      config latent = 2
      hyper beta = 1.0
      input x: image[1, 28, 28]
      block down(h, channels) = h |> conv(channels, kernel: 3, stride: 2, pad: 1) |> relu
      encoder (x) -> z {
        let h = x |> flatten |> dense(hidden) |> relu
        z ~ normal(mean: h |> dense(latent), logvar: h |> dense(latent))
      }
      prior z ~ normal(mean: 0, std: 1)
      decoder (z) -> x {
        let logits = z |> dense(784) |> reshape(1, 28, 28)
        x ~ bernoulli(logits: logits)
      }
      maximize loglik(x) - beta * kl(z)
      train { optimizer: adam(rate: 1e-3), batch: 128, epochs: 30 }
    }
    """
  private static let layers = "let h = x |> flatten |> dense(hidden) |> relu"
  private static let posterior = "z ~ normal(mean: h |> dense(latent), logvar: h |> dense(latent))"
  private static let prior = "prior z ~ normal(mean: 0, std: 1)"
  private static let likelihood = "x ~ bernoulli(logits: logits)"
  private static let objective = "maximize loglik(x) - beta * kl(z)"
  private static let settings = "optimizer: adam(rate: 1e-3), batch: 128, epochs: 30"
  private static let input = "input x: image[1, 28, 28]"

  private func errors(_ text: MarkedText) -> [Diagnostic] {
    do {
      _ = try elaborate(text.source)
      return []
    } catch {
      return error.diagnostics
    }
  }

  @Test func theBaseIsRight() {
    expect(errors(MarkedText(Self.base)), are: [], at: MarkedText(Self.base))
  }

  static let names: [(String, String, String)] = [
    (layers, "let h = x |> flatten |> «dnese»(hidden) |> relu", "unknown layer 'dnese'"),
    (layers, "let h = x |> flatten |> quantize(codes: «1»)", "'codes' must be 2 or more, not 1"),
    (layers, "let h = «y» |> flatten", "unknown name 'y'"),
    (layers, "let h = «beta» |> flatten", "a hyper can stand only in the objective"),
    (layers, "let h = «relu» |> flatten", "'relu' is a layer, not a value"),
    (layers, "let h = «3» |> relu", "a tensor is needed here, not a number"),
    (layers, "let h = «\"a\"» |> relu", "a text is no value"),
    (layers, "let h = «relu»()", "'relu' needs what it is applied to"),
    (layers, "let «hidden» = x\n let h = x |> flatten", "the name 'hidden' is taken"),
    (layers, "let h = x |> flatten\n let «h» = x |> relu", "the name 'h' is taken"),
    (layers, "let h = x |> flatten\n «w» = h", "'w' is not a result of the encoder"),
    (posterior, posterior + "\n «z» = h", "'z' is given twice"),
    (
      posterior, posterior.replacingOccurrences(of: "dense(latent), l", with: "dense(«hiden»), l"),
      "unknown name 'hiden'"
    ),
    ("encoder (x) -> z {", "encoder (x) -> z, «w» {", "the encoder never gives 'w'"),
    ("encoder (x) -> z {", "encoder («y», x) -> z {", "'y' is not an input of the model"),
    ("encoder (x) -> z {", "encoder (x, «x») -> z {", "'x' is named twice"),
    ("decoder (z) -> x {", "decoder (z, «w») -> x {", "'w' is not a result of the encoder"),
    ("config latent = 2", "config latent = 2\n config «hidden» = 3", "'hidden' is declared twice"),
    ("encoder (x) -> z {", "config z = 3\n encoder (x) -> «z» {", "'z' is declared twice"),
    (
      "hyper beta = 1.0", "hyper beta = 1.0\n «use encoder from \"a.vdl\"»", "a model has an encoder only once"
    ),
    ("hyper beta = 1.0", "hyper beta = 1.0\n block «relu»(h) = h |> tanh", "'relu' is a layer of the language"),
    (input, "input x: «imgae»[1, 28, 28]", "unknown type 'imgae'"),
    (input, "input x: «image[28, 28]»", "an image has three extents, image[channels, height, width], not 2"),
    (objective, objective + "\n «minimize mse(x)»", "a model has an objective only once"),
    (
      prior, "prior (x) -> z { z ~ normal(mean: 0, std: 1) }".replacingOccurrences(of: "(x)", with: "(«x»)"),
      "'x' is what the decoder makes; a prior cannot depend on it"
    ),
    (prior, prior + "\n prior «z» ~ normal(mean: 0, std: 1)", "'z' has two priors"),
    (prior, "prior «w» ~ normal(mean: 0, std: 1)\n " + prior, "'w' is not a result of the encoder"),
  ]

  static let arguments: [(String, String, String)] = [
    (layers, "let h = x |> «conv»(32) |> flatten", "'conv' needs 'kernel:'"),
    (
      layers, "let h = x |> flatten |> dense(«\"16\"») |> relu",
      "a number that is fixed when compiled is needed here"
    ),
    (layers, "let h = x |> «conv»(kernel: 3) |> flatten", "'conv' needs 'channels'"),
    (layers, "let h = x |> conv(32, «kernal»: 3) |> flatten", "'conv' has no argument 'kernal'"),
    (layers, "let h = x |> conv(32, kernel: 3, «kernel»: 3) |> flatten", "'kernel' is given twice"),
    (layers, "let h = x |> conv(32, «3») |> flatten", "this argument of 'conv' needs a label"),
    (layers, "let h = x |> conv(«0», kernel: 3) |> flatten", "'channels' must be 1 or more, not 0"),
    (layers, "let h = x |> conv(4, kernel: «1.5») |> flatten", "'kernel' needs an integer, not 1.5"),
    (layers, "let h = x |> conv(4, kernel: 3, pad: «sane») |> flatten", "unknown name 'sane'"),
    (layers, "let h = x |> conv(4, kernel: 3, bias: «no») |> flatten", "'bias' must be true or false"),
    (layers, "let h = x |> relu(«1») |> flatten", "'relu' takes no arguments"),
    (layers, "let h = x |> «reshape» |> flatten", "'reshape' needs 'extents'"),
    (layers, "let h = x |> flatten |> dense(«hidden / 3»)", "'units' needs an integer, not 5.333333333333333"),
    (layers, "let h = x |> flatten |> dense(«1 / 0»)", "division by zero"),
    (layers, "let h = x |> flatten |> dense(«4611686018427387904 * 4»)", "this number is too large"),
    (
      layers, "let h = x |> flatten |> dense(«beta»)",
      "'beta' is given at run time; a number that is fixed when compiled is needed here"
    ),
    (layers, "let h = x |> flatten |> dense(«x»)", "'x' is a tensor; a number is needed here"),
    (
      layers, "let h = x |> flatten |> dense(3, init: «glorot_unifrom»)", "unknown initializer 'glorot_unifrom'"
    ),
    (layers, "let h = x |> flatten |> dense(3, init: «3»)", "'init' needs the name of an initializer"),
    (layers, "let h = x |> flatten |> dense(3, init: «normal»)", "'normal' needs 'std:'"),
    (layers, "let h = x |> flatten |> dense(3, init: normal(std: «-1»))", "'std' must be 0 or above, not -1.0"),
    (layers, "let h = x |> flatten |> dense(3, init: zeros(«1»))", "'zeros' takes no arguments"),
    (layers, "let h = x |> flatten |> leaky_relu(slope: «-0.1»)", "'slope' must be 0 or above, not -0.1"),
    (layers, "let h = x |> flatten |> elu(«0.1»)", "this argument of 'elu' needs a label"),
    (layers, "let h = x |> flatten |> relu as «r»", "'relu' has no parameters to name"),
    (layers, "let h = x |> «down»() |> flatten", "'down' needs 'channels'"),
    (layers, "let h = x |> down(3, «4») |> flatten", "too many arguments for 'down'"),
    (layers, "let h = x |> down(«chanels»: 3) |> flatten", "'down' has no argument 'chanels'"),
    (
      layers, "let h = x |> flatten |> dense(3) as a |> dense(3) as «a»",
      "a layer is named 'encoder.a' already"
    ),
    (posterior, "z ~ «nromal»(mean: h, logvar: h)", "unknown distribution 'nromal'"),
    (posterior, "z ~ «bernoulli»(logits: h)", "'bernoulli' as a posterior is not supported yet"),
    (posterior, "z ~ normal(«h», logvar: h)", "arguments of a distribution are labeled"),
    (posterior, "z ~ normal(mean: h, «logvr»: h)", "'normal' has no argument 'logvr'"),
    (posterior, "z ~ «normal»(mean: h)", "'normal' needs 'logvar:' or 'std:'"),
    (posterior, "z ~ normal(mean: h, logvar: h, «std»: h)", "'std' and 'logvar' exclude each other"),
    (likelihood, "x ~ normal(mean: logits, std: «0»)", "'std' must be above 0, not 0.0"),
    (likelihood, "x ~ laplace(mean: logits, scale: «hidden - 17»)", "'scale' must be above 0, not -1.0"),
    (likelihood, "x ~ normal(mean: «0», std: 1)", "a tensor is needed here, not a number"),
    (settings, "optimizer: «lion»(rate: 1)", "unknown optimizer 'lion'"),
    (settings, "optimizer: sgd(nesterov: «maybe»)", "'nesterov' must be yes or no"),
    (settings, "optimizer: «sgd(nesterov: yes)»", "'nesterov' needs a momentum above 0"),
    (settings, "clip: «1.0»", "'clipping' needs a call such as norm(1.0)"),
    (settings, "clip: «shorten»(1.0)", "unknown clipping 'shorten'"),
    (settings, "clip: norm(«0»)", "'limit' must be above 0, not 0.0"),
    (settings, "optimizer: adam(rate: «0»)", "'rate' must be above 0, not 0.0"),
    (settings, "optimizer: adam(«rates»: 1)", "'adam' has no argument 'rates'"),
    (settings, "optimizer: «3»", "'optimizer' needs a call such as adam(rate: 1e-3)"),
    (settings, "batch: «0»", "'batch' must be 1 or more, not 0"),
    (settings, "epochs: «99999999»", "'epochs' must be 16777216 or less, not 99999999"),
    (
      input, "input x: «image[3, 100000, 100000]»", "the image is too large: the limit is 268435456 elements"
    ),
    (settings, "«bacth»: 3", "unknown setting 'bacth'"),
    (settings, "batch: 3, «batch»: 4", "'batch' is set twice"),
  ]

  static let objectives: [(String, String, String)] = [
    (objective, "maximize loglik(x) - beta * kl(«x»)", "'x' is not a result of the encoder"),
    (objective, "maximize loglik(«z»)", "'z' is not a result of the decoder"),
    (objective, "maximize «iwae»", "'iwae' needs 'samples:' in parentheses"),
    (objective, "maximize iwae(«50»)", "this argument of 'iwae' needs a label"),
    (objective, "maximize «iwae»()", "'iwae' needs 'samples:'"),
    (objective, "maximize iwae(samples: «0»)", "'samples' must be 1 or more, not 0"),
    (objective, "maximize iwae(«samples: 1001»)", "'samples' must be 1000 or less, not 1001"),
    (
      objective, "maximize iwae(samples: 2) + «iwae(samples: 3)»", "the objective has 'iwae' twice"
    ),
    (objective, "maximize loglik(x) - «kl_sparsity»(h)", "'kl_sparsity' needs 'target:'"),
    (objective, "maximize loglik(x) - «jacobian(h)»", "'jacobian' needs the names of a value and of an input"),
    (objective, "maximize loglik(x) - jacobian(h, «z»)", "an input of the encoder is needed here"),
    (
      objective, "maximize loglik(x) - kl_sparsity(h, target: «1»)",
      "'target' must be above 0 and below 1, not 1.0"
    ),
    (
      objective, "maximize loglik(x) - 0.1 * l1(«hh»)",
      "'hh' is not a value of the encoder or the decoder"
    ),
    (objective, "maximize loglik(x) - l2(«x»)", "'x' is drawn from a likelihood: it has no value"),
    (
      objective, "maximize loglik(x) - «l2(h |> relu)»",
      "'l2' needs the name of a value of the encoder or the decoder"
    ),
    (objective, "maximize loglik(x) - kl(z, «fre»: 1)", "'kl' has no argument 'fre'"),
    (objective, "maximize loglik(x) - kl(z, free: 1, «free»: 2)", "'free' is given twice"),
    (objective, "maximize loglik(x) - kl(z, free: «-1»)", "'free' must be 0 or above, not -1.0"),
    (objective, "maximize loglik(x) - «max(kl(z))»", "'max' needs two arguments, not 1"),
    (objective, "maximize loglik(x) - «abs(kl(z), 1)»", "'abs' needs one argument, not 2"),
    (objective, "maximize loglik(x) - max(kl(z), «least»: 1)", "'max' has no argument 'least'"),
    (objective, "maximize loglik(x) - kl(z) * «log(hidden - 16)»", "'log' has no finite value here"),
    (objective, "maximize loglik(x) - «max»", "'max' needs its arguments in parentheses"),
    (objective, "maximize «logklik»(x)", "unknown term 'logklik'"),
    (objective, "maximize loglik(x) - «gamma» * kl(z)", "unknown name 'gamma'"),
    (objective, "maximize loglik(x) - «kl»", "'kl' needs its subject in parentheses"),
    (objective, "maximize «loglik(1)»", "'loglik' needs the name of a result of the decoder"),
    (objective, "maximize loglik(x) * («1 / 0»)", "division by zero"),
    (layers, "let h = (x |> flatten) * («1e300 * 1e300»)", "this number is too large"),
    (objective, "maximize «beta * 2»", "the objective has no term"),
    (objective, "maximize «loglik(x) |> relu»", "a layer cannot stand in the objective"),
    (posterior, "z = h |> dense(latent)", "'kl(z)' needs a posterior: the encoder does not draw 'z'"),
    (
      objective, "maximize loglik(x) - «codebook(z)»", "'codebook(z)' needs a latent that is quantized"
    ),
    (prior, "", "'kl(z)' needs a prior"),
    (likelihood, "x = logits |> sigmoid", "'loglik(x)' needs a likelihood: the decoder does not draw 'x'"),
  ]

  @Test(arguments: names + arguments + objectives)
  func anErrorPointsAtItsCharacters(original: String, marked: String, message: String) throws {
    var changed = Self.base.replacingOccurrences(of: original, with: marked)
    try #require(changed != Self.base)
    // Errors that a change elsewhere causes in the objective are marked there.
    if !marked.contains("«") {
      let term = message.contains("loglik") ? "loglik(x)" : "kl(z)"
      changed = changed.replacingOccurrences(of: term, with: "«\(term)»")
    }
    let text = MarkedText(changed)
    expect(errors(text), are: [message], at: text)
  }

  @Test(arguments: [
    ("dense(1000000000)", "encoder.h.dense0", "f32[1000000000,?]"),
    (
      "reshape(1, 28, 28) |> conv(9223372036854775807, kernel: 3)", "encoder.h.conv0",
      "f32[9223372036854775807,?,3,3]"
    ),
    (
      "reshape(1, 28, 28) |> conv(4, kernel: 1000000000)", "encoder.h.conv0",
      "f32[4,?,1000000000,1000000000]"
    ),
  ])
  func parametersThatAreTooLargeAreRefused(_ layer: String, _ name: String, _ type: String) {
    let text = Self.base.replacingOccurrences(of: Self.layers, with: "let h = x |> flatten |> \(layer)")
    #expect(
      errors(MarkedText(text)).map(\.message).contains(
        "the parameter '\(name).weight' cannot be \(type): it is too large, the limit is 268435456 elements per image"
      ))
  }

  /// Messages, suggestions and the search for duplicates take time that may not grow with the text.
  @Test(arguments: ["config a = 1\n", "config a%d = b%d\n", "let h%d = x |> reshape(3)\n"])
  func thousandsOfErrorsAreFoundInTime(_ line: String) {
    let lines = (0..<20_000).map { line.replacingOccurrences(of: "%d", with: "\($0)") }.joined()
    let place = line.hasPrefix("let") ? Self.layers : "hyper beta = 1.0"
    let text = MarkedText(Self.base.replacingOccurrences(of: place, with: lines + place))
    let found = errors(text)
    #expect(!found.isEmpty)
    #expect(found.count <= 50)
  }

  @Test func aMisspeltNameIsSuggested() {
    let text = MarkedText(Self.base.replacingOccurrences(of: "|> flatten", with: "|> flaten"))
    #expect(errors(text).map(\.notes) == [[.init("did you mean 'flatten'?")]])
    let used = MarkedText(Self.base.replacingOccurrences(of: "x |> flatten", with: "x |> dwon(3) |> flatten"))
    #expect(errors(used).map(\.notes) == [[.init("did you mean 'down'?")]])
  }

  @Test func aConfigThatIsNoIntegerIsNamedWithItsPlace() {
    let text = MarkedText(
      Self.base.replacingOccurrences(of: "config hidden = 16", with: "config hidden = 16.5")
        .replacingOccurrences(of: "dense(hidden)", with: "dense(«hidden»)"))
    expect(errors(text), are: ["'units' needs an integer, not 16.5"], at: text)
    let note = errors(text).first?.notes.first
    #expect(note?.message == "'hidden' is 16.5")
    #expect(note?.range?.start == SourcePosition(line: 2, column: 3))
  }

  @Test func errorsOfAllScopesComeTogether() {
    let text = MarkedText(
      Self.base
        .replacingOccurrences(of: Self.layers, with: "let h = x |> «flaten» |> «dnese»(3)")
        .replacingOccurrences(of: "dense(784)", with: "dense(«-1»)")
        .replacingOccurrences(of: "epochs: 30", with: "«epoch»: 30"))
    let messages = [
      "unknown layer 'flaten'", "unknown layer 'dnese'", "'units' must be 1 or more, not -1",
      "unknown setting 'epoch'",
    ]
    expect(errors(text), are: messages, at: text)
  }

  @Test func anErrorInABlockIsReportedOnce() {
    let text = MarkedText(
      Self.base.replacingOccurrences(of: "|> relu\n  encoder", with: "|> «rleu»\n  encoder")
        .replacingOccurrences(of: "x |> flatten", with: "x |> down(4) |> down(8) |> flatten"))
    expect(errors(text), are: ["unknown layer 'rleu'"], at: text)
  }

  @Test func whatAModelLacksIsListed() {
    let text = MarkedText("«««model m {\n}»»»")
    #expect(
      errors(text).map(\.message) == [
        "'m' has no input", "'m' has no encoder", "'m' has no decoder", "'m' has no objective",
      ])
  }

  @Test func blocksCannotApplyThemselves() {
    let block = "block down(h, channels) = h |> conv(channels, kernel: 3, stride: 2, pad: 1) |> relu"
    let text = MarkedText(
      Self.base
        .replacingOccurrences(of: block, with: "block a(h) = h |> b\n block b(h) = h |> «a»")
        .replacingOccurrences(of: "x |> flatten", with: "x |> a |> flatten"))
    expect(errors(text), are: ["block 'a' applies itself"], at: text)
  }

  @Test func blocksOfBlocksAreCutOffInTime() {
    let blocks = (1...30).map { "block b\($0)(h) = h |> b\($0 - 1) |> b\($0 - 1)" }.joined(separator: "\n")
    let text = MarkedText(
      Self.base.replacingOccurrences(of: "model m {", with: "model «m» {\nblock b0(h) = h |> relu\n" + blocks)
        .replacingOccurrences(of: "x |> flatten", with: "x |> b30 |> flatten"))
    expect(errors(text), are: ["the model applies more than 1000 layers"], at: text)
    let chain = (1...40).map { "block b\($0)(h) = h |> b\($0 - 1)" }.joined(separator: "\n")
    let deep = MarkedText(
      Self.base.replacingOccurrences(of: "model m {", with: "model m {\nblock b0(h) = h |> relu\n" + chain)
        .replacingOccurrences(of: "x |> flatten", with: "x |> b40 |> flatten"))
    #expect(errors(deep).map(\.message) == ["blocks are nested deeper than 32 levels"])
  }
}
