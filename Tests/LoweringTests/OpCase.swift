import IR
import Kernels
import Lowering
import Passes
import Testing

/// One operation as an entry of its own: an op of the table with operand types and attributes.
struct OpCase: Sendable, CustomTestStringConvertible {
  /// The name of the entry, a C identifier.
  let name: String
  let op: OpDefinition
  var operands: [TensorType]?
  var attributes: Attributes?
  var declared: [TensorType?]?

  var testDescription: String { name }

  /// A module of the one entry `name`. Globals are called `name.OPERAND`, so that many cases go into one module.
  func module() throws -> Module {
    var op = op
    if let declared { op = op.declaring(declared) }
    var module = try op.exampleModule(operands: operands, attributes: attributes)
    for index in module.globals.indices { module.globals[index].name = "\(name).\(module.globals[index].name)" }
    for index in module.entries.indices { module.entries[index].rename(name) }
    return module
  }

  /// The module with the layouts of a machine.
  func laidOut(_ target: TestTarget) throws -> Module {
    let options = PassOptions(blockImages: target.blockImages)
    return try Pipeline([.assignLayouts]).run(try module(), options: options).module
  }

  /// A case called `OP_NAME`; none where the table has no such op.
  static func of(
    _ op: String, _ name: String, _ operands: [TensorType], _ attributes: Attributes? = nil,
    declared: [TensorType?]? = nil
  ) -> [OpCase] {
    guard let definition = OpTable.standard[op] else { return [] }
    return [
      OpCase(
        name: "\(op)_\(name)", op: definition, operands: operands, attributes: attributes, declared: declared)
    ]
  }

  /// A product's case with factors in bfloat16.
  var inBfloat16: OpCase {
    var narrow = OpCase(name: name + "_bf16", op: op, operands: operands, attributes: attributes)
    narrow.operands = operands?.enumerated().map { $0 < 2 ? $1.with(element: .bf16) : $1 }
    return narrow
  }

  /// What the operands' values have to be above, if anything.
  var lowerBound: Double? { op.example.lowerBound }
}

extension OpDefinition {
  /// The op with an example of other result types.
  fileprivate func declaring(_ declared: [TensorType?]) -> OpDefinition {
    OpDefinition(
      name: name, summary: summary, operands: operands, results: results, attributes: attributes,
      couplesImages: couplesImages, mapsSamples: mapsSamples, formula: formula, inferTypes: inferTypes,
      evaluate: evaluate,
      gradient: gradient, flops: flops,
      example: OpExample(
        example.operands, example.attributes, wrong: example.wrong, lowerBound: example.lowerBound,
        declared: declared))
  }
}

extension Entry {
  /// Gives the entry a name and puts it in front of the names of all globals that it reads or makes. Hypers get the names that a
  /// manifest asks for.
  fileprivate mutating func rename(_ name: String) {
    self.name = name
    for index in values.indices {
      if let global = values[index].global { self[ValueID(index)].global = "\(name).\(global)" }
    }
    for argument in arguments where argument.role == .hyper {
      self[argument.value].name = self[argument.value].name.map { "hyper.\($0)" }
    }
    for index in results.indices {
      if case .global(let global) = results[index].target {
        results[index].target = .global("\(name).\(global)")
      }
    }
  }
}

/// Many cases compiled into one shared object for each target that this machine runs, when it is first asked for; a case that
/// cannot be compiled fails them all.
struct CaseLibraries: Sendable {
  private let made: [TestTarget: Once<NativeModule>]

  /// - Parameter schedules: chooses some for the cases' products.
  init(
    _ name: String,
    schedules: @escaping @Sendable ([Product], TestTarget) -> [String: KernelSchedule] = { _, _ in [:] },
    _ cases: @escaping @Sendable (TestTarget) -> [OpCase]
  ) {
    made = Dictionary(
      uniqueKeysWithValues: TestTarget.available.map { target in
        (target, Once { try Self.compile(name, cases(target), target, schedules) })
      })
  }

  func native(_ target: TestTarget) throws -> NativeModule {
    guard let library = made[target] else { throw NativeModule.Failure(description: "no code for \(target)") }
    return try library.get()
  }

  private static func compile(
    _ name: String, _ cases: [OpCase], _ target: TestTarget,
    _ schedules: ([Product], TestTarget) -> [String: KernelSchedule]
  ) throws -> NativeModule {
    var module = Module(name: name)
    for opCase in cases {
      let single = try opCase.module()
      module.globals += single.globals
      module.entries += single.entries
      let known = Set(module.hypers.map(\.name))
      module.hypers += single.hypers.filter { !known.contains($0.name) }
    }
    // A manifest has to have an objective.
    var evaluate = EntryBuilder(Entry(name: "evaluate"))
    let loss = try evaluate.constant(0)
    evaluate.entry.results.append(EntryResult(.metric("loss"), loss))
    module.entries.append(evaluate.entry)
    let options = PassOptions(blockImages: target.blockImages)
    return try NativeModule(
      try Pipeline([.assignLayouts]).run(module, options: options).module, target: target,
      schedules: { schedules($0, target) })
  }
}
