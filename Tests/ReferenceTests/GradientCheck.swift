import GraphTesting
import IR
import Passes
import Reference
import Testing

/// An op with operands, whose gradients are held against central differences.
struct GradientCase: Sendable, CustomTestStringConvertible {
  var op: String
  var operands: [TensorType]
  var attributes: Attributes
  var lowerBound: Double?

  init(_ op: String, _ operands: [TensorType], _ attributes: Attributes = [:], lowerBound: Double? = nil) {
    self.op = op
    self.operands = operands
    self.attributes = attributes
    self.lowerBound = lowerBound
  }

  init(_ op: OpDefinition) {
    self.init(op.name, op.example.operands, op.example.attributes, lowerBound: op.example.lowerBound)
  }

  var testDescription: String {
    let attributes = self.attributes.values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    return "\(op) \(operands.map(\.description).joined(separator: ", ")) \(attributes.joined(separator: ", "))"
  }

  /// A module with two entries: `value` makes an objective, the results weighted by constant tensors and summed, and
  /// `gradient` its gradients by every differentiable operand. With `order` 2 the objective is itself made of those gradients,
  /// weighted and summed.
  func module(order: Int) throws -> (module: Module, wanted: [String]) {
    let definition = try #require(OpTable.standard[op])
    var module = try definition.exampleModule(operands: operands, attributes: attributes)
    var entry = try #require(module.entries.first)
    let results = entry.results
    entry.results = []
    let wanted = zip(definition.operands, operands).filter { $0.0.isDifferentiable }.map(\.0.name)
    var objective = Objective(module, EntryBuilder(entry))
    try objective.addTerms(results.map { ($0.target.name, $0.value) }, of: "d")
    if order == 2 {
      let gradients = try wanted.map { ($0, try objective.gradient(by: $0)) }
      objective.total = nil
      try objective.addTerms(gradients, of: "e")
    }
    module = objective.module
    var value = objective.builder.entry
    value.name = "value"
    value.results = [EntryResult(.metric("objective"), try #require(objective.total))]
    for name in wanted {
      let gradient = try objective.gradient(by: name)
      objective.builder.entry.results.append(EntryResult(try objective.target(name, of: gradient), gradient))
    }
    var gradient = objective.builder.entry
    gradient.name = "gradient"
    module.entries = [value, gradient]
    return (try Pipeline([.differentiate]).run(module).module, wanted)
  }
}

/// A scalar that grows, and the module that holds its weights.
private struct Objective {
  var module: Module
  var builder: EntryBuilder
  var total: ValueID?

  init(_ module: Module, _ builder: EntryBuilder) {
    self.module = module
    self.builder = builder
  }

  /// Adds each value times weights of its own.
  mutating func addTerms(_ values: [(name: String, value: ValueID)], of prefix: String) throws {
    for (name, value) in values {
      let weights = try weights("\(prefix).\(name)", builder.type(of: value))
      let product = try builder.add("mul", [value, weights])
      let sum = try builder.add("sum_elements", [product])
      total = try total.map { try builder.add("add", [$0, sum]) } ?? sum
    }
  }

  private mutating func weights(_ name: String, _ type: TensorType) throws -> ValueID {
    if type.isPerImage { return builder.entry.addArgument(name, role: .latent, type: type) }
    if type.isScalar { return builder.entry.addArgument(name, role: .hyper, type: type) }
    let global = Global(name: name, kind: .parameter, type: type, initializer: .constant(0))
    module.globals.append(global)
    return builder.entry.reference(to: global)
  }

  mutating func gradient(by name: String) throws -> ValueID {
    try builder.add("gradient", [try #require(total), try value(name)])
  }

  private mutating func value(_ name: String) throws -> ValueID {
    if let global = module.global(name) { return builder.entry.reference(to: global) }
    return try #require(builder.entry.argument(named: name))
  }

  func target(_ name: String, of value: ValueID) throws -> ResultTarget {
    let type = builder.type(of: value)
    if module.global(name) != nil { return .gradient(name) }
    return type.isScalar || type.dimensions == [.images] ? .metric(name) : .latent(name)
  }
}

/// Compares the gradients of a case with central differences of its objective.
func checkGradients(_ gradientCase: GradientCase, order: Int, images: Int = 3) throws {
  let (module, wanted) = try gradientCase.module(order: order)
  let interpreter = try Interpreter(module)
  let entry = try #require(module.entry("gradient"))
  var values = EntryValues(
    module, entry: entry, images: images, seed: testSeed, lowerBound: gradientCase.lowerBound)
  let outcome = try values.run(interpreter, "gradient")
  func objective() throws -> Double {
    try #require(try values.run(interpreter, "value")[.metric("objective")]?.data.first)
  }
  /// Balances the error of the difference, step^2, against that of rounding, 1e-16 / step.
  let step = 1e-5
  for name in wanted {
    let gradient = try #require(outcome.results.first { $0.target.name == name }?.value)
    let isGlobal = values.globals[name] != nil
    let original = try #require(values.globals[name] ?? values.arguments[name])
    var numeric = original
    for index in original.data.indices {
      func at(_ offset: Double) throws -> Double {
        var moved = original
        moved.data[index] += offset
        if isGlobal { values.globals[name] = moved } else { values.arguments[name] = moved }
        return try objective()
      }
      numeric.data[index] = (try at(step) - at(-step)) / (2 * step)
    }
    if isGlobal { values.globals[name] = original } else { values.arguments[name] = original }
    let error = gradient.distance(to: numeric)
    #expect(error < 1e-6, "the gradient by \(name) is off by \(error), order \(order), seed \(testSeed)")
  }
}
