import IR

/// Shapes besides the op table's examples: sizes around a vector's and a task's, operands that are repeated.
enum OpShapes {
  static let all =
    elementwise + reductions + latents + likelihoods + optimizer + layouts + samples + StructuralShapes.all

  private static let row = TensorType.perImage(3, 5)
  private static let number = TensorType.perImage()

  private static let elementwise: [OpCase] = [
    OpCase.of("add", "scalar_first", [.scalar, row]), OpCase.of("sub", "scalar_last", [row, .scalar]),
    OpCase.of("mul", "number_first", [number, row]), OpCase.of("div", "number_last", [row, number]),
    OpCase.of("add", "numbers", [number, number]), OpCase.of("mul", "scalar_and_number", [.scalar, number]),
    OpCase.of("sub", "scalars", [.scalar, .scalar]),
    OpCase.of("mul", "weights_and_scalar", [.f32(5, 7), .scalar]),
    OpCase.of("broadcast_like", "numbers", [.scalar, number]),
    OpCase.of("broadcast_like", "weights", [.scalar, .f32(3, 7)]),
    OpCase.of("bernoulli_loglik_gradient", "number", [number, row, row]),
    // More rows than one task does.
    OpCase.of("relu", "many_rows", [.perImage(67, 3)]), OpCase.of("sigmoid", "one_row", [.perImage(1)]),
    // Weights: whole vectors, a rest, more than one task.
    OpCase.of("tanh", "one_weight", [.f32(1)]), OpCase.of("exp", "weights_15", [.f32(15)]),
    OpCase.of("square", "weights_16", [.f32(16)]), OpCase.of("relu", "weights_17", [.f32(17)]),
    OpCase.of("neg", "many_weights", [.f32(8197)]),
  ].flatMap { $0 }

  private static let reductions: [OpCase] =
    [1, 2, 3, 4, 5, 130].flatMap { OpCase.of("sum_per_image", "\($0)_rows", [.perImage($0)]) }
    + OpCase.of("sum_per_image", "numbers", [number]) + OpCase.of("mean_per_image", "rows", [.perImage(7)])
    + OpCase.of("sum_elements", "numbers", [number]) + OpCase.of("sum_elements", "weights", [.f32(37)])
    + OpCase.of("sum_elements", "scalar", [.scalar])
    + OpCase.of("sum_to_channels", "rows", [.perImage(17)])
    + OpCase.of("sum_to_channels", "images", [.perImage(33, 2, 3)])
    + OpCase.of("add_bias", "rows", [.perImage(17), .f32(17)])
    + OpCase.of("broadcast_channels", "rows", [.f32(17), .perImage(17)])
    + OpCase.of("broadcast_per_image", "one", [number], ["shape": .ints([1])])
    + OpCase.of("broadcast_per_image", "many", [number], ["shape": .ints([67, 2])])

  private static let latents: [OpCase] = [1, 4, 6].flatMap { size -> [OpCase] in
    let code = TensorType.perImage(size)
    let counters = [TensorType(.i32, [.fixed(2)]), TensorType(.i32, []), TensorType(.i32, [.images])]
    let draw: Attributes = ["stream": .int(0xFFFF_FFFF - size), "domain": .symbol("sample")]
    return OpCase.of("normal_noise", "\(size)", counters, draw, declared: [code])
      + OpCase.of("reparam_kl", "\(size)", [code, code] + counters, draw)
      + OpCase.of("reparam_kl_gradient", "\(size)", [code, code, code, number] + counters, draw)
      + OpCase.of("reparam_kl_given", "\(size)", [code, code, code])
      + draws(size)
      + OpCase.of("reparam_kl_given_gradient", "\(size)", [code, code, code, number, code])
  }

