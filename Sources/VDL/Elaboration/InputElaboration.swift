import Diagnostics
import IR
import Random

// Inputs as the scopes and the objective see them.
extension EntryElaborator {
  /// An image as floats, with what its declaration does to the data; bytes are converted at their first use. A class as the number
  /// that it is.
  mutating func inputMeaning(_ name: Name) throws(Recovery) -> Meaning {
    if let known = inputs[name.text] { return .tensor(known) }
    guard let input = symbols.input(name.text), let argument = builder.entry.argument(named: name.text) else {
      return .invalid
    }
    if input.classes != nil { return .tensor(argument) }
    var value = try at(name.range) { entry throws(Recovery) in try entry.emit("decode_u8", [argument]) }
    for (number, call) in input.declaration.operations.enumerated() {
      value = try apply(call, to: value, of: input, path: "input.\(input.name).\(call.name.text)\(number)")
    }
    inputs[name.text] = value
    return .tensor(value)
  }

  /// An input as the encoder sees it: corrupted where the model says so and the entry corrupts.
  mutating func encoderInput(_ name: Name) throws(Recovery) -> Meaning {
    let meaning = try inputMeaning(name)
    guard mode.isCorrupting, case .tensor(let value) = meaning, let input = symbols.input(name.text),
      let corruption = symbols.corruptions[name.text]?.corruption
    else { return meaning }
    if let known = corrupted[name.text] { return .tensor(known) }
    let made = try apply(
      corruption, to: value, of: input, path: "corrupt.\(name.text).\(corruption.name.text)")
    self.name(made, "\(name.text).corrupted")
    corrupted[name.text] = made
    return .tensor(made)
  }

  private mutating func apply(
    _ call: Call, to value: ValueID, of input: ModelSymbols.Input, path: String
  ) throws(Recovery) -> ValueID {
    guard let operation = ImageOperationTable.named(call.name.text) else { throw failUnknown(call) }
    let bound = try evaluator(Environment()).bind(
      call.arguments, to: operation.signature, at: call.name.range)
    return try at(call.range) { entry throws(Recovery) in
      do {
        entry.builder.entry[value].type = input.imageType
        return try operation.emit(bound, value, path, &entry)
      } catch {
        throw entry.fail(error)
      }
    }
  }

  private func failUnknown(_ call: Call) -> Recovery {
    let names = ImageOperationTable.definitions.map(\.name)
    let notes = DiagnosticCollector.suggestion(for: call.name.text, in: names)
    guard !isLayer(call.name.text) else {
      return diagnostics.fail("'\(call.name.text)' is a layer, not an operation on images", at: call.name.range)
    }
    return diagnostics.fail(
      "unknown operation on images '\(call.name.text)'", at: call.name.range,
      notes: notes.isEmpty ? [.init("operations on images are " + names.joined(separator: ", "))] : notes)
  }

  /// Standard normal numbers, one for each element of an image.
  mutating func normals(like image: ValueID, path: String) throws -> ValueID {
    let noise = try add("normal_noise", counters(), drawAttributes(path: path, domain: mode.domain))
    builder.entry[noise].type = builder.entry[image].type
    return noise
  }
}

extension ModelSymbols.Input {
  /// The type of an image's floats.
  fileprivate var imageType: TensorType? {
    imageExtents.map { TensorType(.f32, [.images] + $0.map { .fixed($0) }) }
  }
}
