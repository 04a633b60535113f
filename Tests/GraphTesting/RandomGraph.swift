import IR

/// Makes well-typed modules at random, of what models are made of: layers with bias and activation, draws with their KL,
/// likelihoods, sums and means, gradients, Adam; and of what passes clean up: numbers that fold, duplicates, dead values.
public struct RandomGraph {
  private var random: SplitMix
  private let normalizes: Bool
  private var module = Module(name: "random")
  private var builder = EntryBuilder(Entry(name: "train_step"))
  /// Values with a row per image; among them numbers, `f32[N]`.
  private var rows: [ValueID] = []
  private var scalars: [ValueID] = []
  private var counters: [ValueID] = []

  /// The module of a seed: one entry with about that many layers, gradients still to be differentiated.
  /// - Parameter normalizes: whether there may be batch normalization, whose gradients behind other normalization lose more
  ///   digits in float32 than the tolerance of native code allows.
  public static func module(seed: UInt64, layers: Int = 12, normalizes: Bool = true) throws -> Module {
    var graph = RandomGraph(random: SplitMix(state: seed), normalizes: normalizes)
    try graph.addArguments()
    for _ in 0..<layers { try graph.addLayer() }
    try graph.addResults()
    graph.module.entries = [graph.builder.entry.renumbered()]
    try Verifier.verify(graph.module, phase: .inferred)
    return graph.module
  }

  private init(random: SplitMix, normalizes: Bool) {
    self.random = random
    self.normalizes = normalizes
  }

  // MARK: Choices

