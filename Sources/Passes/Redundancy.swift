import Diagnostics
import IR

/// Merges operations with the same op, operands and attributes, and values that read the same global. All ops
/// are pure; the ones that make random numbers too, for stream, domain and counters are among their attributes
/// and operands.
/// - Returns: the number of values merged away.
func mergeEqualOperations(_ entry: inout Entry) -> Int {
  struct Key: Hashable {
    let name: String
    let operands: [ValueID]
    let attributes: Attributes
    let types: [TensorType?]
  }
  var replacements = entry.duplicateReferences()
  var known: [Key: Int] = [:]
  var kept: [Operation] = []
  var merged = replacements.count
  for var operation in entry.operations {
    operation.operands = operation.operands.map { replacements[$0] ?? $0 }
    let key = Key(
      name: operation.name, operands: operation.operands, attributes: operation.attributes,
      types: operation.results.map { entry.type(of: $0) })
    guard let first = known[key] else {
      known[key] = kept.count
      kept.append(operation)
      continue
    }
    for (old, new) in zip(operation.results, kept[first].results) {
      replacements[old] = new
      entry.adoptName(of: old, for: new)
    }
    kept[first].sources.formUnion(operation.sources)
    merged += 1
  }
  entry.operations = kept
  entry.replaceUses(replacements)
  return merged
}

/// Removes operations whose results nobody reads.
/// - Returns: their number.
func dropDeadOperations(_ entry: inout Entry) -> Int {
  var live = Set(entry.results.map(\.value))
  var kept: [Operation] = []
  for operation in entry.operations.reversed() where operation.results.contains(where: live.contains) {
    live.formUnion(operation.operands)
    kept.append(operation)
  }
  let dropped = entry.operations.count - kept.count
  entry.operations = kept.reversed()
  return dropped
}

extension Entry {
  /// For every further value that reads a global, the first one.
  fileprivate func duplicateReferences() -> [ValueID: ValueID] {
    var first: [String: ValueID] = [:]
    var duplicates: [ValueID: ValueID] = [:]
    let used = Set(operations.flatMap(\.operands) + results.map(\.value))
    for index in values.indices where used.contains(ValueID(index)) {
      guard let global = values[index].global else { continue }
      if let known = first[global] {
        duplicates[ValueID(index)] = known
      } else {
        first[global] = ValueID(index)
      }
    }
    return duplicates
  }
}
