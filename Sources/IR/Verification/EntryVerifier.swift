import Diagnostics

/// Checks one entry of a module.
struct EntryVerifier {
  let entry: Entry
  let module: Module
  /// The module's, by name.
  let globals: [String: Global]
  let phase: Verifier.Phase
  private(set) var diagnostics: [Diagnostic] = []
  private let printer: EntryPrinter
  private var defined: Set<ValueID> = []
  private var names: Set<String> = []

  init(entry: Entry, module: Module, globals: [String: Global], phase: Verifier.Phase) {
    self.entry = entry
    self.module = module
    self.globals = globals
    self.phase = phase
    printer = EntryPrinter(entry, sourceFile: module.sourceFile)
  }

  mutating func run() {
    for argument in entry.arguments { check(argument) }
    for operation in entry.operations { check(operation) }
    checkResults()
  }

  private mutating func report(_ message: String, at operation: Operation? = nil, note: String? = nil) {
    var notes = note.map { [Diagnostic.Note($0)] } ?? []
    if let operation { notes.append(Diagnostic.Note("the operation is: \(printer.line(of: operation))")) }
    diagnostics.append(
      Diagnostic("in entry @\(entry.name): \(message)", at: operation?.sources.first, notes: notes))
  }

  private func exists(_ value: ValueID) -> Bool { entry.values.indices.contains(value.index) }

  // MARK: Values

  /// Notes the definition of a value: the only one, under a name of its own, with a possible type.
  private mutating func define(_ value: ValueID, at operation: Operation? = nil) {
    guard exists(value) else { return report("a value that is not in the entry is defined", at: operation) }
    let name = printer.name(of: value)
    guard defined.insert(value).inserted else { return report("\(name) is defined twice", at: operation) }
    if let global = entry[value].global { report("a reference to @\(global) is defined anew", at: operation) }
    if let name = entry[value].name {
      if !isPrintableName(name) {
        report("the value name \(quoted(name)) cannot be written in the text form", at: operation)
      }
      if !names.insert(name).inserted { report("there are two values %\(name)", at: operation) }
    }
    let type = entry[value].type
    if let type, let defect = type.defect { report("\(name) has the type \(type): \(defect)", at: operation) }
    if phase == .inferred, type?.isComplete != true {
      report("the type of \(name) is \(type.map { "only \($0)" } ?? "unknown")", at: operation)
    }
  }

  /// Checks that a value may be read here; false where it is not even in the entry.
  private mutating func checkUse(_ value: ValueID, at operation: Operation? = nil) -> Bool {
    guard exists(value) else {
      report("a value that is not in the entry is used", at: operation)
      return false
    }
    guard let name = entry[value].global else {
      if !defined.contains(value) {
        report("\(printer.name(of: value)) is used before it is defined", at: operation)
      }
      return true
    }
    guard let global = globals[name] else {
      let match = closestMatch(to: name, in: module.globals.map(\.name))
      report("there is no global @\(name)", at: operation, note: match.map { "did you mean '@\($0)'?" })
      return true
    }
    if entry[value].type != global.type {
      let type = entry[value].type?.description ?? "?"
      report("@\(name) is read as \(type), but it is \(global.type)", at: operation)
    }
    if entry[value].name != nil { report("the reference to @\(name) has a name of its own", at: operation) }
    return true
  }

  // MARK: Arguments

  private mutating func check(_ argument: Argument) {
    define(argument.value)
    guard exists(argument.value) else { return }
    guard let name = entry[argument.value].name else { return report("an argument has no name") }
    if argument.role == .label, !module.classes.contains(where: { $0.name == name }) {
      report("the label argument %\(name) is no class of the module")
    }
    guard let type = entry[argument.value].type, let wanted = argument.role.refusal(of: type) else { return }
    report("the \(argument.role.rawValue) argument %\(name) is \(type), not \(wanted)")
  }

  // MARK: Operations

  private mutating func check(_ operation: Operation) {
    let usable = operation.operands.map { checkUse($0, at: operation) }.allSatisfy { $0 }
    defer { for result in operation.results { define(result, at: operation) } }
    guard let definition = OpTable.standard[operation.name] else {
      let match = closestMatch(to: operation.name, in: OpTable.standard.definitions.map(\.name))
      return report(
        "there is no op '\(operation.name)'", at: operation, note: match.map { "did you mean '\($0)'?" })
    }
    let count = operation.operands.count
    guard count >= definition.requiredOperandCount, count <= definition.operands.count else {
      return report("'\(definition.name)' takes \(definition.operandCountText), not \(count)", at: operation)
    }
    guard operation.results.count == definition.results.count else {
      let wanted = definition.results.count
      return report("'\(definition.name)' has \(wanted) results, not \(operation.results.count)", at: operation)
    }
    let faults = definition.faults(in: operation.attributes)
    for fault in faults { report(fault, at: operation) }
    guard faults.isEmpty, usable, operation.results.allSatisfy(exists) else { return }
    checkTypes(of: operation, definition)
  }

