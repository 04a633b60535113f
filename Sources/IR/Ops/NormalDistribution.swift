/// Normal distributions element by element: log-densities, and divergences of posteriors from priors other than N(0, 1), for
/// which there is `kl_normal`.

private let (mean, logvar) = (ScalarExpression.operand(0), ScalarExpression.operand(1))
private let target = ScalarExpression.operand(2)
private let (priorMean, priorLogvar) = (ScalarExpression.operand(2), ScalarExpression.operand(3))
private let latent = TensorType.perImage(3)

/// log(2 pi) / 2.
private let halfLogTwoPi = 0.918_938_533_204_672_8

let normalDistributionOps: [OpDefinition] = [
  elementwise(
    "normal_loglik",
    "log N(target; mean, exp(logvar)): -(log(2 pi) + logvar + (target - mean)^2 exp(-logvar)) / 2.",
    operands: ["mean", "logvar", "target"].map { OperandDefinition($0) }, result: "loglik",
    formula: -(0.5 * (logvar + (target - mean) * (target - mean) * exp(-logvar)) + .constant(halfLogTwoPi)),
    example: OpExample([latent, latent, latent], wrong: ([latent, .perImage(4), latent], "equal shapes")),
    gradient: derivedGradients),
  elementwise(
    "kl_normals",
    "KL(N(mean, exp(logvar)) || N(prior_mean, exp(prior_logvar))): with d = logvar - prior_logvar, "
      + "(exp(d) - 1 - d + (mean - prior_mean)^2 exp(-prior_logvar)) / 2.",
    operands: ["mean", "logvar", "prior_mean", "prior_logvar"].map { OperandDefinition($0) }, result: "kl",
    formula: 0.5
      * (exp(logvar - priorLogvar) - 1 - (logvar - priorLogvar)
        + (mean - priorMean) * (mean - priorMean) * exp(-priorLogvar)),
    example: OpExample(
      [latent, latent, latent, latent], wrong: ([latent, latent, .perImage(4), latent], "equal shapes")),
    gradient: derivedGradients),
]