  /// Several rows for each image: alone, with an operand that has one, reduced, summed over all of them.
  private static let samples: [OpCase] = {
    func rows(_ samples: Int, _ extents: Int...) -> TensorType {
      TensorType(.f32, [.images(samples)] + extents.map { .fixed($0) })
    }
    let counters = [TensorType(.i32, [.fixed(2)]), TensorType(.i32, []), TensorType(.i32, [.images])]
    let draw: Attributes = ["stream": .int(7), "domain": .symbol("train"), "samples": .int(3)]
    let window: Attributes = ["stride": .ints([2, 2]), "pad": .ints([1, 1, 1, 1])]
    let kernel: Attributes = ["stride": .ints([2, 2]), "pad": .ints([1, 1, 1, 1]), "kernel": .ints([3, 3])]
    let plain: Attributes = ["target": .symbol("floats")]
    let bytes = TensorType(.u8, [.images, .fixed(17)])
    return [
      OpCase.of("normal_noise", "samples", counters, draw, declared: [rows(3, 5)]),
      OpCase.of("normal_noise", "sample", counters + [TensorType(.i32, [])], draw, declared: [rows(3, 2)]),
      OpCase.of("add", "samples", [rows(3, 5), row1(5)]),
      OpCase.of("mul", "sample_numbers", [rows(3), rows(3, 4)]),
      OpCase.of("sub", "number_and_samples", [number, rows(3, 4)]),
      OpCase.of("exp", "samples", [rows(2, 67)]),
      OpCase.of("sum_per_image", "samples", [rows(3, 7)]),
      OpCase.of("add_bias", "samples", [rows(2, 3, 4), .f32(3)]),
      OpCase.of("broadcast_per_image", "samples", [rows(3)], ["shape": .ints([5])]),
      OpCase.of("dense", "samples", [rows(3, 5), .f32(17, 5)], [:]),
      OpCase.of("dense_data_gradient", "samples", [rows(3, 17), .f32(17, 5)], [:]),
      OpCase.of("dense_weight_gradient", "samples", [rows(3, 7), rows(3, 35)]),
      OpCase.of("conv2d", "samples", [rows(3, 2, 5, 5), .f32(3, 2, 3, 3)], window),
      OpCase.of("conv2d_weight_gradient", "samples", [rows(3, 4, 3, 3), rows(3, 2, 5, 5)], kernel),
      OpCase.of("sum_to_channels", "samples", [rows(3, 5, 2)]),
      OpCase.of("sum_elements", "samples", [rows(3, 5)]),
      OpCase.of("channel_statistics", "samples", [rows(2, 3, 2)]),
      OpCase.of("inverse_count", "samples", [rows(2, 3, 2)]),
      OpCase.of(
        "max_pool2d", "samples", [rows(2, 3, 4, 4)], ["kernel": .ints([2, 2]), "stride": .ints([2, 2])]),
      OpCase.of(
        "bernoulli_loglik_sum_gradient", "samples", [rows(3, 17), bytes, rows(3)], ["target": .symbol("bytes")]),
      OpCase.of("bernoulli_loglik_sum", "samples", [rows(3, 17), row1(17)], plain),
      OpCase.of(
        "map_sum_per_image", "samples", [rows(2, 3, 3), row1(3, 3)],
        ["formula": .formula(.operand(0) * .operand(1))]),
      OpCase.of("reshape", "samples", [rows(2, 6)], ["shape": .ints([2, 3])]),
      OpCase.of("sum_samples", "numbers", [rows(5)]), OpCase.of("mean_samples", "planes", [rows(2, 3, 3)]),
      OpCase.of("log_mean_exp_samples", "rows", [rows(50, 3)]),
      OpCase.of("log_mean_exp_samples", "one", [rows(1)]),
      OpCase.of("repeat_samples", "numbers", [number], ["samples": .int(3)]),
    ].flatMap { $0 }
  }()

  /// One row for each image.
  private static func row1(_ extents: Int...) -> TensorType {
    TensorType(.f32, [.images] + extents.map { .fixed($0) })
  }

  /// Rows that end inside and at the end of a group of four and of a task.
  private static func draws(_ size: Int) -> [OpCase] {
    let counters = [TensorType(.i32, [.fixed(2)]), TensorType(.i32, []), TensorType(.i32, [.images])]
    let draw: Attributes = ["stream": .int(size), "domain": .symbol("train")]
    var (dropout, once) = (draw, draw)
    dropout["rate"] = .float(0.25)
    once["draws"] = .symbol("once")
    return [size, 64 + size, 16 * size].flatMap { rows in
      OpCase.of("dropout", "\(size)_\(rows)", [.perImage(rows)] + counters, dropout)
        + OpCase.of("bernoulli_draw", "\(size)_\(rows)", [.perImage(rows)] + counters, once)
    }
  }

  private static let likelihoods: [OpCase] = [1, 16, 33].flatMap { size -> [OpCase] in
    let logits = TensorType.perImage(size)
    let bytes = TensorType(.u8, [.images, .fixed(size)])
    let asBytes: Attributes = ["target": .symbol("bytes")]
    let asFloats: Attributes = ["target": .symbol("floats")]
    return OpCase.of("bernoulli_loglik_sum", "bytes_\(size)", [logits, bytes], asBytes)
      + OpCase.of("bernoulli_loglik_sum", "floats_\(size)", [logits, logits], asFloats)
      + OpCase.of("bernoulli_loglik_sum_gradient", "bytes_\(size)", [logits, bytes, number], asBytes)
      + OpCase.of("bernoulli_loglik_sum_gradient", "floats_\(size)", [logits, logits, number], asFloats)
  }

  private static let optimizer: [OpCase] = [1, 17, 8197].flatMap { size -> [OpCase] in
    let weights = TensorType.f32(size)
    return OpCase.of("map2", "\(size)", [weights, weights, .scalar])
      + OpCase.of("map3", "\(size)", [weights, weights, .scalar])
      + OpCase.of("map3", "adam_\(size)", Array(repeating: weights, count: 4) + [.scalar, .scalar], adam)
      + OpCase.of("square_sums", "\(size)", [weights])
      + OpCase.of("decay_average_square", "\(size)", [weights, weights])
  }

  /// A step of Adam of p, g, m, v, the rate and a correction, as a formula.
  private static let adam: Attributes = {
    let (p, g, m, v) = (
      ScalarExpression.operand(0), ScalarExpression.operand(1), ScalarExpression.operand(2),
      ScalarExpression.operand(3)
    )
    let mean = 0.9 * m + 0.1 * g
    let square = 0.999 * absolute(v) + 0.001 * (g * g)
    let step = .operand(4) * (mean / (1 + absolute(.operand(5)))) / (squareRoot(square) + 0.5)
    return ["formula": .formula(p - step), "second": .formula(mean), "third": .formula(square)]
  }()

  private static let layouts: [OpCase] =
    [1, 15, 64, 130].flatMap {
      OpCase.of("decode_u8", "\($0)", [TensorType(.u8, [.images, .fixed($0)])])
    }
    + [1, 17, 130].flatMap { OpCase.of("neg", "\($0)_features", [.perImage($0)]) }
    + OpCase.of("reshape", "one", [.perImage(1, 1)], ["shape": .ints([1])])
    + OpCase.of("reshape", "to_numbers", [.perImage(1)], ["shape": .ints([])])
    + OpCase.of("reshape", "of_numbers", [number], ["shape": .ints([1, 1])])
}
