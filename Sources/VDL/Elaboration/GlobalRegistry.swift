import Diagnostics
import IR

/// The parameters of the module, made while its entries are elaborated: each entry meets the same layers again.
final class GlobalRegistry {
  private(set) var globals: [Global] = []
  private var positions: [String: Int] = [:]
  /// Globals that were asked for with another type: of a shared layer that two parts use with different configs.
  private(set) var clashes: [(global: Global, type: TensorType)] = []

  /// The global of that name, made at first use.
  func global(
    _ name: String, kind: Global.Kind, type: @autoclosure () -> TensorType,
    initializer: @autoclosure () -> Initializer,
    sources: @autoclosure () -> [SourceRange]
  ) -> Global {
    if let position = positions[name] {
      let (known, wanted) = (globals[position], type())
      if known.type != wanted, !clashes.contains(where: { $0.global.name == name }) {
        clashes.append((known, wanted))
      }
      return known
    }
    let global = Global(name: name, kind: kind, type: type(), initializer: initializer(), sources: sources())
    positions[name] = globals.count
    globals.append(global)
    return global
  }

  var parameters: [Global] { globals.filter { $0.kind == .parameter } }
}

/// Where a layer stands, for the names of its parameters: `encoder.h` and the ordinals given out there so far.
struct LayerPath: Sendable {
  /// `encoder`, `prior`, `decoder` or `shared`: what `as` names stand under.
  let scope: String
  let path: String
  /// Whether its parameters may be met again: they belong to a shared layer.
  let isShared: Bool
  private var ordinals: [String: Int] = [:]

  init(scope: String, path: String, isShared: Bool = false) {
    self.scope = scope
    self.path = path
    self.isShared = isShared
  }

  /// `encoder.h.conv0`, then `encoder.h.conv1`, ...
  mutating func next(_ kind: String) -> String {
    let ordinal = ordinals[kind, default: 0]
    ordinals[kind] = ordinal + 1
    return "\(path).\(kind)\(ordinal)"
  }
}
