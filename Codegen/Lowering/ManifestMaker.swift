import Artifact
import Diagnostics
import IR
import Kernels

/// Writes down for the runner what was compiled.
struct ManifestMaker {
  let module: Module
  let target: KernelTarget
  let layout: GlobalLayout

  /// - Parameters:
  ///   - source: the model's text.
  ///   - options: what the compiler was told beside it.
  ///   - used: the texts of models whose parts it uses.
  func make(
    plans: [String: MemoryPlan], compiler: String, digest: String, source: [UInt8], options: [String],
    used: [SourceText]
  ) throws -> Manifest {
    let entries = module.entries.compactMap { entry in plans[entry.name].map { self.entry(entry, $0) } }
    let training = module.training
    var hypers = module.hypers.map { Manifest.Hyper(name: $0.name, defaultValue: $0.value) }
    if module.entries.contains(where: { $0.arguments.contains { $0.role == .decay } }) {
      hypers.append(Manifest.Hyper(name: "decay", defaultValue: training.decay))
    }
    if module.entries.contains(where: { $0.arguments.contains { $0.role == .clip } }) {
      hypers.append(Manifest.Hyper(name: "clip", defaultValue: training.clip))
    }
    return Manifest(
      name: module.name, compiler: compiler, digest: digest,
      source: Manifest.Source(
        file: module.sourceFile, digest: SHA256.hex(of: source),
        text: source.count <= Manifest.Source.longestText ? String(validating: source, as: UTF8.self) : nil,
        options: options,
        used: used.map { Manifest.Source.UsedText(file: $0.name, digest: SHA256.hex(of: $0.bytes)) }),
      target: Manifest.Target(
        triple: target.machine.triple, cpu: target.machine.cpu,
        features: TargetSelection.requiredFeatures(target.machine),
        vectorBytes: target.lanes * 4, blockImages: target.blockImages),
      configuration: module.configuration.map { Manifest.Setting(name: $0.name, value: .number($0.value)) },
      hypers: hypers,
      training: Manifest.Training(
        optimizer: training.optimizer, rate: training.rate, batch: training.batch, epochs: training.epochs),
      inputs: inputs(),
      classes: module.classes.compactMap { number in
        classCount(number).map { Manifest.ClassInput(name: number.name, count: $0) }
      },
      latents: latents(), objective: objective(),
      parameters: try layout.weights(.parameter, module), statistics: try layout.weights(.statistic, module),
      frozen: try layout.weights(.frozen, module),
      weightsBytes: layout.weightsBytes, state: layout.state(module),
      stateBytes: layout.stateBytes, entries: entries)
  }

  private func entry(_ entry: Entry, _ plan: MemoryPlan) -> Manifest.Entry {
    Manifest.Entry(
      name: entry.name, symbol: "\(module.name)_\(entry.name)",
      arguments: entry.arguments.map { argument in
        let name = entry[argument.value].name ?? argument.role.rawValue
        let isHyper = argument.role == .decay || argument.role == .clip
        return tensor(
          isHyper ? "hyper.\(argument.role.rawValue)" : name, role(argument.role), entry.typeOf(argument.value))
      },
      results: entry.outputs.map { result in
        let (name, role) = describe(result.target)
        return tensor(name, role, entry.typeOf(result.value))
      },
      arena: Manifest.Arena(fixedBytes: plan.arena.sharedBytes, blockBytes: plan.arena.blockBytes))
  }

  private func role(_ role: ArgumentRole) -> Manifest.Role {
    switch role {
    case .image: .image
    case .label: .label
    case .index: .index
    case .seed: .seed
    case .epoch: .epoch
    case .sample: .sample
    case .step: .step
    case .rate: .rate
    case .decay, .clip, .hyper: .hyper
    case .noise: .noise
    case .latent: .latent
    case .distribution: .distribution
    }
  }

