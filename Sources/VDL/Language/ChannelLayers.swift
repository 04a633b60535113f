import IR

/// Layers that join and part channels, and classes as numbers.
enum ChannelLayers {
  static let definitions: [LayerDefinition] = [
    LayerDefinition(
      "concat", [ParameterDefinition("others", .tensors, positional: true, "what is put behind it")],
      "the channels of several tensors, or the numbers of several rows, one behind the other",
      shapes: "C1 x H x W, C2 x H x W, ... -> (C1 + C2 + ...) x H x W",
      emit: { arguments, input, entry throws in
        // An op joins eight at most.
        let tensors = [input] + arguments.tensors("others")
        return try stride(from: 1, to: tensors.count, by: 7).reduce(input) { joined, first in
          try entry.add("concat", [joined] + tensors[first..<min(first + 7, tensors.count)])
        }
      }),
    LayerDefinition(
      "slice",
      [
        ParameterDefinition("from", .integer(atLeast: 0), "the first channel, or number of a row, from 0"),
        ParameterDefinition("count", .integer(atLeast: 1), "channels, or numbers, of the result"),
      ],
      "some of the channels, or of the numbers of a row", shapes: "C x H x W -> count x H x W",
      emit: { arguments, input, entry throws in
        try entry.add(
          "slice", [input],
          ["from": .int(arguments.integer("from")), "count": .int(arguments.integer("count"))])
      }),
    LayerDefinition(
      "one_hot", [], "a class as a row of numbers: 1 at its place, 0 elsewhere", shapes: "class[n] -> n",
      emit: { _, input, entry throws in
        guard let classes = entry.classes(of: input) else {
          throw TypeError("'one_hot' needs an input that is a class", note: "declare one: 'input y: class[10]'")
        }
        return try entry.add("one_hot", [input], ["classes": .int(classes)])
      }),
  ]
}
