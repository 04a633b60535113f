/// All that the compiler knows of an op: one value, declared once. The printer, the parser, the verifier, the builder,
/// the reference interpreter, the documentation and the tests read it here.
public struct OpDefinition: Sendable {
  /// The word that the IR prints.
  public let name: String
  /// One line of documentation.
  public let summary: String
  public let operands: [OperandDefinition]
  /// Names of the results, for the documentation.
  public let results: [String]
  public let attributes: [AttributeDefinition]
  /// True where a result for one image depends on the other images of the call.
  public let couplesImages: Bool
  /// True where the op does to each of several rows of an image what it does to the one row of another: all but those that make,
  /// count or reduce such rows. Operands with one row per image then go with all rows of the others.
  public let mapsSamples: Bool
  /// True for a product of matrices in one form or another: dense layers, convolutions, their gradients. Nearly all of a
  /// model's work is in these, and its FLOPs are counted by them alone.
  public let isProduct: Bool
  /// The formula, for an elementwise op.
  public let formula: ScalarExpression?
  /// Types of the results from those of the operands; refines unknown extents of the operands (of parameters).
  public let inferTypes: TypeRule
  /// What the operation means, in float64.
  public let evaluate: EvaluationRule
  /// The gradients of the operands, made of ops; nil for an op that is not differentiable or is made after
  /// differentiation.
  public let gradient: GradientRule?
  /// Floating-point operations per image (or in all, where no operand leads with `N`).
  public let flops: @Sendable (_ operands: [TensorType], _ results: [TensorType], Attributes) -> Int
  /// Operand types and attributes that make a correct operation: what the tests and the documentation show.
  public let example: OpExample
  /// What the language knows of it, where models may write it as a layer.
  public internal(set) var layer: ActivationLayer?

  public typealias TypeRule = @Sendable (inout TypingContext) throws -> [TensorType]
  public typealias EvaluationRule = @Sendable (EvaluationContext) throws -> [HostTensor]
  public typealias GradientRule =
    @Sendable (GradientContext, inout EntryBuilder) throws -> [ValueID?]

  public init(
    name: String, summary: String, operands: [OperandDefinition], results: [String],
    attributes: [AttributeDefinition] = [], couplesImages: Bool = false, mapsSamples: Bool = true,
    isProduct: Bool = false,
    formula: ScalarExpression? = nil,
    inferTypes: @escaping TypeRule, evaluate: @escaping EvaluationRule, gradient: GradientRule? = nil,
    flops: (@Sendable ([TensorType], [TensorType], Attributes) -> Int)? = nil, example: OpExample
  ) {
    self.name = name
    self.summary = summary
    self.operands = operands
    self.results = results
    self.attributes = attributes
    self.couplesImages = couplesImages
    self.mapsSamples = mapsSamples
    self.isProduct = isProduct
    self.formula = formula
    self.inferTypes = inferTypes
    self.evaluate = evaluate
    self.gradient = gradient
    self.flops =
      flops ?? { _, results, _ in results.reduce(0) { $0 + $1.count } * max(1, formula?.operationCount ?? 0) }
    self.example = example
  }

  /// True for a product that adds up images: a weight gradient.
  public var isWeightGradient: Bool { isProduct && couplesImages }

  public func attribute(_ name: String) -> AttributeDefinition? { attributes.first { $0.name == name } }
  public var requiredOperandCount: Int { operands.filter { !$0.isOptional }.count }

  /// The attributes with the defaults of those that are left out.
  public func completed(_ attributes: Attributes) -> Attributes {
    var result = attributes
    for definition in self.attributes where result[definition.name] == nil {
      result[definition.name] = definition.defaultValue
    }
    return result
  }
}

/// An operand of an op.
public struct OperandDefinition: Sendable {
  public let name: String
  /// An optional operand may be left out from the end of the list.
  public let isOptional: Bool
  /// False where no gradient flows to the operand (bytes, counters, masks).
  public let isDifferentiable: Bool

  public init(_ name: String, optional: Bool = false, differentiable: Bool = true) {
    self.name = name
    isOptional = optional
    isDifferentiable = differentiable
  }
}

