import Diagnostics

/// Names a value of one entry.
public struct ValueID: Sendable, Hashable {
  public let index: Int
  public init(_ index: Int) { self.index = index }
}

/// A value: an argument, a reference to a global, or the result of an operation.
public struct Value: Sendable, Equatable {
  /// The name it prints with, without `%`; unnamed values print as numbers.
  public var name: String?
  /// Nil until shapes are inferred.
  public var type: TensorType?
  /// The global that the value reads, if it does.
  public var global: String?

  public init(name: String? = nil, type: TensorType?, global: String? = nil) {
    self.name = name
    self.type = type
    self.global = global
  }
}

/// What an argument of an entry is to the caller.
public enum ArgumentRole: String, Sendable, CaseIterable {
  /// Images, bytes or floats, `[N, C, H, W]`.
  case image
  /// The images' classes, i32[N].
  case label
  /// The images' numbers in the data set, i32[N]: the counter of their random numbers.
  case index
  /// The seed of the random numbers, i32[2]: low word, high word.
  case seed
  /// The epoch, i32[].
  case epoch
  /// Which of several draws of an image this is, from 0, i32[].
  case sample
  /// The optimizer's step, from 1, i32[].
  case step
  /// The learning rate, f32[].
  case rate
  /// The decay of the weights, f32[].
  case decay
  /// What gradients, or their norm, are clipped at, f32[].
  case clip
  /// A number of the objective, f32[].
  case hyper
  /// Standard normal noise given by the caller.
  case noise
  /// A code.
  case latent
  /// What another entry made of the images: parameters of the posterior, and what its draws need besides.
  case distribution
}

/// An argument of an entry.
public struct Argument: Sendable, Equatable {
  public var role: ArgumentRole
  public var value: ValueID

  public init(role: ArgumentRole, value: ValueID) {
    self.role = role
    self.value = value
  }
}

/// Where a result of an entry goes.
public enum ResultTarget: Sendable, Hashable {
  /// A number per image, or a mean over the images.
  case metric(String)
  case latent(String)
  case image(String)
  /// The probabilities of an image's classes, `[N, classes]`.
  case probabilities(String)
  /// The gradient of the parameter of that name.
  case gradient(String)
  /// The new value of a global.
  case global(String)
}

/// A result of an entry.
public struct EntryResult: Sendable, Equatable {
  public var target: ResultTarget
  public var value: ValueID

  public init(_ target: ResultTarget, _ value: ValueID) {
    self.target = target
    self.value = value
  }
}

/// An application of an op of the op table.
public struct Operation: Sendable, Equatable {
  public var name: String
  public var operands: [ValueID]
  public var attributes: Attributes
  public var results: [ValueID]
  /// The places in the model's text that it came from; a fused operation keeps all of them.
  public var sources: [SourceRange]

  /// Attributes that are left out get their defaults, so that equal operations compare equal.
  public init(
    _ name: String, _ operands: [ValueID], _ attributes: Attributes = [:], results: [ValueID],
    sources: [SourceRange] = []
  ) {
    self.name = name
    self.operands = operands
    self.attributes = OpTable.standard[name]?.completed(attributes) ?? attributes
    self.results = results
    self.sources = sources
  }
}

/// A function of the module, functional in form: `(globals, arguments) -> (globals', results)`.
///
/// Straight-line SSA: each value is defined once, before its uses.
public struct Entry: Sendable, Equatable {
  public var name: String
  public var arguments: [Argument]
  public var operations: [Operation]
  public var results: [EntryResult]
  public private(set) var values: [Value]

  public init(name: String) {
    self.name = name
    arguments = []
    operations = []
    results = []
    values = []
  }

  public subscript(value: ValueID) -> Value {
    get { values[value.index] }
    set { values[value.index] = newValue }
  }

  public func type(of value: ValueID) -> TensorType? { values[value.index].type }

  public mutating func addValue(_ value: Value) -> ValueID {
    values.append(value)
    return ValueID(values.count - 1)
  }

  public mutating func addArgument(_ name: String, role: ArgumentRole, type: TensorType?) -> ValueID {
    let value = addValue(Value(name: name, type: type))
    arguments.append(Argument(role: role, value: value))
    return value
  }

  public func argument(named name: String) -> ValueID? {
    arguments.first { self[$0.value].name == name }?.value
  }

  /// The value that reads a global, made on first use.
  public mutating func reference(to global: Global) -> ValueID {
    if let known = values.firstIndex(where: { $0.global == global.name }) { return ValueID(known) }
    return addValue(Value(type: global.type, global: global.name))
  }

  /// Replaces every use of one value, in operands and results, by another.
  public mutating func replaceUses(of old: ValueID, with new: ValueID) {
    replaceUses([old: new])
  }

  /// Replaces uses of many values at once; chains of replacements are followed.
  public mutating func replaceUses(_ replacements: [ValueID: ValueID]) {
    guard !replacements.isEmpty else { return }
    func final(_ value: ValueID) -> ValueID {
      var value = value
      while let next = replacements[value] { value = next }
      return value
    }
    for index in operations.indices {
      operations[index].operands = operations[index].operands.map(final)
    }
    for index in results.indices { results[index].value = final(results[index].value) }
  }

  /// The position of the operation that defines each value.
  public func definitions() -> [ValueID: Int] {
    var positions: [ValueID: Int] = [:]
    for (position, operation) in operations.enumerated() {
      for result in operation.results { positions[result] = position }
    }
    return positions
  }

  /// The positions of the operations that use each value. A use as the entry's result does not count here.
  public func users() -> [ValueID: [Int]] {
    var positions: [ValueID: [Int]] = [:]
    for (position, operation) in operations.enumerated() {
      for operand in operation.operands where positions[operand]?.last != position {
        positions[operand, default: []].append(position)
      }
    }
    return positions
  }

  /// The same entry with its values renumbered in the order in which the text form meets them (arguments, then
  /// per operation its operands' globals and its results), unused ones dropped and references to one global made one.
  /// Two entries that print alike are equal after it.
  public func renumbered() -> Entry {
    var result = Entry(name: name)
    var mapping: [ValueID: ValueID] = [:]
    var references: [String: ValueID] = [:]
    func map(_ old: ValueID) -> ValueID {
      if let known = mapping[old] ?? self[old].global.flatMap({ references[$0] }) { return known }
      let new = result.addValue(self[old])
      mapping[old] = new
      if let global = self[old].global { references[global] = new }
      return new
    }
    result.arguments = arguments.map { Argument(role: $0.role, value: map($0.value)) }
    for operation in operations {
      var copy = operation
      copy.operands = operation.operands.map(map)
      copy.results = operation.results.map(map)
      result.operations.append(copy)
    }
    result.results = results.map { EntryResult($0.target, map($0.value)) }
    return result
  }
}