  private mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(max(1, limit))) }
  private mutating func chance(_ share: Double) -> Bool { random.unit() < share }
  private mutating func any<T>(_ elements: [T]) throws -> T {
    guard !elements.isEmpty else { throw TypeError("there is nothing to choose from") }
    return elements[below(elements.count)]
  }
  /// A value of that many dimensions, images included; a new one where there is none.
  private mutating func row(rank: Int) throws -> ValueID {
    let fitting = rows.filter { builder.type(of: $0).rank == rank }
    if !fitting.isEmpty { return try any(fitting) }
    let source = try any(rows)
    switch rank {
    case 1: return try keep("sum_per_image", [source])
    case 2: return try keep("reshape", [try wide(source)], ["shape": .ints([-1])])
    default:
      let flat = try keep("reshape", [try wide(source)], ["shape": .ints([-1])])
      let layer = try keep("dense", [flat, parameter([12, builder.type(of: flat).count])])
      return try keep("reshape", [layer], ["shape": .ints([2, 2, 3])])
    }
  }

  /// A value with more than a number per image.
  private mutating func wide(_ value: ValueID) throws -> ValueID {
    guard builder.type(of: value).rank == 1 else { return value }
    return try keep("broadcast_per_image", [value], ["shape": .ints([3])])
  }

  private mutating func keep(_ op: String, _ operands: [ValueID], _ attributes: Attributes = [:]) throws
    -> ValueID
  {
    let value = try builder.add(op, operands, attributes)
    rows.append(value)
    return value
  }

  private mutating func parameter(_ extents: [Int], kind: Global.Kind = .parameter) -> ValueID {
    let name = "layer\(module.globals.count).weight"
    let type = TensorType(.f32, extents.map { .fixed($0) })
    let global = Global(name: name, kind: kind, type: type, initializer: .constant(0.1))
    module.globals.append(global)
    return builder.entry.reference(to: global)
  }

  // MARK: Arguments

  private mutating func addArguments() throws {
    let extents = [1 + below(3), 3 + below(4), 3 + below(3)]
    let image = TensorType(.u8, [.images] + extents.map { .fixed($0) })
    let bytes = builder.entry.addArgument("x", role: .image, type: image)
    counters = [("seed", ArgumentRole.seed), ("epoch", .epoch), ("index", .index)].map { name, role in
      let type = TensorType(.i32, role == .seed ? [.fixed(2)] : role == .epoch ? [] : [.images])
      return builder.entry.addArgument(name, role: role, type: type)
    }
    module.hypers = [NamedNumber("beta", 0.5)]
    scalars.append(builder.entry.addArgument("hyper.beta", role: .hyper, type: .scalar))
    rows.append(try builder.add("decode_u8", [bytes]))
  }

  // MARK: Layers

  private mutating func addLayer() throws {
    switch below(15) {
    case 0, 1: try addConvolution()
    case 2, 3: try addDense()
    case 4: try addDraw()
    case 5: try addLikelihood()
    case 6: try addReduction()
    case 7: try addNumbers()
    case 8: try addDuplicate()
    case 9: try addPooling()
    case 10, 11: normalizes ? try addNormalization() : try addDense()
    default: try addArithmetic()
    }
  }

  /// A product, perhaps with bias, perhaps normalized by running statistics as in a part that training leaves as it is,
  /// perhaps with an activation behind it.
  private mutating func addTail(_ product: ValueID) throws {
    var value = product
    if chance(0.8) {
      value = try builder.add("add_bias", [value, parameter([builder.type(of: value).extents[0]])])
    }
    if chance(0.3) { rows.append(value) }
    if chance(0.3) { value = try addRunningNormalization(value) }
    if chance(0.8) {
      let activation = try any(OpTable.activations)
      value = try builder.add(activation.name, [value], activation.example.attributes)
    }
    rows.append(value)
  }

  private mutating func addRunningNormalization(_ x: ValueID) throws -> ValueID {
    let numbers = (0..<4).map { _ in parameter([builder.type(of: x).extents[0]], kind: .frozen) }
    let scale = try builder.add("channel_scale", [numbers[0], numbers[1]], ["epsilon": .float(0.1)])
    return try builder.add("affine_channels", [x, scale, numbers[2], numbers[3]])
  }

  private mutating func addConvolution() throws {
    let image = try row(rank: 4)
    let extents = builder.type(of: image).extents
    let (stride, kernel, maps) = (1 + below(2), min(3, 1 + below(min(extents[1], extents[2]))), 1 + below(3))
    let pad = kernel == 3 ? [1, 1, 1, 1] : [0, 0, 0, 0]
    let attributes: Attributes = ["stride": .ints([stride, stride]), "pad": .ints(pad)]
    if chance(0.5) || extents[1] > 8 {
      try addTail(
        try builder.add("conv2d", [image, parameter([maps, extents[0], kernel, kernel])], attributes))
    } else {
      try addTail(
        try builder.add(
          "conv2d_transpose", [image, parameter([extents[0], maps, kernel, kernel])], attributes))
    }
  }

  private mutating func addPooling() throws {
    let image = try row(rank: 4)
    let kernel = min(2, builder.type(of: image).extents[1], builder.type(of: image).extents[2])
    let window: Attributes = [
      "kernel": .ints([kernel, kernel]), "stride": .ints([1 + below(2), 1 + below(2)]),
    ]
    switch below(3) {
    case 0: _ = try keep("sum_pool2d", [image], window)
    case 1: _ = try keep("max_pool2d", [image], window)
    default: _ = try keep("mean_positions", [image])
    }
  }

  /// Batch normalization of a product without a bias, perhaps with an activation behind it.
  private mutating func addNormalization() throws {
    let input = try row(rank: 2)
    let product = try builder.add(
      "dense", [input, parameter([1 + below(5), builder.type(of: input).count])])
    let image = try row(rank: 4)
    let kernel: Attributes = ["pad": .ints([1, 1, 1, 1])]
    let map = try builder.add(
      "conv2d", [image, parameter([1 + below(3), builder.type(of: image).extents[0], 3, 3])], kernel)
    let x = chance(0.5) ? product : map
    let channels = builder.type(of: x).extents[0]
    let statistics = try builder.addAll("channel_statistics", [x])
    let scale = try builder.add(
      "channel_scale", [parameter([channels]), statistics[1]], ["epsilon": .float(0.1)])
    var value = try builder.add("affine_channels", [x, scale, parameter([channels]), statistics[0]])
    if chance(0.8) { value = try builder.add(try any(["relu", "relu", "tanh", "softplus"]), [value]) }
    rows.append(value)
  }

  private mutating func addDense() throws {
    let input = try row(rank: 2)
    try addTail(
      try builder.add("dense", [input, parameter([1 + below(5), builder.type(of: input).count])]))
  }

  private mutating func addDraw() throws {
    let hidden = try row(rank: 2)
    let (size, inputs) = (1 + below(3), builder.type(of: hidden).count)
    let mean = try builder.add("dense", [hidden, parameter([size, inputs])])
    let logvar = try builder.add("tanh", [try builder.add("dense", [hidden, parameter([size, inputs])])])
    let noise = try builder.add(
      "normal_noise", counters, ["stream": .int(below(1000)), "domain": .symbol("train")],
      declared: builder.type(of: mean))
    rows.append(try builder.add("reparameterize", [mean, logvar, noise]))
    guard chance(0.8) else { return }
    _ = try keep("sum_per_image", [try builder.add("kl_normal", [mean, logvar])])
  }

  private mutating func addLikelihood() throws {
    let logits = try wide(try any(rows))
    let target = try builder.add("sigmoid", [try builder.add("neg", [logits])])
    _ = try keep("sum_per_image", [try builder.add("bernoulli_loglik", [logits, target])])
  }

  private mutating func addReduction() throws {
    let value = try any(rows)
    let number = try keep(chance(0.5) ? "sum_per_image" : "mean_per_image", [value])
    if chance(0.5) { scalars.append(try builder.add("mean_images", [number])) }
  }

  private mutating func addNumbers() throws {
    let a = try builder.constant(Double(below(5)) - 2)
    let b = try chance(0.5) ? any(scalars) : builder.constant(0.5)
    scalars.append(try builder.add(try any(["add", "sub", "mul"]), chance(0.5) ? [a, b] : [b, a]))
  }

  /// The last operation but a few once more, with the same operands.
  private mutating func addDuplicate() throws {
    let operations = builder.entry.operations
    let twin = operations[max(0, operations.count - 1 - below(6))]
    let types = twin.results.map { builder.type(of: $0) }
    let results = try builder.addAll(twin.name, twin.operands, twin.attributes, declared: types)
    if let first = results.first, builder.type(of: first).isPerImage { rows.append(first) }
  }

  /// Elementwise arithmetic whose results stay small: what could grow goes through tanh.
  private mutating func addArithmetic() throws {
    let a = try any(rows)
    let b = try any(
      rows.filter { [builder.type(of: a), .perImage()].contains(builder.type(of: $0)) } + scalars)
    let small = try builder.add("tanh", [a])
    switch below(5) {
    case 0: _ = try keep("mul", [small, b])
    case 1: _ = try keep("exp", [small])
    case 2: _ = try keep("sqrt", [try builder.add("softplus", [a])])
    case 3: _ = try keep(chance(0.5) ? "add" : "sub", chance(0.5) ? [a, b] : [b, a])
    default: _ = try keep("square", [small])
    }
  }

  // MARK: Results

  /// A loss over everything, its gradients, Adam for the parameters, and some of the values.
  private mutating func addResults() throws {
    var loss = try any(scalars)
    for value in rows.suffix(8) {
      let number = try builder.add("mean_per_image", [try builder.add("tanh", [value])])
      loss = try builder.add("add", [loss, try builder.add("mean_images", [number])])
    }
    builder.entry.results.append(EntryResult(.metric("loss"), loss))
    for (number, value) in rows.suffix(5).enumerated() {
      let target: ResultTarget =
        builder.type(of: value).rank == 1 ? .metric("m\(number)") : .latent("l\(number)")
      builder.entry.results.append(EntryResult(target, value))
    }
    let step = builder.entry.addArgument("step", role: .step, type: TensorType(.i32, []))
    let rate = builder.entry.addArgument("rate", role: .rate, type: .scalar)
    let decay = try chance(0.5) ? any(scalars) : nil
    for parameter in module.parameters {
      try addAdam(parameter, loss, step: step, rate: rate, decay: decay)
    }
  }

  private mutating func addAdam(
    _ parameter: Global, _ loss: ValueID, step: ValueID, rate: ValueID, decay: ValueID?
  ) throws {
    let weight = builder.entry.reference(to: parameter)
    var gradient = try builder.add("gradient", [loss, weight])
    builder.entry.results.append(EntryResult(.gradient(parameter.name), gradient))
    guard chance(0.7) else { return }
    if let decay {
      let decayed = try builder.add("mul", chance(0.5) ? [decay, weight] : [weight, decay])
      gradient = try builder.add("add", chance(0.5) ? [gradient, decayed] : [decayed, gradient])
    }
    let moments = ["m", "v"].map { kind in
      Global(
        name: "adam.\(kind)/\(parameter.name)", kind: .state, type: parameter.type, initializer: .constant(0))
    }
    module.globals += moments
    let m = try builder.add(
      "decay_average", [builder.entry.reference(to: moments[0]), gradient], ["decay": .float(0.9)])
    let v = try builder.add(
      "decay_average_square", [builder.entry.reference(to: moments[1]), gradient], ["decay": .float(0.999)])
    let c1 = try builder.add("bias_correction", [step], ["decay": .float(0.9)])
    let c2 = try builder.add("bias_correction", [step], ["decay": .float(0.999)])
    let updated = try builder.add("adam_apply", [weight, m, v, rate, c1, c2], ["epsilon": .float(1e-3)])
    for (name, value) in [(parameter.name, updated), (moments[0].name, m), (moments[1].name, v)] {
      builder.entry.results.append(EntryResult(.global(name), value))
    }
  }
}
