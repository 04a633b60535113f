extension OpDefinition {
  /// A module whose one entry, `@example`, applies the op to operands of the given types, or of its example's: what the
  /// documentation shows and the tests run.
  ///
  /// Operands with a row per image become arguments, numbers become hypers, counters theirs, other tensors parameters.
  /// Every result is a result of the entry: a metric, a latent, or the new value of a global `result.NAME`. bf16 tensors, which
  /// programs only have inside, are converted from f32 and to it.
  /// - Throws: `TypeError` where the op refuses the types.
  public func exampleModule(
    operands types: [TensorType]? = nil, attributes: Attributes? = nil
  ) throws -> Module {
    var module = Module(name: name)
    var entry = Entry(name: "example")
    let types = types ?? example.operands
    var values = zip(operands, types).map { operand, type -> ValueID in
      let type = type.element == .bf16 ? type.with(element: .f32) : type
      if let role = type.exampleRole { return entry.addArgument(operand.name, role: role, type: type) }
      let global = Global(name: operand.name, kind: .parameter, type: type, initializer: .constant(0.5))
      module.globals.append(global)
      return entry.reference(to: global)
    }
    module.hypers = entry.arguments.filter { $0.role == .hyper }.compactMap { argument in
      entry[argument.value].name.map { NamedNumber($0, 0.5) }
    }
    var builder = EntryBuilder(entry)
    for index in values.indices where types[index].element == .bf16 {
      values[index] = try builder.add("to_bf16", [values[index]])
    }
    let made = try builder.addAll(name, values, attributes ?? example.attributes, declared: example.declared)
    for (value, name) in zip(made, results) {
      let isNarrow = builder.type(of: value).element == .bf16
      let value = isNarrow ? try builder.add("to_f32", [value]) : value
      let type = builder.type(of: value)
      if type.isScalar || type.dimensions == [.images] {
        builder.entry.results.append(EntryResult(.metric(name), value))
      } else if type.isPerImage {
        builder.entry.results.append(EntryResult(.latent(name), value))
      } else {
        module.globals.append(
          Global(name: "result.\(name)", kind: .state, type: type, initializer: .constant(0)))
        builder.entry.results.append(EntryResult(.global("result.\(name)"), value))
      }
    }
    module.entries = [builder.entry]
    return module
  }
}

extension TensorType {
  /// The role that an operand of this type has in an example's entry; nil for a parameter.
  fileprivate var exampleRole: ArgumentRole? {
    switch (element, dimensions) {
    case (.u8, _): .image
    case (.i32, []): .epoch
    case (.i32, [.images]): .index
    case (.i32, _): .seed
    case (_, []): .hyper
    default: isPerImage ? .latent : nil
    }
  }
}
