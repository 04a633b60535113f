import Diagnostics
import Foundation
import IR
import LanguageTesting
import Testing
import VDL

/// What helps against an error: suggestions, and the other places that it has to do with.
@Suite struct HintTests {
  struct Case: Sendable, CustomTestStringConvertible {
    /// Pieces of the base and what stands in their place, with `«»` around the error and `‹›` around places of notes.
    let edits: [(String, String)]
    let message: String
    let notes: [String]

    init(_ edits: (String, String)..., message: String, notes: String...) {
      self.edits = edits
      self.message = message
      self.notes = notes
    }

    var testDescription: String { "\(message): \(edits.map(\.1))" }
  }

  private static let base = """
    model m {
      config hidden = 16
      hyper beta = 1.0
      input x: image[1, 28, 28]
      block down(h, channels) = h |> conv(channels, kernel: 3) |> relu
      encoder (x) -> z {
        let h = x |> flatten |> dense(hidden)
        z ~ normal(mean: h |> dense(2), logvar: h |> dense(2))
      }
      prior z ~ normal(mean: 0, std: 1)
      decoder (z) -> x {
        let y = z |> dense(784) |> reshape(1, 28, 28)
        x ~ bernoulli(logits: y)
      }
      maximize loglik(x) - beta * kl(z)
      train { optimizer: adam(rate: 1e-3), batch: 128 }
    }
    """
  private static let layers = "x |> flatten |> dense(hidden)"
  private static let posterior = "z ~ normal(mean: h |> dense(2), logvar: h |> dense(2))"
  private static let likelihood = "x ~ bernoulli(logits: y)"
  private static let normal = "its form is normal(mean:, logvar: or std:)"
  private static let conv =
    "its form is conv(channels, kernel:, stride: 1, pad: 0, init: fan_in_uniform, bias: true)"

  static let slips: [Case] = [
    Case(
      (layers, "x |> flatten «dense»(hidden)"),
      message: "expected the end of the line after the value of 'h', found 'dense'",
      notes: "a layer is applied with '|>': '|> dense'"),
    Case(
      (layers, "x «->» flatten"),
      message: "expected the end of the line after the value of 'h', found '->'",
      notes: "a layer is applied with '|>'"),
    Case(
      ("|> relu", "|> relu «dense»"), message: "expected the end of the line after the block, found 'dense'",
      notes: "a layer is applied with '|>': '|> dense'"),
    Case(
      (layers, "x |> flatten |> dense «16»"),
      message: "expected the end of the line after the value of 'h', found '16'",
      notes: "arguments stand in parentheses: 'dense(16)'"),
    Case((layers, "x «|» flatten"), message: "unexpected '|'", notes: "a layer is applied with '|>'"),
    Case(
      (layers, "x |> flatten «>» dense(hidden)"), message: "unexpected '>'",
      notes: "a layer is applied with '|>'"),
    Case((layers, "x |> flatten«;»"), message: "unexpected ';'", notes: "a statement ends with its line"),
    Case((layers, "x «^» 2"), message: "unexpected '^'", notes: "there are no powers: a square is 'h * h'"),
    Case(
      ("prior z ~", "prior z «=»"), message: "a draw is written with '~', not with '='"),
    Case(
      (likelihood, "x ~ bernoulli(logits: y) «|>» relu"), message: "no layer can be applied to a distribution",
      notes: "a value that layers compute is given with '=': 'x = ...'"),
    Case(
      ("let h =", "var «h» ="), message: "expected '=' or '~' after the name, found 'h'",
      notes: "a value in between is 'let h = ...'"),
    Case(
      (posterior, "z = «normal»(mean: h, logvar: h)"), message: "'normal' is a distribution, not a layer",
      notes: "a draw is written with '~': 'z ~ normal(mean:, logvar: or std:)'"),
    Case(
      (posterior, "z = h |> «normal»"), message: "'normal' is a distribution, not a layer",
      notes: "a draw is written with '~': 'z ~ normal(mean:, logvar: or std:)'"),
    Case((posterior, "z = «kl»"), message: "'kl' is a term of the objective, not a layer"),
    Case(
      (posterior, "z ~ «dense»(h, 2)"), message: "'dense' is a layer, not a distribution",
      notes: "a computed value is given with '=': 'z = ...'"),
    Case(
      (posterior, "z ~ «h»"), message: "'h' is a value, not a distribution",
      notes: "a computed value is given with '=': 'z = ...'"),
    Case(
      ("batch: 128", "«rate»: 0.1"), message: "unknown setting 'rate'",
      notes: "it is an argument of the optimizer: 'optimizer: adam(rate: ...)'"),
  ]