  private func describe(_ target: ResultTarget) -> (String, Manifest.Role) {
    switch target {
    case .metric(let name): (name, .metric)
    case .image(let name): (name, .image)
    case .probabilities(let name): (name, .probabilities)
    case .latent(let name): (name, name.contains(".") ? .distribution : .latent)
    case .gradient(let name): (name, .gradient)
    case .global(let name): (name, .latent)
    }
  }

  private func tensor(_ name: String, _ role: Manifest.Role, _ type: TensorType) -> Manifest.Tensor {
    let element: Manifest.Element =
      switch type.element {
      case .u8: .u8
      case .i32: .i32
      case .f32, .bf16: .f32
      }
    return Manifest.Tensor(
      name: name, role: role, element: element,
      shape: type.withRowsAsExtent.dimensions.map {
        if case .fixed(let extent) = $0 { .fixed(extent) } else { .images }
      })
  }

  private func inputs() -> [Manifest.Input] {
    guard let entry = module.entry("train_step") ?? module.entry("evaluate") ?? module.entry("encode") else {
      return []
    }
    return entry.arguments.filter { $0.role == .image }.map { argument in
      let type = entry.typeOf(argument.value)
      return Manifest.Input(
        name: entry[argument.value].name ?? "x", element: type.element == .u8 ? .u8 : .f32, shape: type.extents)
    }
  }

  private func latents() -> [Manifest.Latent] {
    guard let encode = module.entry("encode") else { return [] }
    return encode.results.compactMap { result in
      guard case .latent(let name) = result.target, !name.contains(".") else { return nil }
      return Manifest.Latent(name: name, shape: encode.typeOf(result.value).extents)
    }
  }

  private func objective() -> Manifest.Objective {
    let metrics = (module.entry("train_step") ?? module.entry("evaluate"))?.results.compactMap { result in
      if case .metric(let name) = result.target { name } else { nil }
    }
    return Manifest.Objective(direction: .minimize, metrics: metrics ?? [])
  }
}

/// Where parameters, statistics and state lie in the caller's memory: one after the other, each from a 64-byte boundary.
struct GlobalLayout {
  private(set) var places: [String: Location] = [:]
  private(set) var weightsBytes = 0
  private(set) var stateBytes = 0

  init(_ module: Module) {
    for kind in [Global.Kind.parameter, .statistic, .frozen, .state] {
      for global in module.globals where global.kind == kind {
        let bytes = MemoryPlan.aligned(global.type.count * 4)
        switch kind {
        case .parameter, .statistic, .frozen:
          places[global.name] = .weights(offset: weightsBytes)
          weightsBytes += bytes
        case .state:
          places[global.name] = .state(offset: stateBytes)
          stateBytes += bytes
        }
      }
    }
  }

  /// What lies in the weights: the parameters, the statistics behind them, or what is frozen behind these.
  func weights(_ kind: Global.Kind, _ module: Module) throws -> [Manifest.Parameter] {
    try module.globals.filter { $0.kind == kind }.map { global in
      Manifest.Parameter(
        name: global.name, shape: global.type.extents, offset: offset(global.name),
        initializer: Manifest.Initializer(try module.initialDistribution(of: global)),
        origin: global.sources.first.flatMap { $0.file == module.sourceFile ? nil : $0.file })
    }
  }

  func state(_ module: Module) -> [Manifest.StateTensor] {
    module.globals.filter { $0.kind == .state }.map {
      Manifest.StateTensor(name: $0.name, shape: $0.type.extents, offset: offset($0.name))
    }
  }

  func offset(_ name: String) -> Int {
    switch places[name] {
    case .weights(let offset), .state(let offset): offset
    default: 0
    }
  }
}

extension Manifest.Initializer {
  fileprivate init(_ distribution: InitialDistribution) {
    switch distribution {
    case .uniform(let bound): self = .uniform(bound: bound)
    case .normal(let deviation): self = .normal(standardDeviation: deviation)
    case .constant(let value): self = .constant(value)
    }
  }
}
