import Diagnostics
import IR

extension Pass {
  /// Folds scalar constants, applies identities, merges equal operations and drops dead ones, until nothing
  /// changes:
  ///
  ///     %0 = constant {value = 1.0} : f32[]
  ///     %1 = split_images %0 : f32[N]
  ///     %2 = neg %1 : f32[N]
  ///     %3 = broadcast_per_image %2 {shape = [2]} : f32[N,2]
  ///     %4 = mul %3, %mean : f32[N,2]
  ///
  /// becomes
  ///
  ///     %0 = constant {value = -1.0} : f32[]
  ///     %1 = split_images %0 : f32[N]
  ///     %2 = mul %1, %mean : f32[N,2]
  public static let simplify = Pass(
    name: "simplify", summary: "folds constants, applies identities, merges equal and drops dead operations",
    perEntry: { entry, context in
      var changed = true
      while changed {
        let rewritten = try rewriteByIdentities(&entry)
        let merged = mergeEqualOperations(&entry)
        let dropped = dropDeadOperations(&entry)
        context.count("identities applied", rewritten)
        context.count("duplicates merged", merged)
        context.count("dead operations removed", dropped)
        changed = rewritten + merged + dropped > 0
      }
    })
}

/// One sweep over an entry in which every operation for which a rule knows something better is replaced.
/// - Returns: the number of operations replaced.
private func rewriteByIdentities(_ entry: inout Entry) throws -> Int {
  var rewriter = Rewriter(entry)
  for operation in entry.operations { try rewriter.visit(operation, rules: simplificationRules) }
  entry = rewriter.finish()
  return rewriter.count
}

/// Rebuilds an entry operation by operation; rules see operands that are already simplified.
struct Rewriter {
  private(set) var builder: EntryBuilder
  private(set) var count = 0
  private var definitions: [ValueID: Operation] = [:]
  private var replacements: [ValueID: ValueID] = [:]
  private var uses: [ValueID: Int]

  init(_ entry: Entry) {
    var empty = entry
    empty.operations = []
    builder = EntryBuilder(empty)
    uses = entry.useCounts()
  }

  /// The operation that makes a value, if it is of that op.
  func definition(of value: ValueID, _ op: String) -> Operation? {
    guard let operation = definitions[value], operation.name == op else { return nil }
    return operation
  }

  func constant(_ value: ValueID) -> Double? { definition(of: value, "constant")?.attributes.float("value") }

  func type(of value: ValueID) -> TensorType { builder.type(of: value) }

  func hasOneUse(_ value: ValueID) -> Bool { uses[value, default: 0] <= 1 }

  /// Appends a new operation for the one that is visited.
  mutating func add(_ op: String, _ operands: [ValueID], _ attributes: Attributes = [:]) throws -> ValueID {
    let first = builder.entry.operations.count
    let value = try builder.add(op, operands, attributes)
    for operation in builder.entry.operations[first...] { record(operation) }
    return value
  }

  mutating func visit(_ operation: Operation, rules: [RewriteRule]) throws {
    var operation = operation
    operation.operands = operation.operands.map { replacements[$0] ?? $0 }
    builder.sources = operation.sources
    if operation.results.count == 1 {
      let result = operation.results[0]
      for rule in rules {
        let start = builder.entry.operations.count
        guard let better = try rule(operation, &self) else { continue }
        guard type(of: better) == type(of: result) else {
          builder.entry.operations.removeSubrange(start...)
          continue
        }
        replacements[result] = better
        uses[better, default: 0] += uses[result, default: 0]
        builder.entry.adoptName(of: result, for: better)
        count += 1
        return
      }
    }
    builder.entry.operations.append(operation)
    record(operation)
  }

  func finish() -> Entry {
    var entry = builder.entry
    entry.replaceUses(replacements)
    return entry
  }

  private mutating func record(_ operation: Operation) {
    for result in operation.results { definitions[result] = operation }
  }
}

/// Gives a value that may stand for the operation's result, or nil where the rule does not apply.
typealias RewriteRule = @Sendable (Operation, inout Rewriter) throws -> ValueID?
