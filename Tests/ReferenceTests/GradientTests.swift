import IR
import Testing

@Suite struct GradientTests {
  /// Ops that only fusion makes, after differentiation.
  static let madeLater: Set = [
    "reparam_kl", "reparam_kl_gradient", "reparam_kl_given", "reparam_kl_given_gradient",
    "bernoulli_loglik_sum",
    "bernoulli_loglik_sum_gradient", "kernel_means_gradient", "aggregate_posterior_gradient",
    "normalization_gradient", "map_sum_per_image", "to_bf16", "to_f32",
  ]
  static let differentiable = OpTable.standard.definitions.filter { op in
    op.gradient != nil && op.operands.contains(where: \.isDifferentiable)
  }

  @Test func everyOpWithDifferentiableOperandsHasAGradientOrIsMadeByALaterPass() {
    let without = OpTable.standard.definitions.filter { op in
      op.gradient == nil && op.operands.contains(where: \.isDifferentiable)
    }
    #expect(Set(without.map(\.name)) == Self.madeLater)
  }

  @Test(arguments: differentiable)
  func gradientsAreCentralDifferences(op: OpDefinition) throws {
    try checkGradients(GradientCase(op), order: 1)
  }

  /// Sums over pairs of images, whose gradients have none of their own.
  static let once: Set = ["kernel_means", "aggregate_posterior"]

  @Test(arguments: differentiable.filter { !once.contains($0.name) })
  func secondGradientsAreCentralDifferences(op: OpDefinition) throws {
    try checkGradients(GradientCase(op), order: 2)
  }

  /// Operands that are repeated: a number, or one per image.
  static let broadcast: [GradientCase] =
    ["add", "sub", "mul", "div"].flatMap { op in
      [
        [.perImage(3, 5), .scalar], [.scalar, .perImage(3)], [.perImage(3, 5), .perImage()],
        [.perImage(), .perImage(2)],
        [.perImage(), .scalar], [.f32(4, 3), .scalar], [.scalar, .scalar],
      ].map { GradientCase(op, $0, lowerBound: 0.5) }
    } + [
      GradientCase("reparameterize", [.perImage(3), .scalar, .perImage(3)]),
      GradientCase("reparameterize", [.scalar, .perImage(), .perImage(3)]),
      GradientCase("kl_normal", [.perImage(3), .scalar]),
      GradientCase("kl_normal", [.scalar, .perImage(3)]),
      GradientCase("bernoulli_loglik", [.perImage(3, 2), .scalar]),
      GradientCase("bernoulli_loglik", [.scalar, .perImage(3, 2)]),
      GradientCase("broadcast_like", [.scalar, .f32(4, 3)]),
      GradientCase("sum_elements", [.f32(4, 3)]),
      GradientCase("sum_elements", [.scalar]),
      GradientCase("add_bias", [.perImage(3), .f32(3)]),
      GradientCase("mean_per_image", [.perImage()]),
      GradientCase("map", [.perImage(3), .scalar, .perImage()], ["formula": .formula(product)]),
      GradientCase("map", [.scalar, .perImage(3)], ["formula": .formula(.operand(0) * exp(.operand(1)))]),
      GradientCase("affine_channels", [.perImage(3, 2), .f32(3)]),
      GradientCase("affine_channels", [.perImage(3), .f32(3), .f32(3)]),
      GradientCase("channel_sums", [.perImage(3, 2), .perImage(3, 2)]),
      GradientCase("channel_statistics", [.perImage(3)]),
      // Several rows for each image, with operands that have one.
      GradientCase("mul", [samples(4, 3), .perImage(3)]), GradientCase("sub", [.perImage(), samples(2, 3)]),
      GradientCase("normal_loglik", [.perImage(3), .scalar, samples(2, 3)]),
      GradientCase("dense", [samples(2, 3), .f32(4, 3)]), GradientCase("sum_per_image", [samples(2, 3)]),
    ]

  private static func samples(_ count: Int, _ extent: Int) -> TensorType {
    TensorType(.f32, [.images(count), .fixed(extent)])
  }

  private static let product = ScalarExpression.operand(0) * sigmoid(.operand(1)) * .operand(2)

  @Test(arguments: broadcast, [1, 2])
  func gradientsOfRepeatedOperandsAreSummed(gradientCase: GradientCase, order: Int) throws {
    try checkGradients(gradientCase, order: order)
  }

  /// Fused products can still be differentiated: through bias, activation and mask.
  static let epilogues: [GradientCase] =
    ["relu", "sigmoid", "tanh", "none"].flatMap { name in
      let attributes: Attributes = ["epilogue": .symbol(name)]
      return [
        GradientCase("dense", [.perImage(5), .f32(3, 5)], attributes),
        GradientCase("dense", [.perImage(5), .f32(3, 5), .f32(3)], attributes),
        GradientCase("dense_data_gradient", [.perImage(3), .f32(3, 5), .f32(5)], attributes),
        GradientCase("conv2d", [.perImage(2, 5, 4), .f32(3, 2, 3, 2), .f32(3)], attributes),
        GradientCase("conv2d_transpose", [.perImage(3, 2, 3), .f32(3, 2, 3, 2), .f32(2)], attributes),
      ]
    } + [
      GradientCase(
        "conv2d", [.perImage(2, 5, 4), .f32(3, 2, 3, 2), .perImage(3, 3, 3)],
        ["epilogue": .symbol("relu_gradient")])
    ]

  @Test(arguments: epilogues)
  func epiloguesAreDifferentiatedThrough(gradientCase: GradientCase) throws {
    try checkGradients(gradientCase, order: 1, images: 2)
  }
}