  static let names: [Case] = [
    Case(
      (layers, "x |> flatten |> «linear»(16)"), message: "unknown layer 'linear'",
      notes: "did you mean 'dense'?"),
    Case((layers, "x |> «Conv2d»(16, 3)"), message: "unknown layer 'Conv2d'", notes: "did you mean 'conv'?"),
    Case(
      (layers, "x |> conv(3, «kernel_size»: 3) |> flatten"), message: "'conv' has no argument 'kernel_size'",
      notes: "did you mean 'kernel'?"),
    Case(
      (layers, "x |> conv(3, «banana»: 3) |> flatten"), message: "'conv' has no argument 'banana'", notes: conv),
    Case(
      (layers, "x |> down(«chanels»: 3) |> flatten"), message: "'down' has no argument 'chanels'",
      notes: "did you mean 'channels'?", "it is declared here"),
    Case(
      (layers, "x |> flatten |> dense(«hiden»)"), message: "unknown name 'hiden'",
      notes: "did you mean 'hidden'?"),
    Case(
      (layers, "x |> flatten |> dense(2, init: «xavier»)"), message: "unknown initializer 'xavier'",
      notes: "did you mean 'glorot_uniform'?"),
    Case(
      (posterior, "z ~ «gaussian»(mean: h, std: h)"), message: "unknown distribution 'gaussian'",
      notes: "did you mean 'normal'?"),
    Case(
      (posterior, "z ~ «poisson»(mean: h)"), message: "unknown distribution 'poisson'",
      notes: "distributions are normal, bernoulli, continuous_bernoulli, laplace, categorical"),
    Case(
      (posterior, "z ~ normal(«mu»: h, logvar: h)"), message: "'normal' has no argument 'mu'",
      notes: "did you mean 'mean'?"),
    Case(
      (posterior, "z ~ normal(mean: h, «sigma»: h)"), message: "'normal' has no argument 'sigma'",
      notes: "did you mean 'std'?"),
    Case(
      (posterior, "z ~ normal(mean: h, «width»: h)"), message: "'normal' has no argument 'width'", notes: normal
    ),
    Case(
      ("maximize loglik(x)", "maximize «log_likelihood»(x)"), message: "unknown term 'log_likelihood'",
      notes: "did you mean 'loglik'?"),
    Case(
      ("maximize loglik(x)", "maximize «elbo»(x)"), message: "unknown term 'elbo'",
      notes:
        "terms are loglik, kl, iwae, mse, sse, codebook, commitment, l1, l2, jacobian, kl_sparsity, mmd, mutual_information, total_correlation, dimension_kl"
    ),
    Case(("- beta", "- «bta»"), message: "unknown name 'bta'", notes: "did you mean 'beta'?"),
    Case(
      ("- beta", "- «weight»"), message: "unknown name 'weight'",
      notes: "the objective is made of terms, numbers, configs and hypers"),
    Case(
      ("optimizer: adam", "optimizer: «adma»"), message: "unknown optimizer 'adma'",
      notes: "did you mean 'adam'?"),
    Case(
      ("optimizer: adam", "optimizer: «lion»"), message: "unknown optimizer 'lion'",
      notes: "it may be adam, adamw, sgd, rmsprop, adagrad"),
    Case(("rate: 1e-3", "«lr»: 1e-3"), message: "'adam' has no argument 'lr'", notes: "did you mean 'rate'?"),
    Case(
      ("batch: 128", "«batch_size»: 128"), message: "unknown setting 'batch_size'",
      notes: "did you mean 'batch'?"),
    Case(
      ("batch: 128", "«shuffle»: 1"), message: "unknown setting 'shuffle'",
      notes: "settings are batch, epochs, optimizer, clip"),
    Case(("image[", "«imgae»["), message: "unknown type 'imgae'", notes: "did you mean 'image'?"),
    Case(
      ("maximize loglik(x)", "«loss» = loglik(x)"), message: "unknown declaration 'loss'",
      notes: "did you mean 'minimize'?"),
    Case(("hyper beta", "«hypr» beta"), message: "unknown declaration 'hypr'", notes: "did you mean 'hyper'?"),
    Case(
      ("hyper beta", "«weight» beta"), message: "expected a declaration, found 'weight'",
      notes:
        "declarations begin with config, hyper, input, block, shared, encoder, prior, decoder, corrupt, maximize, "
        + "minimize, use, train"),
    Case(("let h", "«lte» h"), message: "unknown statement 'lte'", notes: "did you mean 'let'?"),
  ]

