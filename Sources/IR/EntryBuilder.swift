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
  /// The op's type rule, then what holds for every op: results that lead with `N` take the layout of the operands that
  /// do, or, where there is none, the one that they were declared with.
  public func inferResultTypes(_ context: inout TypingContext) throws -> [TensorType] {
    let minimum = requiredOperandCount
    guard context.operands.count >= minimum, context.operands.count <= operands.count else {
      let wanted = minimum == operands.count ? "\(minimum)" : "\(minimum) to \(operands.count)"
      throw TypeError("'\(name)' takes \(wanted) operands, not \(context.operands.count)")
    }
    // Blocked operands of one operation have to agree; scalars per image lie the same way in either layout.
    let layouts = Set(context.operands.filter { $0.isPerImage && $0.element == .f32 }.map(\.layout))
    guard layouts.count <= 1 else {
      throw TypeError("'\(name)' is given operands in different layouts")
    }
    var types = try inferTypes(&context)
    guard self.name != "relayout" else { return types }
    for index in types.indices where types[index].isPerImage {
      let declared = index < context.declared.count ? context.declared[index]?.layout : nil
      types[index].layout = layouts.first ?? declared ?? .canonical
    }
    return types
  }
}
