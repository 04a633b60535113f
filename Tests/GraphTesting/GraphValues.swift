import IR

/// Values for the globals and arguments of a module's first entry. What a value is depends on its name, its type and the seed,
/// and on nothing else of the module, so that a part of a program is given the same as the whole.
public struct GraphValues {
  public private(set) var globals: [String: HostTensor] = [:]
  public private(set) var arguments: [String: HostTensor] = [:]

  /// Bytes, counters, and float32 numbers small enough for results to stay moderate; those of state are positive, as second
  /// moments are.
  public init(_ module: Module, images: Int, seed: UInt64) {
    for global in module.globals {
      let tensor = Self.tensor(global.name, global.type, images: images, seed: seed, scale: 0.5)
      globals[global.name] =
        global.kind == .parameter ? tensor : HostTensor(shape: tensor.shape, data: tensor.data.map { abs($0) })
    }
    guard let entry = module.entries.first else { return }
    for argument in entry.arguments {
      guard let name = entry[argument.value].name, let type = entry.type(of: argument.value) else { continue }
      arguments[name] = Self.tensor(name, type, images: images, seed: seed, scale: 1)
    }
  }

  private static func tensor(
    _ name: String, _ type: TensorType, images: Int, seed: UInt64, scale: Double
  ) -> HostTensor {
    // FNV-1a of the name.
    let hash = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    var random = SplitMix(state: seed ^ hash)
    return .random(type, images: images, &random) { sign, unit in Double(Float(sign * (0.2 + unit) * scale)) }
  }
}