/// An attribute of an op; one without a default has to be given. An attribute that equals its default is not printed.
public struct AttributeDefinition: Sendable {
  public let name: String
  public let kind: AttributeKind
  public let defaultValue: Attribute?
  /// True where the number prints in hexadecimal.
  public let isHexadecimal: Bool
  public let summary: String

  public init(
    _ name: String, _ kind: AttributeKind, default value: Attribute? = nil, hexadecimal: Bool = false,
    _ summary: String
  ) {
    self.name = name
    self.kind = kind
    defaultValue = value
    isHexadecimal = hexadecimal
    self.summary = summary
  }
}

/// A correct use of an op.
public struct OpExample: Sendable {
  public let operands: [TensorType]
  public let attributes: Attributes
  /// Operand types that the op's shape rule has to refuse, with a part of the message that it gives; empty where
  /// every shape is right.
  public let wrong: (operands: [TensorType], message: String)?
  /// Values for the operands must be above this (for logarithms, roots and divisors), or nil where any will do.
  public let lowerBound: Double?
  /// Types of the results, for an op whose operands do not tell them.
  public let declared: [TensorType?]

  public init(
    _ operands: [TensorType], _ attributes: Attributes = [:],
    wrong: (operands: [TensorType], message: String)? = nil, lowerBound: Double? = nil,
    declared: [TensorType?] = []
  ) {
    self.operands = operands
    self.attributes = attributes
    self.declared = declared
    self.wrong = wrong
    self.lowerBound = lowerBound
  }
}

/// What is wrong with an operation's types. The pass that meets it adds the place in the text.
public struct TypeError: Error, Sendable, Equatable, CustomStringConvertible {
  public var message: String
  /// A remark that helps to mend it.
  public var note: String?

  public init(_ message: String, note: String? = nil) {
    self.message = message
    self.note = note
  }

  public var description: String { message }
}

/// What a type rule works on.
public struct TypingContext: Sendable {
  /// The operands' types; a rule may replace unknown extents by what it learns.
  public var operands: [TensorType]
  public let attributes: Attributes
  /// Types that the results were declared with, where the operands do not tell them.
  public let declared: [TensorType?]

  public init(operands: [TensorType], attributes: Attributes, declared: [TensorType?] = []) {
    self.operands = operands
    self.attributes = attributes
    self.declared = declared
  }
}

/// What an evaluation rule works on.
public struct EvaluationContext: Sendable {
  public let operands: [HostTensor]
  public let attributes: Attributes
  /// Shapes of the results.
  public let resultShapes: [[Int]]
  /// Images in the call.
  public let images: Int

  public init(operands: [HostTensor], attributes: Attributes, resultShapes: [[Int]], images: Int) {
    self.operands = operands
    self.attributes = attributes
    self.resultShapes = resultShapes
    self.images = images
  }
}

/// What a gradient rule works on.
public struct GradientContext: Sendable {
  public let operation: Operation
  /// The gradient of each result; nil where none flows.
  public let resultGradients: [ValueID?]
  /// For each operand, whether its gradient is wanted.
  public let wanted: [Bool]

  public init(operation: Operation, resultGradients: [ValueID?], wanted: [Bool]) {
    self.operation = operation
    self.resultGradients = resultGradients
    self.wanted = wanted
  }

  public func operand(_ index: Int) -> ValueID { operation.operands[index] }
  public func result(_ index: Int = 0) -> ValueID { operation.results[index] }
  public var attributes: Attributes { operation.attributes }

  /// Gradients for the operands of an op with one result, made only where they are wanted.
  public func each(
    _ makers: [((ValueID, inout EntryBuilder) throws -> ValueID)?], _ builder: inout EntryBuilder
  ) throws -> [ValueID?] {
    guard let gradient = resultGradients.first ?? nil else { return makers.map { _ in nil } }
    var gradients: [ValueID?] = []
    for (index, maker) in makers.enumerated() where index < wanted.count {
      gradients.append(wanted[index] ? try maker?(gradient, &builder) : nil)
    }
    return gradients
  }
}
