import Diagnostics
import IR

/// Runs the entries of a module in float64, operation by operation, by the op table: the semantics of record. Compiled code,
/// and every pass, is right where it agrees with this.
public struct Interpreter: Sendable {
  public let module: Module

  /// Prepares a module whose types are all known.
  /// - Throws: what is wrong with the module. Nothing that is verified ends the program when it runs.
  public init(_ module: Module) throws(DiagnosticList) {
    try Verifier.verify(module, phase: .inferred)
    self.module = module
  }

  /// Runs an entry.
  /// - Parameters:
  ///   - name: the entry's.
  ///   - globals: values of the parameters and the state by name; those that the entry does not read may be missing.
  ///   - arguments: values of all arguments by name; tensors of bytes and whole numbers hold such numbers.
  ///   - images: `N`.
  ///   - keepingValues: whether `Outcome.value` is to know all values, not only the results.
  /// - Throws: `InterpreterError`, or `TypeError` of an op that has no value.
  public func run(
    _ name: String, globals: [String: HostTensor] = [:], arguments: [String: HostTensor] = [:], images: Int,
    keepingValues: Bool = false
  ) throws -> Outcome {
    guard let entry = module.entry(name) else {
      throw InterpreterError.noEntry(name, there: module.entries.map(\.name))
    }
    guard images >= 1 else { throw InterpreterError.noImages(images) }
    var frame = Frame(entry: entry, images: images, keepsValues: keepingValues)
    try frame.load(arguments: arguments)
    try frame.load(globals: globals)
    for (position, operation) in entry.operations.enumerated() { try frame.run(operation, at: position) }
    return try frame.outcome()
  }
}

/// What an entry made.
public struct Outcome: Sendable {
  /// The results in the entry's order.
  public let results: [(target: ResultTarget, value: HostTensor)]
  /// Every value that was kept.
  public let values: [ValueID: HostTensor]
  private let entry: Entry

  init(entry: Entry, results: [(target: ResultTarget, value: HostTensor)], values: [ValueID: HostTensor]) {
    self.entry = entry
    self.results = results
    self.values = values
  }

  public subscript(target: ResultTarget) -> HostTensor? { results.first { $0.target == target }?.value }

  /// A value of the entry by its name without `%`, where values were kept.
  public func value(named name: String) -> HostTensor? {
    entry.values.firstIndex { $0.name == name }.flatMap { values[ValueID($0)] }
  }

  /// The globals with those that the entry makes anew replaced.
  public func updating(_ globals: [String: HostTensor]) -> [String: HostTensor] {
    var updated = globals
    for case (.global(let name), let value) in results { updated[name] = value }
    return updated
  }
}

/// The values of an entry while it runs.
private struct Frame {
  let entry: Entry
  let images: Int
  let keepsValues: Bool
  private var values: [ValueID: HostTensor] = [:]
  /// The last operation that reads each value, and values that are results.
  private let lastUses: [ValueID: Int]
  private let results: Set<ValueID>

  init(entry: Entry, images: Int, keepsValues: Bool) {
    self.entry = entry
    self.images = images
    self.keepsValues = keepsValues
    results = Set(entry.results.map(\.value))
    lastUses = entry.users().compactMapValues(\.last)
  }

  mutating func load(arguments: [String: HostTensor]) throws {
    let names = entry.arguments.compactMap { entry[$0.value].name }
    for name in arguments.keys.sorted() where !names.contains(name) {
      throw InterpreterError.unknownArgument(name, entry: entry.name, there: names)
    }
    for argument in entry.arguments {
      guard let name = entry[argument.value].name, let type = entry.type(of: argument.value) else { continue }
      guard let tensor = arguments[name] else {
        throw InterpreterError.missingArgument(name, entry: entry.name, type: type)
      }
      values[argument.value] = try checked(tensor, "%\(name)", type)
    }
  }

  mutating func load(globals: [String: HostTensor]) throws {
    let read = Set(entry.operations.flatMap(\.operands)).union(results)
    for (index, value) in entry.values.enumerated() where read.contains(ValueID(index)) {
      guard let name = value.global, let type = value.type else { continue }
      guard let tensor = globals[name] else { throw InterpreterError.missingGlobal(name, type: type) }
      values[ValueID(index)] = try checked(tensor, "@\(name)", type)
    }
  }

  private func checked(_ tensor: HostTensor, _ name: String, _ type: TensorType) throws -> HostTensor {
    let wanted = try shape(of: type)
    guard tensor.shape == wanted, tensor.count == wanted.reduce(1, *) else {
      throw InterpreterError.misshapen(name, shape: tensor.shape, wanted: wanted, type: type)
    }
    guard let range = type.element.wholeNumbers else { return tensor }
    for number in tensor.data where !range.contains(number) || number != number.rounded() {
      throw InterpreterError.notAnElement(name, number: number, type: type)
    }
    return tensor
  }

  /// The extents for the images of this run, if a tensor of them can be held.
  private func shape(of type: TensorType) throws -> [Int] {
    guard images <= elementLimit, let perImage = type.elementsPerImage,
      !perImage.multipliedReportingOverflow(by: images).overflow, perImage * images <= elementLimit * 16
    else { throw InterpreterError.tooLarge(type, images: images) }
    return type.shape(images: images)
  }

  mutating func run(_ operation: Operation, at position: Int) throws {
    guard let definition = OpTable.standard[operation.name] else { return }
    let shapes = try operation.results.map { try shape(of: entry.type(of: $0) ?? .scalar) }
    var operands = operation.operands.compactMap { values[$0] }
    // Each row is a row like any other; an operand with one for each image goes with all of them.
    let samples =
      definition.mapsSamples ? operation.operands.compactMap { entry.type(of: $0)?.samples }.max() ?? 1 : 1
    if samples > 1 {
      for (index, operand) in operation.operands.enumerated() {
        guard let type = entry.type(of: operand), type.isPerImage, type.samples == 1 else { continue }
        operands[index] = repeatedRows(operands[index], samples: samples, images: images)
      }
    }
    let made = try definition.evaluate(
      EvaluationContext(
        operands: operands, attributes: operation.attributes, resultShapes: shapes, images: images * samples))
    for (result, value) in zip(operation.results, made) { values[result] = value }
    guard !keepsValues else { return }
    for value in operation.operands + operation.results
    where !results.contains(value) && lastUses[value, default: position] <= position {
      values[value] = nil
    }
  }

  func outcome() throws -> Outcome {
    let made = entry.results.compactMap { result in
      values[result.value].map { (target: result.target, value: $0) }
    }
    return Outcome(entry: entry, results: made, values: values)
  }
}

extension ElementType {
  /// The whole numbers that an element can be, or nil for numbers of any kind.
  fileprivate var wholeNumbers: ClosedRange<Double>? {
    switch self {
    case .f32, .bf16: nil
    case .u8: 0...255
    case .i32: Double(Int32.min)...Double(Int32.max)
    }
  }
}
