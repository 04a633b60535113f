import IR

extension Pass {
  /// Gives every float value with a row per image the blocked layout, in which a vector holds one element of as
  /// many images. What the caller sees stays canonical: its tensors are converted where they come in and go
  /// out.
  ///
  ///     entry @decode(latent %z : f32[N,2]) {
  ///       %0 = dense %z, @w, @b {epilogue = relu} : f32[N,784]
  ///       return image x = %0
  ///
  /// becomes
  ///
  ///     entry @decode(latent %z : f32[N,2]) {
  ///       %0 = relayout %z {to = n32} : f32[N,2]{n32}
  ///       %1 = dense %0, @w, @b {epilogue = relu} : f32[N,784]{n32}
  ///       %2 = relayout %1 {to = canonical} : f32[N,784]
  ///       return image x = %2
  ///
  /// A number per image lies the same in both layouts, so that metrics need no conversion. As an argument it is converted too:
  /// the caller's numbers end with the last image, a block's with the last lane.
  public static let assignLayouts = Pass(
    name: "assign-layouts", summary: "gives per-image values the blocked layout of the target"
  ) { module, context in
    let layout = Layout.lanes(context.options.blockImages)
    for index in module.entries.indices where !module.entries[index].hasBlockedValues {
      assign(layout, to: &module.entries[index], &context)
    }
  }
}

private func assign(_ layout: Layout, to entry: inout Entry, _ context: inout PassContext) {
  var incoming: [Operation] = []
  for argument in entry.arguments {
    guard let type = entry.type(of: argument.value), type.isBlockable else { continue }
    let blocked = entry.addValue(Value(type: type.with(layout: layout)))
    for index in entry.operations.indices {
      entry.operations[index].operands = entry.operations[index].operands.map {
        $0 == argument.value ? blocked : $0
      }
    }
    incoming.append(Operation("relayout", [argument.value], ["to": .layout(layout)], results: [blocked]))
  }
  for result in entry.operations.flatMap(\.results) {
    guard let type = entry.type(of: result), type.isBlockable else { continue }
    entry[result].type = type.with(layout: layout)
    context.count("values blocked")
  }
  entry.operations = incoming + entry.operations
  var outgoing: [ValueID: ValueID] = [:]
  for index in entry.results.indices {
    let value = entry.results[index].value
    guard let type = entry.type(of: value), type.layout == layout,
      type.rank >= 2 || type.samples > 1
    else { continue }
    if outgoing[value] == nil {
      let canonical = entry.addValue(Value(type: type.with(layout: .canonical)))
      let sources = entry.operations.first { $0.results.contains(value) }?.sources ?? []
      entry.operations.append(
        Operation("relayout", [value], ["to": .layout(.canonical)], results: [canonical], sources: sources))
      outgoing[value] = canonical
    }
    entry.results[index].value = outgoing[value] ?? value
  }
  _ = dropDeadOperations(&entry)
  context.count("conversions added", entry.operations.filter { $0.name == "relayout" }.count)
}

extension TensorType {
  fileprivate var isBlockable: Bool { element.isFloat && isPerImage }
}

extension Entry {
  fileprivate var hasBlockedValues: Bool {
    values.contains { $0.type.map { $0.layout != .canonical } ?? false }
  }
}
