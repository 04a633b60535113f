import Diagnostics
import IR

extension Entry {
  /// Replaces an operation `jacobian_norm` by operations and requests for gradients.
  ///
  /// One dense layer on the image with an activation behind it has the Jacobian diag(s) W, s the activation's slopes, so that
  ///
  ///     %j = jacobian_norm %h, %x : f32[N]
  ///
  /// becomes one product of squares (Rifai et al. 2011, equation 6):
  ///
  ///     %0 = sum_elements %h : f32[]
  ///     %1 = gradient %0, %before : f32[N,256]
  ///     %2 = square %1 : f32[N,256]
  ///     %3 = square @w : f32[256,784]
  ///     %4 = dense_data_gradient %2, %3 : f32[N,784]
  ///     %j = sum_per_image %4 : f32[N]
  ///
  /// Any other value, of few numbers, has a reverse pass for each of them:
  ///
  ///     %0 = slice %h {from = 3, count = 1} : f32[N,1]
  ///     %1 = sum_elements %0 : f32[]
  ///     %2 = gradient %1, %x : f32[N,1,28,28]
  ///     %3 = square %2 : f32[N,1,28,28]
  ///     %4 = sum_per_image %3 : f32[N]
  ///     %j = add ..., %4 : f32[N]
  ///
  /// - Throws: `DiagnosticList` for a value of many numbers, or one in which the images of a batch meet.
  mutating func expandJacobian(at position: Int) throws {
    let request = operations[position]
    var builder = EntryBuilder(self, sources: request.sources)
    let rest = Array(operations[position...].dropFirst())
    builder.entry.operations = Array(operations[..<position])
    do {
      let norm = try builder.jacobianNorm(of: request.operands[0], by: request.operands[1])
      self = builder.entry
      operations += rest
      replaceUses([request.results[0]: norm])
    } catch let error as TypeError {
      throw DiagnosticList([
        Diagnostic(error.message, at: request.sources.first, notes: error.note.map { [.init($0)] } ?? [])
      ])
    }
  }
}

/// A value of more numbers has no Jacobian through several layers: the program grows with each.
private let mostNumbers = 64

extension EntryBuilder {
  fileprivate mutating func jacobianNorm(of value: ValueID, by input: ValueID) throws -> ValueID {
    if let layer = layer(behind: value, on: input) { return try norm(of: layer, with: value) }
    let type = type(of: value)
    guard type.count <= mostNumbers else {
      throw TypeError(
        "a Jacobian through several layers is that of at most \(mostNumbers) numbers, not of \(type)",
        note: "one dense layer on the image, with an activation behind it, may have any number")
    }
    guard type.samples == 1 else {
      throw TypeError("a Jacobian is that of one row for each image, not of \(type)")
    }
    if let operation = coupling(value, input) {
      let layer = operation.name == "channel_statistics" ? "batch normalization" : "'\(operation.name)'"
      throw TypeError("in training \(layer) makes an image's Jacobian one of the whole batch")
    }
    return try norm(of: value, by: input)
  }

  /// One reverse pass for each number of a value.
  private mutating func norm(of value: ValueID, by input: ValueID) throws -> ValueID {
    let count = type(of: value).count
    let row = try add("reshape", [value], ["shape": .ints([count])])
    var norm: ValueID?
    for element in 0..<count {
      let number = try add("slice", [row], ["from": .int(element), "count": .int(1)])
      let slopes = try add("gradient", [try add("sum_elements", [number]), input])
      let squares = try add("sum_per_image", [try add("square", [slopes])])
      norm = try norm.map { try add("add", [$0, squares]) } ?? squares
    }
    return try norm ?? add("sum_per_image", [row])
  }

  /// An operation on the way from the input to the value by which an image's result depends on other images.
  private func coupling(_ value: ValueID, _ input: ValueID) -> Operation? {
    var needed: Set<ValueID> = [value]
    for operation in entry.operations.reversed() where operation.results.contains(where: needed.contains) {
      needed.formUnion(operation.operands)
    }
    var dependent: Set<ValueID> = [input]
    for operation in entry.operations
    where operation.results.contains(where: needed.contains)
      && operation.operands.contains(where: dependent.contains)
    {
      if OpTable.standard[operation.name]?.couplesImages == true { return operation }
      dependent.formUnion(operation.results)
    }
    return nil
  }

  /// A dense layer that reads the input itself, under whatever shape.
  private struct Layer {
    /// What the activation is applied to.
    var before: ValueID
    var weight: ValueID
  }

  private mutating func norm(of layer: Layer, with value: ValueID) throws -> ValueID {
    let slopes: ValueID
    if layer.before == value {
      slopes = try add("broadcast_like", [try constant(1), value])
    } else {
      slopes = try add("gradient", [try add("sum_elements", [value]), layer.before])
    }
    let squares = [try add("square", [slopes]), try add("square", [layer.weight])]
    return try add("sum_per_image", [try add("dense_data_gradient", squares)])
  }

  /// The layer whose activation, or sum with the bias, a value is; nil where it is anything else.
  private func layer(behind value: ValueID, on input: ValueID) -> Layer? {
    let definitions = entry.definitions()
    func definition(_ value: ValueID) -> Operation? { definitions[value].map { entry.operations[$0] } }
    var before = value
    while let operation = definition(before), operation.operands.count == 1,
      operation.formula != nil || operation.name == "reshape"
    {
      before = operation.operands[0]
    }
    var product = before
    if let sum = definition(product), sum.name == "add_bias" { product = sum.operands[0] }
    guard let dense = definition(product), dense.name == "dense", dense.operands.count == 2 else { return nil }
    var source = dense.operands[0]
    while let shape = definition(source), shape.name == "reshape" { source = shape.operands[0] }
    return source == input ? Layer(before: before, weight: dense.operands[1]) : nil
  }
}