  static let arguments: [Case] = [
    Case(
      (layers, "x |> conv(3, «5») |> flatten"), message: "this argument of 'conv' needs a label",
      notes: "did you mean 'kernel: 5'?", conv),
    Case(
      (layers, "x |> conv(3, kernel: 5, «hidden + 1») |> flatten"),
      message: "this argument of 'conv' needs a label",
      notes: "did you mean 'stride: ...'?", conv),
    Case((layers, "x |> «conv»(3) |> flatten"), message: "'conv' needs 'kernel:'", notes: conv),
    Case((layers, "x |> relu(«3») |> flatten"), message: "'relu' takes no arguments"),
    Case(
      (layers, "x |> flatten |> dense(3, «zeros»)"), message: "this argument of 'dense' needs a label",
      notes: "did you mean 'init: zeros'?", "its form is dense(units, init: fan_in_uniform, bias: true)"),
    Case(
      (layers, "x |> flatten |> dense(3, init: zeros, bias: true, «4»)"),
      message: "too many arguments for 'dense'",
      notes: "its form is dense(units, init: fan_in_uniform, bias: true)"),
    Case(
      (layers, "x |> «down» |> flatten"), ("block", "‹block"), ("|> relu", "|> relu›"),
      message: "'down' needs 'channels'", notes: "it is declared here"),
    Case(
      (layers, "x |> down(1, «2») |> flatten"), ("block", "‹block"), ("|> relu", "|> relu›"),
      message: "too many arguments for 'down'", notes: "it is declared here"),
    Case(
      ("encoder (x)", "‹shared s = dense(3)›\n encoder (x)"), (layers, "x |> flatten |> s(«3»)"),
      message: "'s' takes no arguments", notes: "they are given where it is declared"),
    Case(
      (layers, "«flatten»"), message: "'flatten' is a layer, not a value", notes: "a layer is applied with '|>'"
    ),
    Case(
      (layers, "«flatten»()"), message: "'flatten' needs what it is applied to",
      notes: "write 'h |> flatten(...)' or 'flatten(h, ...)'"),
    Case(
      (posterior, "z ~ normal(«h», logvar: h)"), message: "arguments of a distribution are labeled",
      notes: normal),
    Case((posterior, "z ~ «normal»(mean: h)"), message: "'normal' needs 'logvar:' or 'std:'", notes: normal),
    Case(
      (posterior, "z ~ «bernoulli»(logits: h)"), message: "'bernoulli' as a posterior is not supported yet",
      notes: "there is normal(mean:, logvar: or std:)"),
    Case(
      ("kl(z)", "«kl(z, x)»"), message: "'kl' needs the name of a result of the encoder", notes: "write 'kl(z)'"
    ),
    Case(
      ("config hidden = 16", "‹config hidden = 1.5›"), (layers, "x |> flatten |> dense(«hidden»)"),
      message: "'units' needs an integer, not 1.5", notes: "'hidden' is 1.5"),
    Case(
      ("hyper beta", "hyper ‹beta›"), (layers, "x |> flatten |> dense(«beta»)"),
      message: "'beta' is given at run time; a number that is fixed when compiled is needed here",
      notes: "declare it with 'config' to fix it"),
    Case(
      ("hyper beta", "hyper ‹beta›"), (layers, "«beta» |> flatten"),
      message: "a hyper can stand only in the objective", notes: "'beta' is declared here"),
  ]

