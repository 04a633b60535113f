import Diagnostics

extension ModelSummary {
  /// The summary for a terminal.
  ///
  /// - Parameter memory: what the memory plans say, if they were made.
  public func text(memory: Memory? = nil) -> String {
    [heading, layerTable, costLines, entryTable(memory), memory.map(memoryLines) ?? ""]
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private var heading: String {
    var parts = [
      "\(model): \(grouped(parameters)) parameters" + (frozen > 0 ? ", \(grouped(frozen)) frozen numbers" : "")
    ]
    if !inputs.isEmpty { parts.append("image " + inputs.joined(separator: ", ")) }
    if !classes.isEmpty { parts.append("class " + classes.joined(separator: ", ")) }
    if !latents.isEmpty { parts.append("latent " + latents.joined(separator: ", ")) }
    return parts.joined(separator: "; ") + "\n"
  }

  private var layerTable: String {
    var table = TextTable([
      ("layer", .left), ("operation", .left), ("output", .left), ("parameters", .right),
      ("FLOPs an image", .right),
    ])
    var entry: String?
    for layer in layers {
      if layer.entry != entry { table.addRule() }
      entry = layer.entry
      table.add(
        layer.name, layer.operation,
        layer.output.isEmpty ? "1" : layer.output.map(String.init).joined(separator: "x"),
        layer.parameters == 0 ? "" : grouped(layer.parameters), layer.flops == 0 ? "" : grouped(layer.flops))
    }
    return table.text
  }

  private var costLines: String {
    var lines = ["products alone, two FLOPs for a multiply-add, taps in the padding counted:"]
    lines.append("  forward   \(megaflops(forwardFlops)) an image")
    if trainingFlops > 0 { lines.append("  training  \(megaflops(trainingFlops)) an image") }
    return lines.joined(separator: "\n") + "\n"
  }

  private func entryTable(_ memory: Memory?) -> String {
    let batch = training.batch
    var columns: [(String, TextTable.Alignment)] = [
      ("entry", .left), ("operations", .right), ("FLOPs an image", .right),
    ]
    if let memory {
      columns += [
        ("arena", .right), ("+ per block of \(memory.blockImages)", .right), ("for \(batch) images", .right),
      ]
    }
    var table = TextTable(columns)
    for entry in entries {
      guard let memory, let arena = memory.arenas[entry.name] else {
        table.add(entry.name, grouped(entry.operations), grouped(entry.flops))
        continue
      }
      let blocks = (batch + memory.blockImages - 1) / memory.blockImages
      let (blockBytes, overflow) = arena.block.multipliedReportingOverflow(by: blocks)
      let (total, overflowOfSum) = blockBytes.addingReportingOverflow(arena.shared)
      table.add(
        entry.name, grouped(entry.operations), grouped(entry.flops), byteText(arena.shared),
        byteText(arena.block),
        overflow || overflowOfSum ? "too much" : byteText(total))
    }
    return table.text
  }

  private func memoryLines(_ memory: Memory) -> String {
    "memory: weights \(byteText(memory.weightsBytes)), training state \(byteText(memory.stateBytes)); "
      + "an arena is scratch of one call\n"
  }

  private func megaflops(_ flops: Int) -> String {
    flops < 100_000 ? "\(grouped(flops)) FLOP" : decimal(Double(flops) / 1e6, 3) + " MFLOP"
  }
}
