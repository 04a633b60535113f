import Diagnostics
import IR

/// Models as elaboration makes them, small enough for a test, with every kind of entry.
struct ModelBuilder {
  enum Kind: String, CaseIterable, Sendable { case convvae, densevae, convae }

  var kind: Kind
  var module: Module
  private var height = 6
  private let latent = 2
  /// Told to the last deconvolution; 1 gives the image's size.
  var outputPadding = 1

  init(_ kind: Kind) {
    self.kind = kind
    module = Module(name: kind.rawValue, sourceFile: "\(kind.rawValue).vdl")
    if isVariational { module.hypers = [NamedNumber("beta", 1)] }
  }

  var isVariational: Bool { kind != .convae }
  var isConvolutional: Bool { kind != .densevae }

  /// A range on a line of its own for each layer: the column is the layer's number.
  private func at(_ line: Int) -> SourceRange {
    SourceRange(
      file: module.sourceFile, start: SourcePosition(line: line, column: 3),
      end: SourcePosition(line: line, column: 9))
  }

  mutating func build() throws -> Module {
    for name in [
      "train_step", "gradients", "evaluate", "evaluate_given", "encode", "decode", "sample", "reconstruct",
    ] {
      if !isVariational, name == "sample" || name == "evaluate_given" { continue }
      var builder = EntryBuilder(Entry(name: name), infersTypes: false)
      switch name {
      case "train_step", "gradients", "evaluate", "evaluate_given": try objective(name, &builder)
      case "encode":
        let x = try image(&builder)
        let code = try encode(x, &builder)
        builder.entry.results = [EntryResult(.latent("z"), code[0])]
        if isVariational {
          builder.entry.results += [
            EntryResult(.latent("z.mean"), code[0]), EntryResult(.latent("z.logvar"), code[1]),
          ]
        }
      case "decode":
        let z = builder.entry.addArgument("z", role: .latent, type: nil)
        builder.entry.results = [EntryResult(.image("x"), try picture(try decode(z, &builder), &builder))]
      case "sample":
        let z = try draw(domain: "sample", &builder)
        builder.entry.results = [
          EntryResult(.latent("z"), z),
          EntryResult(.image("x"), try picture(try decode(z, &builder), &builder)),
        ]
      default:
        let code = try encode(try image(&builder), &builder)
        builder.entry.results = [EntryResult(.image("x"), try picture(try decode(code[0], &builder), &builder))]
      }
      module.entries.append(builder.entry.renumbered())
    }
    return module
  }

  private mutating func parameter(_ name: String, _ dimensions: [Int?], _ builder: inout EntryBuilder)
    -> ValueID
  {
    let global = Global(
      name: name, kind: .parameter,
      type: TensorType(.f32, dimensions.map { $0.map { .fixed($0) } ?? .unknown }),
      initializer: .constant(0), sources: builder.sources)
    if module.global(name) == nil { module.globals.append(global) }
    return builder.entry.reference(to: global)
  }

  private func image(_ builder: inout EntryBuilder) throws -> ValueID {
    let x = builder.entry.addArgument(
      "x", role: .image, type: TensorType(.u8, [.images, .fixed(1), .fixed(height), .fixed(height)]))
    return try builder.add("decode_u8", [x])
  }

  private func draw(domain: String, _ builder: inout EntryBuilder) throws -> ValueID {
    let seed = builder.entry.addArgument("seed", role: .seed, type: TensorType(.i32, [.fixed(2)]))
    let epoch = builder.entry.addArgument("epoch", role: .epoch, type: TensorType(.i32, []))
    let index = builder.entry.addArgument("index", role: .index, type: TensorType(.i32, [.images]))
    return try builder.add(
      "normal_noise", [seed, epoch, index],
      ["stream": .int(7), "domain": .symbol(domain), "latent": .symbol("z")], name: "noise")
  }

  private mutating func layer(
    _ op: String, _ name: String, _ x: ValueID, _ weight: [Int?], bias: Int, _ attributes: Attributes = [:],
    line: Int,
    activation: String? = nil, _ builder: inout EntryBuilder
  ) throws -> ValueID {
    builder.sources = [at(line)]
    let w = parameter(name + ".weight", weight, &builder)
    let b = parameter(name + ".bias", [bias], &builder)
    var y = try builder.add("add_bias", [try builder.add(op, [x, w], attributes), b])
    if let activation { y = try builder.add(activation, [y]) }
    builder.sources = []
    return y
  }

  private mutating func encode(_ x: ValueID, _ builder: inout EntryBuilder) throws -> [ValueID] {
    let stride: Attributes = ["stride": .ints([2, 2]), "pad": .ints([1, 1, 1, 1])]
    var h = x
    if isConvolutional {
      h = try layer("conv2d", "e0", h, [4, nil, 3, 3], bias: 4, stride, line: 1, activation: "relu", &builder)
    }
    h = try builder.add("reshape", [h], ["shape": .ints([-1])])
    h = try layer("dense", "e1", h, [5, nil], bias: 5, line: 2, activation: "relu", &builder)
    let mean = try layer("dense", "mean", h, [latent, nil], bias: latent, line: 3, &builder)
    guard isVariational else { return [mean] }
    return [mean, try layer("dense", "logvar", h, [latent, nil], bias: latent, line: 4, &builder)]
  }

