import Diagnostics

/// Appends operations to an entry and infers their types where those of their operands are known.
public struct EntryBuilder: Sendable {
  public var entry: Entry
  /// Given to every operation that is appended.
  public var sources: [SourceRange]
  /// False while a model is elaborated: result types stay unknown until shapes are inferred.
  private let infersTypes: Bool

  public init(_ entry: Entry, sources: [SourceRange] = [], infersTypes: Bool = true) {
    self.entry = entry
    self.sources = sources
    self.infersTypes = infersTypes
  }

  public func type(of value: ValueID) -> TensorType { entry.type(of: value) ?? .scalar }

  /// Appends an operation with one result.
  @discardableResult
  public mutating func add(
    _ op: String, _ operands: [ValueID], _ attributes: Attributes = [:], name: String? = nil,
    declared: TensorType? = nil
  ) throws -> ValueID {
    let results = try addAll(op, operands, attributes, names: [name], declared: [declared])
    guard let first = results.first else { throw TypeError("op '\(op)' has no result") }
    return first
  }

  /// Appends an operation; its results in order.
  @discardableResult
  public mutating func addAll(
    _ op: String, _ operands: [ValueID], _ attributes: Attributes = [:], names: [String?] = [],
    declared: [TensorType?] = []
  ) throws -> [ValueID] {
    guard let definition = OpTable.standard[op] else { throw TypeError("there is no op '\(op)'") }
    let attributes = definition.completed(attributes)
    var types = declared + Array(repeating: nil, count: max(0, definition.results.count - declared.count))
    let operandTypes = operands.compactMap { entry.type(of: $0) }
    if infersTypes, operandTypes.count == operands.count {
      var context = TypingContext(operands: operandTypes, attributes: attributes, declared: types)
      types = try definition.inferResultTypes(&context)
    }
    var results: [ValueID] = []
    for index in definition.results.indices {
      let name = index < names.count ? names[index] : nil
      results.append(entry.addValue(Value(name: name.map(uniqueName), type: types[index])))
    }
    entry.operations.append(Operation(op, operands, attributes, results: results, sources: sources))
    return results
  }

  /// The value of a number known now.
  public mutating func constant(_ value: Double) throws -> ValueID {
    try add("constant", [], ["value": .float(value)])
  }

  /// A name that no value of the entry has: the wanted one, or with a number behind it.
  private func uniqueName(_ wanted: String) -> String {
    let taken = Set(entry.values.compactMap(\.name))
    if !taken.contains(wanted) { return wanted }
    var number = 1
    while taken.contains("\(wanted).\(number)") { number += 1 }
    return "\(wanted).\(number)"
  }
}

extension OpDefinition {
  /// The op's type rule, then what holds for every op.
  ///
  /// Blocked operands of one operation have to agree in their layout, and the results take it. One number per image,
  /// `f32[N]`, lies the same way in either layout and so goes with every other; as a result it has the layout that it was
  /// declared with, if it was. Where no operand decides, results get the layout that they were declared with.
  public func inferResultTypes(_ context: inout TypingContext) throws -> [TensorType] {
    let minimum = requiredOperandCount
    guard context.operands.count >= minimum, context.operands.count <= operands.count else {
      throw TypeError("'\(name)' takes \(operandCountText), not \(context.operands.count)")
    }
    for operand in context.operands {
      if let defect = operand.defect { throw TypeError("'\(name)' is given \(operand): \(defect)") }
    }
    let perImage = context.operands.filter { $0.isPerImage && $0.element.isFloat }
    let layouts = Set(perImage.filter { $0.rank > 1 }.map(\.layout))
    guard layouts.count <= 1 || name == "relayout" else {
      throw TypeError("'\(name)' is given operands in different layouts")
    }
    var types = mapsSamples ? try inferTypesOfRows(&context) : try inferTypes(&context)
    for index in types.indices {
      if let defect = types[index].defect { throw TypeError("'\(name)' would make \(types[index]): \(defect)") }
      guard name != "relayout", types[index].isPerImage, types[index].element.isFloat else { continue }
      let declared = index < context.declared.count ? context.declared[index]?.layout : nil
      let decided = types[index].rank > 1 ? layouts.first ?? declared : declared ?? layouts.first
      types[index].layout = decided ?? perImage.first?.layout ?? .canonical
    }
    return types
  }

  /// The op's rule on one row of each operand; results have as many rows for each image as the operands that have most.
  private func inferTypesOfRows(_ context: inout TypingContext) throws -> [TensorType] {
    let counts = context.operands.map(\.samples)
    let samples = counts.max() ?? 1
    guard samples > 1 else { return try inferTypes(&context) }
    if let other = counts.first(where: { $0 > 1 && $0 < samples }) {
      throw TypeError("'\(name)' is given \(other) and \(samples) rows of an image")
    }
    context.operands = context.operands.map { $0.with(samples: 1) }
    defer { context.operands = zip(context.operands, counts).map { $0.with(samples: $1) } }
    return try inferTypes(&context).map { $0.with(samples: samples) }
  }

  /// `2 operands`, `2 to 3 operands`.
  var operandCountText: String {
    let minimum = requiredOperandCount
    let count = minimum == operands.count ? "\(minimum)" : "\(minimum) to \(operands.count)"
    return count + (operands.count == 1 ? " operand" : " operands")
  }
}
