import IR
import Random

// Random numbers of layers and of operations on images: each use has a stream of its own, which its place in the model's text
// names.
extension EntryElaborator {
  /// The counters of random numbers; arguments of the entry from the first time on that something is drawn, behind its inputs.
  mutating func counters() -> [ValueID] {
    let names = ["seed", "epoch", "index"]
    let known = names.compactMap { builder.entry.argument(named: $0) }
    guard known.count < names.count else { return known }
    let before = builder.entry.arguments
    addCounters()
    let added = builder.entry.arguments[before.count...]
    let inputs: Set<ArgumentRole> = [.image, .label, .latent, .noise]
    let place = before.lastIndex { inputs.contains($0.role) }.map { $0 + 1 } ?? 0
    builder.entry.arguments = Array(before[..<place] + added + before[place...])
    return names.compactMap { builder.entry.argument(named: $0) }
  }

  /// The path of a draw by a layer that is being applied: `encoder.h.dropout0`. A shared layer's uses draw numbers of their own.
  mutating func drawPath(_ kind: String) -> String {
    let path = layerPath.next(kind)
    let uses = drawPaths[path, default: 0]
    drawPaths[path] = uses + 1
    return uses == 0 ? path : "\(path)/\(uses)"
  }

  /// What identifies a draw.
  func drawAttributes(path: String, domain: RandomDomain) -> Attributes {
    ["stream": .int(Int(streamIdentifier(of: path))), "domain": .symbol(domain.name)]
  }
}