  /// Infers the types of the results again where all are known.
  private mutating func checkTypes(of operation: Operation, _ definition: OpDefinition) {
    let operands = operation.operands.compactMap { entry.type(of: $0) }.filter(\.isComplete)
    let results = operation.results.compactMap { entry.type(of: $0) }.filter(\.isComplete)
    guard operands.count == operation.operands.count, results.count == operation.results.count else { return }
    var context = TypingContext(operands: operands, attributes: operation.attributes, declared: results)
    do {
      let inferred = try definition.inferResultTypes(&context)
      for (index, type) in results.enumerated() where type != inferred[index] {
        let name = printer.name(of: operation.results[index])
        report("\(name) has the type \(type), but '\(definition.name)' makes \(inferred[index])", at: operation)
      }
    } catch {
      let typeError = error as? TypeError
      report(typeError?.message ?? "\(error)", at: operation, note: typeError?.note)
    }
  }

  // MARK: Results

  private mutating func checkResults() {
    var targets: Set<ResultTarget> = []
    for result in entry.results {
      if !targets.insert(result.target).inserted { report("there are two results \(result.target)") }
      if !isPrintableName(result.target.name) {
        report("the result name \(quoted(result.target.name)) cannot be written in the text form")
      }
      guard checkUse(result.value) else { continue }
      check(result, entry.type(of: result.value))
    }
  }

  private mutating func check(_ result: EntryResult, _ type: TensorType?) {
    switch result.target {
    case .metric:
      guard let type else { return }
      guard type.element == .f32, type.isScalar || type.dimensions == [.images] else {
        return report("the \(result.target) is \(type), not f32[] or f32[N]")
      }
    case .latent, .image, .probabilities:
      guard let type else { return }
      guard type.element == .f32, type.isPerImage else {
        return report("the \(result.target) is \(type), not f32 with a row per image")
      }
    case .gradient(let name):
      guard globals[name]?.kind == .parameter else {
        return report("there is no parameter '\(name)' for the result \(result.target)")
      }
      check(result, type, against: globals[name]?.type)
    case .global(let name):
      guard let global = globals[name] else { return report("there is no global @\(name) for a result") }
      check(result, type, against: global.type)
    }
  }

  private mutating func check(_ result: EntryResult, _ type: TensorType?, against wanted: TensorType?) {
    guard let type, let wanted, type.isComplete, wanted.isComplete, type != wanted else { return }
    report("the result \(result.target) is \(type), not \(wanted)")
  }
}

extension ArgumentRole {
  /// What an argument of this role has to be, or nil where the type is right.
  fileprivate func refusal(of type: TensorType) -> String? {
    func wants(_ wanted: TensorType) -> String? { type == wanted ? nil : "\(wanted)" }
    switch self {
    case .image:
      return type.isPerImage && (type.element == .u8 || type.element == .f32)
        ? nil : "u8 or f32 with a row per image"
    case .noise, .latent, .distribution:
      return type.isPerImage && type.element == .f32 ? nil : "f32 with a row per image"
    case .index, .label: return wants(TensorType(.i32, [.images]))
    case .seed: return wants(TensorType(.i32, [.fixed(2)]))
    case .epoch, .sample, .step: return wants(TensorType(.i32, []))
    case .rate, .decay, .clip, .hyper: return wants(.scalar)
    }
  }
}

extension ResultTarget {
  /// The name without what the result is.
  public var name: String {
    switch self {
    case .metric(let name), .latent(let name), .image(let name), .probabilities(let name), .gradient(let name),
      .global(let name):
      name
    }
  }
}

extension OpDefinition {
  /// What is wrong with an operation's attributes, apart from what the type rule says of their values.
  func faults(in attributes: Attributes) -> [String] {
    var faults: [String] = []
    for (key, value) in attributes.values.sorted(by: { $0.key < $1.key }) {
      guard let definition = attribute(key) else {
        let match = closestMatch(to: key, in: self.attributes.map(\.name))
        faults.append("'\(name)' has no attribute '\(key)'" + (match.map { ", did you mean '\($0)'?" } ?? ""))
        continue
      }
      if value.kind != definition.kind {
        faults.append("the attribute '\(key)' of '\(name)' is of kind \(definition.kind), not \(value.kind)")
      }
      if case .float(let number) = value, number.isNaN {
        faults.append("the attribute '\(key)' of '\(name)' is not a number")
      }
      if case .formula(let formula) = value, let defect = formula.defect {
        faults.append("the formula of '\(name)' is impossible: \(defect)")
      }
    }
    for definition in self.attributes where attributes[definition.name] == nil {
      faults.append("'\(name)' needs the attribute '\(definition.name)': \(definition.summary)")
    }
    return faults
  }
}
