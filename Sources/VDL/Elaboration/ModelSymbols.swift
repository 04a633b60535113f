import Diagnostics
import IR

/// The declarations of a model by their names, checked for what needs no entry: names, numbers, headers.
struct ModelSymbols {
  struct Config {
    var declaration: ConstantDeclaration
    /// Nil where its expression is faulty.
    var value: Constant?
  }

  struct Hyper {
    var declaration: ConstantDeclaration
    var value: Double
  }

  struct Input {
    enum Kind {
      /// Channels, height, width.
      case image([Int])
      /// The number of classes.
      case classes(Int)
    }

    var declaration: InputDeclaration
    var kind: Kind
    var name: String { declaration.name.text }
    /// Nil for an input that is no class.
    var classes: Int? { if case .classes(let count) = kind { count } else { nil } }
    /// Nil for an input that is no image.
    var imageExtents: [Int]? { if case .image(let extents) = kind { extents } else { nil } }
  }

  /// A part that stands in the text of another model.
  struct UsedPart {
    let declaration: UseDeclaration
    /// The declarations of that model.
    let symbols: ModelSymbols
  }

  let syntax: ModelSyntax
  /// The parts that `use` takes over, by what they are.
  var parts: [ScopeKind: UsedPart] = [:]
  var configs: [String: Config] = [:]
  /// Names in the order of their declarations.
  var configNames: [String] = []
  var hypers: [String: Hyper] = [:]
  var hyperNames: [String] = []
  var inputs: [Input] = []
  var blocks: [String: BlockDeclaration] = [:]
  var shared: [String: SharedDeclaration] = [:]
  /// What the encoder sees corrupted, by the input.
  var corruptions: [String: CorruptDeclaration] = [:]
  var encoder: ScopeDeclaration?
  var decoder: ScopeDeclaration?
  var priors: [ScopeDeclaration] = []
  var objective: ObjectiveDeclaration?
  var train: TrainDeclaration?
  /// Draws of each image that the objective is made of.
  var samples = 1

  init(syntax: ModelSyntax) {
    self.syntax = syntax
  }

  /// A note at a name, where there is one.
  func note(_ message: String, at name: Name?) -> [Diagnostic.Note] {
    name.map { [Diagnostic.Note(message, at: $0.range)] } ?? []
  }

  /// What to do about a result of a scope, at the statement that gives it.
  func notes(_ remedy: String, on result: String, in scope: ScopeDeclaration) -> [Diagnostic.Note] {
    let statement = scope.statements.first { $0.name.text == result }
    return [Diagnostic.Note("\(remedy) in the \(scope.kind.rawValue)", at: statement?.range)]
  }

  func input(_ name: String) -> Input? { inputs.first { $0.name == name } }
  func isInput(_ name: String) -> Bool { input(name) != nil }
  /// How many classes the inputs have that are classes.
  var classCounts: [NamedNumber] {
    var counts: [NamedNumber] = []
    for input in inputs {
      if case .classes(let count) = input.kind { counts.append(NamedNumber(input.name, Double(count))) }
    }
    return counts
  }
  /// The inputs that are classes.
  var classNames: [Name] { inputs.filter { $0.classes != nil }.map(\.declaration.name) }
  /// The results of the encoder.
  var latentNames: [String] { encoder?.results.map(\.text) ?? [] }
  /// Encoder, priors and decoder, as far as there are.
  var scopes: [ScopeDeclaration] { [encoder].compactMap { $0 } + priors + [decoder].compactMap { $0 } }
  /// The latents that the decoder takes.
  var decodedLatents: [Name] { decoder?.parameters.filter { !isInput($0.text) } ?? [] }
  /// The prior of a latent.
  func prior(of latent: String) -> ScopeDeclaration? {
    priors.first { $0.results.contains { $0.text == latent } }
  }
}

/// Names that arguments of the entries have; an input or a latent of that name could not be told from them.
let entryArgumentNames: Set<String> = [
  "index", "seed", "epoch", "sample", "step", "rate", "decay", "clip", "loss",
]