  private mutating func decode(_ z: ValueID, _ builder: inout EntryBuilder) throws -> ValueID {
    var h = try layer("dense", "d0", z, [5, nil], bias: 5, line: 5, activation: "tanh", &builder)
    guard isConvolutional else {
      h = try layer("dense", "d1", h, [height * height, nil], bias: height * height, line: 6, &builder)
      return try builder.add("reshape", [h], ["shape": .ints([1, height, height])])
    }
    h = try layer("dense", "d1", h, [4 * 9, nil], bias: 4 * 9, line: 6, activation: "relu", &builder)
    h = try builder.add("reshape", [h], ["shape": .ints([4, 3, 3])])
    let stride: Attributes = [
      "stride": .ints([2, 2]), "pad": .ints([1, 1, 1, 1]),
      "output_padding": .ints([outputPadding, outputPadding]),
    ]
    return try layer(
      "conv2d_transpose", "d2", h, [nil, 1, 3, 3], bias: 1, stride, line: 7,
      activation: isVariational ? nil : "sigmoid", &builder)
  }

  private func picture(_ decoded: ValueID, _ builder: inout EntryBuilder) throws -> ValueID {
    isVariational ? try builder.add("sigmoid", [decoded]) : decoded
  }

  private mutating func objective(_ name: String, _ builder: inout EntryBuilder) throws {
    let x = try image(&builder)
    let code = try encode(x, &builder)
    let terms: [(String, ValueID)]
    if isVariational {
      let noise =
        name == "train_step" || name == "evaluate"
        ? try draw(domain: name == "evaluate" ? "evaluate" : "train", &builder)
        : builder.entry.addArgument("noise.z", role: .noise, type: nil)
      let beta = builder.entry.addArgument("hyper.beta", role: .hyper, type: .scalar)
      let z = try builder.add("reparameterize", [code[0], code[1], noise], name: "z")
      let kl = try builder.add("sum_per_image", [try builder.add("kl_normal", code)], name: "kl")
      let logits = try decode(z, &builder)
      builder.sources = [at(8)]
      let loglik = try builder.add("sum_per_image", [try builder.add("bernoulli_loglik", [logits, x])])
      builder.sources = [at(9)]
      let objective = try builder.add("sub", [loglik, try builder.add("mul", [beta, kl])])
      terms = [
        ("loss", try builder.add("neg", [objective])), ("reconstruction", try builder.add("neg", [loglik])),
        ("kl", kl),
      ]
    } else {
      let y = try decode(code[0], &builder)
      builder.sources = [at(8)]
      let error = try builder.add(
        "mean_per_image", [try builder.add("square", [try builder.add("sub", [y, x])])])
      terms = [("loss", error), ("mse", error)]
    }
    if name.hasPrefix("evaluate") {
      builder.entry.results = terms.map { EntryResult(.metric($0.0), $0.1) }
      return
    }
    let means = try terms.map { ($0.0, try builder.add("mean_images", [$0.1])) }
    builder.entry.results = means.map { EntryResult(.metric($0.0), $0.1) }
    let parameters = module.parameters
    if name == "train_step" {
      try train(parameters, loss: means[0].1, &builder)
    } else {
      for parameter in parameters {
        let gradient = try builder.add("gradient", [means[0].1, builder.entry.reference(to: parameter)])
        builder.entry.results.append(EntryResult(.gradient(parameter.name), gradient))
      }
    }
  }

  private mutating func train(_ parameters: [Global], loss: ValueID, _ builder: inout EntryBuilder) throws {
    let step = builder.entry.addArgument("step", role: .step, type: TensorType(.i32, []))
    let rate = builder.entry.addArgument("rate", role: .rate, type: .scalar)
    for parameter in parameters {
      var states: [Global] = []
      for moment in ["m", "v"] {
        states.append(
          Global(
            name: "adam.\(moment)/\(parameter.name)", kind: .state, type: parameter.type,
            initializer: .constant(0)))
      }
      module.globals += states
      let p = builder.entry.reference(to: parameter)
      let g = try builder.add("gradient", [loss, p])
      let m = try builder.add(
        "decay_average", [builder.entry.reference(to: states[0]), g], ["decay": .float(0.9)])
      let v = try builder.add(
        "decay_average_square", [builder.entry.reference(to: states[1]), g], ["decay": .float(0.999)])
      let c1 = try builder.add("bias_correction", [step], ["decay": .float(0.9)])
      let c2 = try builder.add("bias_correction", [step], ["decay": .float(0.999)])
      let next = try builder.add("adam_apply", [p, m, v, rate, c1, c2], ["epsilon": .float(1e-8)])
      builder.entry.results += [
        EntryResult(.global(parameter.name), next), EntryResult(.global(states[0].name), m),
        EntryResult(.global(states[1].name), v),
      ]
    }
  }
}
