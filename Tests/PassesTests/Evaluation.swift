import IR

/// Runs entries on random inputs in float64, by what the op table says that each op means.
struct Evaluation {
  let images: Int
  private var generator: SplitMix

  init(seed: UInt64, images: Int) {
    self.images = images
    generator = SplitMix(state: seed)
  }

  /// What a module's entries are given.
  struct Inputs {
    var globals: [String: HostTensor] = [:]
    /// By entry, in the order of its arguments.
    var arguments: [String: [HostTensor]] = [:]
  }

  /// Random inputs that depend on names and types alone, not on what a pass does to the entries.
  mutating func inputs(of module: Module) -> Inputs {
    var inputs = Inputs()
    for global in module.globals.sorted(by: { $0.name < $1.name }) {
      inputs.globals[global.name] = random(global.type, positive: [.state, .statistic].contains(global.kind))
    }
    for entry in module.entries.sorted(by: { $0.name < $1.name }) {
      inputs.arguments[entry.name] = entry.arguments.map { argument in
        let type = entry.type(of: argument.value) ?? .scalar
        return random(type, positive: type.element != .f32)
      }
    }
    return inputs
  }

  /// The results of every entry.
  mutating func results(of module: Module) throws -> [String: [HostTensor]] {
    let inputs = inputs(of: module)
    var results: [String: [HostTensor]] = [:]
    for entry in module.entries { results[entry.name] = try run(entry, inputs) }
    return results
  }

  /// The results of one entry.
  func run(_ entry: Entry, _ inputs: Inputs) throws -> [HostTensor] {
    var values: [ValueID: HostTensor] = [:]
    for (argument, value) in zip(entry.arguments, inputs.arguments[entry.name] ?? []) {
      values[argument.value] = value
    }
    for index in entry.values.indices {
      if let name = entry.values[index].global { values[ValueID(index)] = inputs.globals[name] }
    }
    for operation in entry.operations {
      guard let definition = OpTable.standard[operation.name] else {
        throw TypeError("no op \(operation.name)")
      }
      let operands = operation.operands.compactMap { values[$0] }
      guard operands.count == operation.operands.count else {
        throw TypeError("'\(operation.name)' in \(entry.name) reads what is not defined")
      }
      let shapes = operation.results.map { entry.type(of: $0)?.shape(images: images) ?? [] }
      let made = try definition.evaluate(
        EvaluationContext(
          operands: operands, attributes: operation.attributes, resultShapes: shapes, images: images))
      for (value, tensor) in zip(operation.results, made) { values[value] = tensor }
    }
    return try entry.results.map { result in
      guard let value = values[result.value] else {
        throw TypeError("a result of \(entry.name) is not defined")
      }
      return value
    }
  }

  private mutating func random(_ type: TensorType, positive: Bool) -> HostTensor {
    var tensor = HostTensor(zeros: type.shape(images: images))
    for index in tensor.data.indices {
      let uniform = Double(generator.next() >> 11) / 0x1p53
      switch type.element {
      case .u8: tensor.data[index] = (uniform * 255).rounded()
      case .i32: tensor.data[index] = (uniform * 100).rounded() + 1
      default: tensor.data[index] = positive ? uniform : uniform * 2 - 1
      }
    }
    return tensor
  }
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// The largest difference of two modules' results, relative to the largest number of each result.
func largestDifference(_ a: [String: [HostTensor]], _ b: [String: [HostTensor]]) -> Double {
  guard a.keys == b.keys else { return .infinity }
  var largest = 0.0
  for (name, results) in a {
    guard let others = b[name], results.count == others.count else { return .infinity }
    for (x, y) in zip(results, others) {
      guard x.shape == y.shape else { return .infinity }
      let scale = max(1e-30, x.data.map { abs($0) }.max() ?? 0)
      for (u, v) in zip(x.data, y.data) {
        guard u.isFinite, v.isFinite else { return .infinity }
        largest = max(largest, abs(u - v) / scale)
      }
    }
  }
  return largest
}
