import Diagnostics

/// The tree of one `.vdl` file: a model.
public struct ModelSyntax: Sendable, Equatable {
  /// The `///` lines before the model, joined by line breaks.
  public var documentation: String?
  public var name: Name
  public var declarations: [Declaration]
  /// From `model` to the closing brace.
  public var range: SourceRange
  /// All comments of the file in order, for tools that print the text anew.
  public var comments: [Comment]
  /// The models whose parts it uses, by their files as the text writes them; filled by `withUsedModels`.
  public internal(set) var used: [String: ModelSyntax] = [:]
}

/// What stands directly inside a model.
public enum Declaration: Sendable, Equatable {
  case config(ConstantDeclaration)
  case hyper(ConstantDeclaration)
  case input(InputDeclaration)
  case block(BlockDeclaration)
  case shared(SharedDeclaration)
  case scope(ScopeDeclaration)
  case corrupt(CorruptDeclaration)
  case objective(ObjectiveDeclaration)
  case use(UseDeclaration)
  case train(TrainDeclaration)

  public var range: SourceRange {
    switch self {
    case .config(let node), .hyper(let node): node.range
    case .input(let node): node.range
    case .block(let node): node.range
    case .shared(let node): node.range
    case .scope(let node): node.range
    case .corrupt(let node): node.range
    case .objective(let node): node.range
    case .use(let node): node.range
    case .train(let node): node.range
    }
  }
}

/// `config hidden = 100` (fixed when compiled) or `hyper beta = 1.0` (given at run time).
public struct ConstantDeclaration: Sendable, Equatable {
  public var documentation: String?
  public var name: Name
  public var value: Expression
  public var range: SourceRange
}

/// `input x: image[1, 28, 28] |> threshold(0.5)`.
public struct InputDeclaration: Sendable, Equatable {
  public var documentation: String?
  public var name: Name
  public var type: TypeSyntax
  /// What is done to the data before anything sees them.
  public var operations: [Call]
  public var range: SourceRange
}

/// `image[1, 28, 28]`, `class[10]`, `vector[784]`.
public struct TypeSyntax: Sendable, Equatable {
  public var name: Name
  public var extents: [Expression]
  public var range: SourceRange
}

/// `block down(h, channels) = h |> conv(channels, kernel: 3) |> relu`. The first parameter is what is piped in.
public struct BlockDeclaration: Sendable, Equatable {
  public var documentation: String?
  public var name: Name
  /// Never empty.
  public var parameters: [Name]
  public var body: Expression
  public var range: SourceRange
}

/// `shared f = down(32)`: a layer or block with one set of weights for all its uses.
public struct SharedDeclaration: Sendable, Equatable {
  public var documentation: String?
  public var name: Name
  public var layer: Call
  public var range: SourceRange
}

public enum ScopeKind: String, Sendable, CaseIterable {
  case encoder
  case prior
  case decoder
}

/// `encoder (x) -> z { ... }`, `prior z ~ normal(mean: 0, std: 1)`, `decoder (z) -> x { ... }`.
public struct ScopeDeclaration: Sendable, Equatable {
  public var documentation: String?
  public var kind: ScopeKind
  /// The word `encoder`, `prior` or `decoder` itself.
  public var keywordRange: SourceRange
  public var parameters: [Name]
  public var results: [Name]
  public var statements: [Statement]
  /// Whether it is the short form `prior z ~ ...`: no parameters, one result, one draw, no braces.
  public var isShort: Bool
  public var range: SourceRange
}

/// What stands inside a scope's braces.
public enum Statement: Sendable, Equatable {
  case binding(Binding)
  case draw(Draw)

  public var range: SourceRange {
    switch self {
    case .binding(let node): node.range
    case .draw(let node): node.range
    }
  }
}

/// `let h = x |> dense(10)` names an intermediate value; `z = h |> dense(2)` gives the scope's result its value.
public struct Binding: Sendable, Equatable {
  public var documentation: String?
  public var isLet: Bool
  public var name: Name
  public var value: Expression
  public var range: SourceRange
}

/// `z ~ normal(mean: ..., logvar: ...)`: the posterior in an encoder, the prior in a prior, the likelihood in a decoder.
public struct Draw: Sendable, Equatable {
  public var documentation: String?
  public var name: Name
  public var distribution: Call
  public var range: SourceRange
}

/// `corrupt x with noise(std: 0.3)`: the encoder sees the corrupted input, the loss the clean one.
public struct CorruptDeclaration: Sendable, Equatable {
  public var documentation: String?
  public var input: Name
  public var corruption: Call
  public var range: SourceRange
}

/// `maximize loglik(x) - beta * kl(z)` or `minimize mse(x)`.
public struct ObjectiveDeclaration: Sendable, Equatable {
  public enum Direction: String, Sendable {
    case maximize
    case minimize
  }

  public var documentation: String?
  public var direction: Direction
  public var value: Expression
  public var range: SourceRange
}

/// `use encoder from "convae.vdl" frozen`: that part of another, trained model.
public struct UseDeclaration: Sendable, Equatable {
  public var documentation: String?
  public var part: ScopeKind
  public var partRange: SourceRange
  public var file: StringLiteral
  public var isFrozen: Bool
  public var range: SourceRange
}

/// `train { optimizer: adam(rate: 1e-3), batch: 128, epochs: 30 }`: defaults of the runner.
public struct TrainDeclaration: Sendable, Equatable {
  public var documentation: String?
  public var settings: [Setting]
  public var range: SourceRange
}

/// `batch: 128`.
public struct Setting: Sendable, Equatable {
  public var name: Name
  public var value: Expression
  public var range: SourceRange
}
