import Diagnostics
import IR

/// What several passes need to change an entry.
extension Entry {
  /// How often each value is used, as an operand or as a result of the entry.
  func useCounts() -> [ValueID: Int] {
    var counts: [ValueID: Int] = [:]
    for operation in operations {
      for operand in operation.operands { counts[operand, default: 0] += 1 }
    }
    for result in results { counts[result.value, default: 0] += 1 }
    return counts
  }

  /// Hands a value's name on to the one that replaces it, if that has none: names are for the reader.
  mutating func adoptName(of old: ValueID, for new: ValueID) {
    guard self[new].name == nil, self[new].global == nil, let name = self[old].name else { return }
    self[old].name = nil
    self[new].name = name
  }

  /// The same operations in an order in which each value is defined before its uses: the given one, except that
  /// an operation comes early where an operation before it needs it. Nil where they depend on each other in a
  /// circle.
  func sorted() -> Entry? {
    enum State { case open, done }
    let definitions = definitions()
    var states: [Int: State] = [:]
    var order: [Operation] = []
    func place(_ position: Int) -> Bool {
      if let state = states[position] { return state == .done }
      states[position] = .open
      for operand in operations[position].operands {
        if let definition = definitions[operand], !place(definition) { return false }
      }
      states[position] = .done
      order.append(operations[position])
      return true
    }
    for position in operations.indices where !place(position) { return nil }
    var result = self
    result.operations = order
    return result
  }
}

/// What several fusions need.
extension Entry {
  /// Replaces operations by others that make the same results, where the last of them stands, or earlier where
  /// a result is needed earlier.
  /// - Returns: false, and no change, where the values then depend on each other in a circle.
  mutating func replace(_ old: [Operation], by new: [Operation]) -> Bool {
    let gone = Set(old.flatMap(\.results))
    func isGone(_ operation: Operation) -> Bool { operation.results.contains(where: gone.contains) }
    guard let last = operations.lastIndex(where: isGone) else { return false }
    var changed = self
    changed.operations = operations[..<last].filter { !isGone($0) } + new + operations[(last + 1)...]
    guard let ordered = changed.sorted() else { return false }
    self = ordered
    return true
  }

  /// The f32[N], or f32[N*k], that a value repeats over each image, or is; nil where it is something else.
  func numberPerImage(behind value: ValueID) -> ValueID? {
    if let operation = operations.first(where: { $0.results.contains(value) }),
      operation.name == "broadcast_per_image"
    {
      return operation.operands[0]
    }
    return type(of: value)?.isPerImageNumber == true ? value : nil
  }
}

extension Operation {
  /// Whether nothing was fused into a normalization.
  var hasPlainFormula: Bool { attributes.formula("formula") ?? .operand(0) == .operand(0) }
}

/// The places that several operations came from, each once.
func mergedSources(_ operations: [Operation]) -> [SourceRange] {
  var sources: [SourceRange] = []
  for operation in operations { sources.formUnion(operation.sources) }
  return sources
}

extension [SourceRange] {
  /// Appends the ranges that are not there yet.
  mutating func formUnion(_ other: [SourceRange]) {
    for range in other where !contains(range) { append(range) }
  }

  func union(_ other: [SourceRange]) -> [SourceRange] {
    var result = self
    result.formUnion(other)
    return result
  }
}
