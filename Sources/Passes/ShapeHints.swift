import Diagnostics
import IR

/// The message for an operation whose types do not fit, in the words of the model: the layers' names, where the
/// operands come from, and what would help.
func typeDiagnostic(_ error: TypeError, _ operation: Operation, _ entry: Entry) -> Diagnostic {
  var message = error.message
  if let name = entry.termName(of: operation) { message.replace("'\(operation.name)'", with: name) }
  for (op, layer) in layerNames { message.replace("'\(op)'", with: "'\(layer)'") }
  var notes = operandNotes(message, operation, entry)
  if let note = error.note { notes.append(Diagnostic.Note(note)) }
  if let note = flattenNote(operation, entry) ?? reshapeNote(operation, entry) { notes.append(note) }
  if let note = outputPaddingNote(operation, entry) ?? unitsNote(operation, entry) {
    notes.removeAll { $0.range == note.range }
    notes.append(note)
  }
  return Diagnostic(message, at: operation.sources.first, notes: notes)
}

/// What the language calls the ops that its layers become.
private let layerNames = [
  ("conv2d", "conv"), ("conv2d_transpose", "deconv"), ("bernoulli_loglik", "bernoulli"), ("kl_normal", "kl"),
  ("reparameterize", "normal"), ("sum_pool2d", "avg_pool"), ("max_pool2d", "max_pool"),
  ("spread2d", "upsample"),
  ("mean_positions", "global_avg_pool"), ("log_softmax", "categorical"), ("channel_statistics", "batch_norm"),
  ("affine_channels", "batch_norm"), ("add", "+"), ("sub", "-"), ("mul", "*"), ("div", "/"),
]

/// For each operand whose shape the message shows, the place that it comes from.
private func operandNotes(_ message: String, _ operation: Operation, _ entry: Entry) -> [Diagnostic.Note] {
  operation.operands.compactMap { operand in
    guard entry[operand].global == nil, let type = entry.type(of: operand), message.contains(type.description),
      let range = entry.origin(of: operand)?.sources.first, range != operation.sources.first
    else { return nil }
    return Diagnostic.Note("this is \(type)", at: range)
  }
}

/// A dense layer takes rows; images have to be flattened before.
private func flattenNote(_ operation: Operation, _ entry: Entry) -> Diagnostic.Note? {
  guard operation.name == "dense", let input = operation.operands.first, let type = entry.type(of: input),
    type.isPerImage, type.rank > 2
  else { return nil }
  return Diagnostic.Note("put 'flatten' before it: \(type) has \(type.count) elements per image")
}

/// A convolution takes images; rows have to be given extents before.
private func reshapeNote(_ operation: Operation, _ entry: Entry) -> Diagnostic.Note? {
  guard ["conv2d", "conv2d_transpose"].contains(operation.name), let input = operation.operands.first,
    let type = entry.type(of: input), type.isPerImage, type.rank == 2
  else { return nil }
  return Diagnostic.Note(
    "put 'reshape(channels, height, width)' before it: \(type) has \(type.count) elements per image")
}

/// A dense layer whose numbers are reshaped to an image of another size, or are not as many as classes.
private func unitsNote(_ operation: Operation, _ entry: Entry) -> Diagnostic.Note? {
  guard ["reshape", "log_softmax"].contains(operation.name), let input = operation.operands.first,
    let layer = entry.layer("dense", behind: input)
  else { return nil }
  let extents =
    operation.name == "reshape"
    ? operation.attributes.ints("shape") : [operation.attributes.int("classes")]
  guard let count = checkedProduct(extents), count > 0, !extents.contains(-1) else { return nil }
  return Diagnostic.Note("with \(count) units it fits", at: layer.sources.first)
}

/// Two images of one loss that differ by what a stride rounds off. The map of a strided convolution belongs to
/// several image sizes, and `output_padding` says which of them its transpose makes.
private func outputPaddingNote(_ operation: Operation, _ entry: Entry) -> Diagnostic.Note? {
  guard operation.operands.count == 2 else { return nil }
  for (operand, target) in [(0, 1), (1, 0)] {
    guard let made = entry.type(of: operation.operands[operand]),
      let wanted = entry.type(of: operation.operands[target]),
      made.isPerImage, made.extents.count == 3, wanted.extents.count == 3, made.extents[0] == wanted.extents[0],
      let layer = entry.layer("conv2d_transpose", behind: operation.operands[operand])
    else { continue }
    let missing = zip(wanted.extents, made.extents).dropFirst().map { $0 - $1 }
    let padding =
      layer.attributes["output_padding"].map { _ in layer.attributes.ints("output_padding") } ?? [0, 0]
    let stride = layer.attributes.ints("stride")
    guard missing[0] == missing[1], missing[0] != 0, padding.count == 2, padding[0] == padding[1],
      stride.count == 2,
      stride[0] == stride[1], (0..<stride[0]).contains(padding[0] + missing[0])
    else { continue }
    return Diagnostic.Note(
      "this makes \(made); with output_padding: \(padding[0] + missing[0]) it makes \(wanted)",
      at: layer.sources.first)
  }
  return nil
}

extension Entry {
  fileprivate func origin(of value: ValueID) -> Operation? {
    operations.first { $0.results.contains(value) }
  }

  /// What the language calls the term whose squared error an operation takes.
  fileprivate func termName(of operation: Operation) -> String? {
    func reader(_ name: String, of value: ValueID?) -> Operation? {
      operations.first { $0.name == name && value.map($0.operands.contains) == true }
    }
    guard operation.name == "sub", let square = reader("square", of: operation.results.first) else {
      return nil
    }
    return reader("mean_per_image", of: square.results.first) != nil ? "'mse'" : "the squared error"
  }

  /// The layer that fixes the extents of a value: elementwise operations, of which few follow one another, keep them.
  fileprivate func layer(_ name: String, behind value: ValueID) -> Operation? {
    var value = value
    for _ in 0..<16 {
      guard let operation = origin(of: value) else { return nil }
      if operation.name == name { return operation }
      let keepsShape = operation.name == "add_bias" || OpTable.standard[operation.name]?.formula != nil
      guard keepsShape, let first = operation.operands.first else { return nil }
      value = first
    }
    return nil
  }
}
