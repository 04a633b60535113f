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

  /// The same operations in an order in which each value is defined before its uses: the given one, except that an
  /// operation comes early where an operation before it needs it. Nil where they depend on each other in a circle.
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

extension [SourceRange] {
  /// Appends the ranges that are not there yet.
  mutating func formUnion(_ other: [SourceRange]) {
    for range in other where !contains(range) { append(range) }
  }
}