  static let places: [Case] = [
    Case(
      ("let y = z", "let h = z"), ("logits: y", "logits: h"), ("- beta * kl(z)", "- kl(z) - l1(«h»)"),
      ("hyper beta = 1.0", ""), message: "'h' is a value of the encoder and one of the decoder",
      notes: "rename one of them"),
    Case(
      (likelihood, "‹" + likelihood + "›"), ("- beta", "- l1(«x»)"), (" * kl(z)", " - beta * kl(z)"),
      message: "'x' is drawn from a likelihood: it has no value",
      notes: "name the value that you mean with 'let' in the decoder"),
    Case(
      ("- beta", "- «max(beta)»"), message: "'max' needs two arguments, not 1", notes: "its form is max(a, b)"),
    Case(
      ("config hidden", "config ‹hidden›"), ("hyper beta", "hyper «hidden»"), ("beta *", "2 *"),
      message: "'hidden' is declared twice", notes: "the first is here"),
    Case(
      ("maximize loglik(x) - beta * kl(z)", "‹maximize loglik(x) - beta * kl(z)›\n «minimize mse(x)»"),
      message: "a model has an objective only once", notes: "the first is here"),
    Case(
      ("decoder (z) -> x {", "«encoder» (x) -> a { a = x }\n decoder (z) -> x {"),
      ("encoder (x) -> z", "‹encoder› (x) -> z"),
      message: "a model has an encoder only once", notes: "the first is here"),
    Case(
      ("input x", "input ‹x›"), ("encoder (x)", "encoder («y»)"), (layers, "y |> flatten"),
      message: "'y' is not an input of the model", notes: "there is 'x'"),
    Case(
      ("-> z {", "-> ‹z› {"), ("decoder (z)", "decoder («w»)"), ("let y = z", "let y = w"),
      message: "'w' is not a result of the encoder", notes: "there is 'z'"),
    Case(
      ("-> z {", "-> ‹z› {"), ("kl(z)", "kl(«x»)"), message: "'x' is not a result of the encoder",
      notes: "write 'kl(z)'", "its results are declared here"),
    Case(
      ("let h", "let ‹h›"), (layers, layers + "\n let «h» = x |> flatten"), message: "the name 'h' is taken",
      notes: "the first is here"),
    Case(
      ("config hidden", "config ‹hidden›"), ("let h", "let «hidden» = x\n let h"),
      message: "the name 'hidden' is taken", notes: "the first is here"),
    Case(
      ("encoder (x)", "encoder (‹x›)"), ("let h", "let «x» = x\n let h"), message: "the name 'x' is taken",
      notes: "the first is here"),
    Case(
      ("let h", "let «relu» = x\n let h"), message: "the name 'relu' is taken",
      notes: "'relu' is a layer of the language"),
    Case(
      (posterior, posterior.replacingOccurrences(of: "z ~", with: "‹z› ~") + "\n «z» = h"),
      message: "'z' is given twice", notes: "the first is here"),
    Case(
      ("prior z ~", "prior ‹z› ~ normal(mean: 0, std: 1)\n prior «z» ~"), message: "'z' has two priors",
      notes: "the first is here"),
    Case(
      (layers, "x |> flatten |> dense(3) as ‹a› |> dense(3) as «a»"),
      message: "a layer is named 'encoder.a' already",
      notes: "the first is here"),
    Case(
      ("batch: 128", "‹batch›: 128, «batch»: 1"), message: "'batch' is set twice", notes: "the first is here"),
    Case(
      ("input x", "input ‹x›"), ("let y = z", "let y = «x»"), message: "unknown name 'x'",
      notes: "'x' is an input, which the decoder does not take"),
    Case(
      ("let h", "let ‹h›"), ("let y = z", "let y = «h»"), message: "unknown name 'h'",
      notes: "'h' is a value of the encoder"),
    Case(
      (posterior, "‹z = h›"), ("kl(z)", "«kl(z)»"),
      message: "'kl(z)' needs a posterior: the encoder does not draw 'z'",
      notes: "write 'z ~ normal(...)' in the encoder"),
    Case(
      ("prior z ~ normal(mean: 0, std: 1)", ""), ("kl(z)", "«kl(z)»"), message: "'kl(z)' needs a prior",
      notes: "write 'prior z ~ normal(mean: 0, std: 1)'"),
    Case(
      (likelihood, "‹x = y›"), ("loglik(x)", "«loglik(x)»"),
      message: "'loglik(x)' needs a likelihood: the decoder does not draw 'x'",
      notes: "write 'x ~ bernoulli(logits: ...)', or 'minimize mse(x)' in the decoder"),
    Case(
      ("-> z {", "-> z, «w» {"), message: "the encoder never gives 'w'",
      notes: "write 'w ~ ...' to draw it or 'w = ...' to compute it"),
    Case(
      ("let h", "«w» = x\n let h"), message: "'w' is not a result of the encoder",
      notes: "a value in between is 'let w = ...'"),
    Case(
      (posterior, "z ~ normal(mean: h |> dense(2), logvar: ‹(›h |> dense(2)«»"),
      message: "expected ')', found the end of the line", notes: "to close this '('"),
  ]

  @Test(arguments: slips + names + arguments + places)
  func anErrorHelps(hint: Case) throws {
    var text = Self.base
    for (original, replacement) in hint.edits {
      try #require(text.contains(original), "\(original)")
      text = text.replacingOccurrences(of: original, with: replacement)
    }
    let marked = MarkedText(text)
    var found: [Diagnostic] = []
    do {
      _ = try elaborate(marked.source)
    } catch {
      found = error.diagnostics
    }
    expect(found, are: [hint.message], at: marked)
    let notes = found.flatMap(\.notes)
    #expect(notes.map(\.message) == hint.notes)
    let wanted = marked.noteRanges
    if !wanted.isEmpty || !hint.notes.contains("it is declared here") {
      #expect(notes.compactMap(\.range).sorted { $0.start < $1.start } == wanted)
    }
  }

  @Test func aLayerThatIsNoneAtAllIsAnsweredWithAllThereAre() throws {
    let text = Self.base.replacing("dense(hidden)", with: "attention(4)")
    let error = #expect(throws: DiagnosticList.self) {
      try elaborate(SourceText(name: "m.vdl", text: text))
    }
    let found = try #require(error?.diagnostics.first)
    #expect(found.message == "unknown layer 'attention'")
    let note = try #require(found.notes.first).message
    #expect(note.hasPrefix("the layers are conv, deconv, dense, "))
    for layer in OpTable.activations { #expect(note.contains(" \(layer.name),"), "\(layer.name)") }
  }
}
