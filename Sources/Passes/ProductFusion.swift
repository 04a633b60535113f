import Diagnostics
import IR

/// Moves what follows a product (convolution, dense layer, or their gradients) into its epilogue: the work of
/// `fuse-convolution` and `fuse-dense`. A value disappears only where nothing else reads it.
struct ProductFusion {
  private let products: Set<String>
  private var entry: Entry
  /// What stands at each position of the entry now; fusion empties some and puts a reshape behind others.
  private var slots: [[Operation]]
  private var definitions: [ValueID: Int]
  private let uses: [ValueID: Int]

  private static let activations: Set<String> = ["relu", "sigmoid", "tanh"]
  private static let activationGradients: Set<String> = ["relu_gradient", "sigmoid_gradient", "tanh_gradient"]

  init(_ products: Set<String>, in entry: Entry) {
    self.products = products
    self.entry = entry
    slots = entry.operations.map { [$0] }
    definitions = entry.definitions()
    uses = entry.useCounts()
  }

  /// The entry with its products fused. Operations are visited in order, so that a product collects its bias,
  /// then its activation.
  mutating func run(_ context: inout PassContext) -> Entry {
    for position in slots.indices {
      guard let operation = slots[position].first else { continue }
      switch operation.name {
      case "add_bias": fuseBias(position, operation, &context)
      case _ where Self.activations.contains(operation.name): fuseActivation(position, operation, &context)
      case _ where Self.activationGradients.contains(operation.name):
        fuseGradient(position, operation, &context)
      default: break
      }
    }
    entry.operations = slots.flatMap { $0 }
    return entry
  }

  /// `add_bias (conv x, w), b` = `conv x, w, b`.
  private mutating func fuseBias(_ position: Int, _ operation: Operation, _ context: inout PassContext) {
    guard let product = openProduct(operation.operands[0]), product.operands.count == 2 else { return }
    var fused = merge(product, operation)
    fused.operands.append(operation.operands[1])
    fused.results = operation.results
    replace(product, with: [fused], at: position)
    context.count("biases fused")
  }

  /// `relu (conv ...)` = `conv ... {epilogue = relu}`, also through a reshape between the two.
  private mutating func fuseActivation(_ position: Int, _ operation: Operation, _ context: inout PassContext) {
    let (value, reshape) = skipReshape(operation.operands[0])
    guard let product = openProduct(value) else { return }
    var fused = merge(product, operation)
    fused.attributes["epilogue"] = .symbol(operation.name)
    place(fused, for: product, before: reshape, operation, at: position, &context)
    context.count("activations fused")
  }

  /// `relu_gradient (dense_data_gradient dy, w), y` = `dense_data_gradient dy, w, y {epilogue =
  /// relu_gradient}`. Where a reshape stands between, the product has to read `y` in the shape before it.
  private mutating func fuseGradient(_ position: Int, _ operation: Operation, _ context: inout PassContext) {
    let (value, reshape) = skipReshape(operation.operands[0])
    guard let product = openProduct(value), product.operands.count == 2, let type = entry.type(of: value),
      let output = reshape == nil
        ? operation.operands[1] : reshaped(operation.operands[1], to: type, before: position),
      entry.type(of: output)?.dimensions == type.dimensions
    else { return }
    var fused = merge(product, operation)
    fused.operands.append(output)
    fused.attributes["epilogue"] = .symbol(operation.name)
    place(fused, for: product, before: reshape, operation, at: position, &context)
    context.count("activation gradients fused")
  }

  /// The product that makes a value, if it has no epilogue yet and the value no other reader.
  private func openProduct(_ value: ValueID) -> Operation? {
    guard let operation = definition(value), products.contains(operation.name), uses[value] == 1,
      operation.attributes.symbol("epilogue") ?? "none" == "none"
    else { return nil }
    return operation
  }

  private func definition(_ value: ValueID) -> Operation? {
    definitions[value].flatMap { slots[$0].first { $0.results.contains(value) } }
  }

  /// The value before a reshape that only one operation reads, and that reshape.
  private func skipReshape(_ value: ValueID) -> (ValueID, Operation?) {
    guard let operation = definition(value), operation.name == "reshape", uses[value] == 1 else {
      return (value, nil)
    }
    return (operation.operands[0], operation)
  }

  /// The same numbers in another shape: the reshape that the entry has before a position, or a new one.
  private mutating func reshaped(_ value: ValueID, to type: TensorType, before position: Int) -> ValueID? {
    for operation in slots[..<position].joined()
    where operation.name == "reshape" && operation.operands[0] == value {
      if entry.type(of: operation.results[0]) == type { return operation.results[0] }
    }
    guard entry.type(of: value)?.count == type.count else { return nil }
    let result = entry.addValue(Value(type: type))
    let sources = definition(value)?.sources ?? []
    let reshape = Operation(
      "reshape", [value], ["shape": .ints(type.extents)], results: [result], sources: sources)
    slots[position].insert(reshape, at: 0)
    definitions[result] = position
    return result
  }

  private func merge(_ product: Operation, _ operation: Operation) -> Operation {
    var fused = product
    fused.sources.formUnion(operation.sources)
    return fused
  }

  /// Puts a fused product where the activation stands; a reshape that was between them comes behind.
  private mutating func place(
    _ fused: Operation, for product: Operation, before reshape: Operation?, _ operation: Operation,
    at position: Int,
    _ context: inout PassContext
  ) {
    var fused = fused
    guard var reshape else {
      fused.results = operation.results
      replace(product, with: [fused], at: position)
      return
    }
    let made = entry.addValue(Value(type: entry.type(of: product.results[0])))
    fused.results = [made]
    remove(reshape)
    reshape.operands = [made]
    reshape.results = operation.results
    replace(product, with: [fused, reshape], at: position)
    context.count("reshapes moved")
  }

  private mutating func remove(_ operation: Operation) {
    guard let position = definitions[operation.results[0]] else { return }
    slots[position].removeAll { $0.results == operation.results }
  }

  private mutating func replace(_ product: Operation, with operations: [Operation], at position: Int) {
    remove(product)
    slots[position].removeLast()
    slots[position] += operations
    for result in operations.flatMap(\.results) { definitions[result] = position }
  }
}
