import IR
import Random

/// What may be done to the images of an input, element by element: to the data (`input x: image[1, 28, 28] |> threshold(0.5)`), or to
/// what the encoder sees (`corrupt x with noise(std: 0.3)`).
struct ImageOperation: Sendable {
  typealias Emitter =
    @Sendable (_ arguments: BoundArguments, _ image: ValueID, _ path: String, inout EntryElaborator) throws ->
    ValueID

  let signature: Signature
  let summary: String
  /// - Parameter path: names the random numbers that are drawn.
  let emit: Emitter
  var name: String { signature.name }
}

enum ImageOperationTable {
  static func named(_ name: String) -> ImageOperation? { definitions.first { $0.name == name } }

  static let definitions: [ImageOperation] = [
    ImageOperation(
      signature: Signature(
        name: "noise",
        parameters: [ParameterDefinition("std", .number(.nonnegative), "standard deviation")]),
      summary: "x + std times a standard normal number, another in each epoch",
      emit: { arguments, image, path, entry throws in
        let noise = try entry.normals(like: image, path: path)
        let std = try entry.add("constant", [], ["value": .float(arguments.number("std"))])
        return try entry.add("add", [image, try entry.add("mul", [std, noise])])
      }),
    ImageOperation(
      signature: Signature(
        name: "mask", parameters: [ParameterDefinition("rate", .number(.unit), "share that becomes zero")]),
      summary:
        "0 for a random share of the elements, others in each epoch (Vincent et al. 2010); x for the rest",
      emit: { arguments, image, path, entry throws in
        var attributes = entry.drawAttributes(path: path, domain: entry.mode.domain)
        attributes["rate"] = .float(arguments.number("rate"))
        return try entry.add("dropout", [image] + entry.counters(), attributes)
      }),
    ImageOperation(
      signature: Signature(
        name: "threshold",
        parameters: [ParameterDefinition("level", .number(.nonnegative), positional: true, "what 1 is above")]),
      summary: "1 where x is above the level, else 0",
      emit: { arguments, image, _, entry throws in
        let isAbove = ScalarExpression.selectPositive(.operand(0) - .constant(arguments.number("level")), 1, 0)
        return try entry.add("map", [image], ["formula": .formula(isAbove)])
      }),
    ImageOperation(
      signature: Signature(
        name: "binarize",
        parameters: [ParameterDefinition("draw", .word(["fixed", "dynamic"]), positional: true, "how often")]),
      summary:
        "1 with the probability x, else 0: one draw for each image, the same in all epochs and entries (fixed), or another in "
        + "each epoch (dynamic)",
      emit: { arguments, image, path, entry throws in
        let isFixed = arguments.symbol("draw") == "fixed"
        var attributes = entry.drawAttributes(path: path, domain: isFixed ? .data : entry.mode.domain)
        attributes["draws"] = .symbol((isFixed ? Draws.once : .eachEpoch).rawValue)
        return try entry.add("bernoulli_draw", [image] + entry.counters(), attributes)
      }),
  ]
}
