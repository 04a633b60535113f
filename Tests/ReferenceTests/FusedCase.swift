import Diagnostics
import IR
import Random
import Reference
import Testing

/// Two entries, `fused` and `parts`, that have to make the same.
struct FusedCase: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var arguments: String
  var fused: String
  var parts: String
  var results: String

  func module() throws -> Module {
    let text = """
      module fused
      parameter @w : f32[3,2,3,3] init constant(0)
      parameter @b : f32[3] init constant(0)
      parameter @d : f32[3,5] init constant(0)
      state @m : f32[3] init constant(0)
      state @v : f32[3] init constant(0)
      entry @fused(\(arguments)) {
        \(fused)
        return \(results)
      }
      entry @parts(\(arguments)) {
        \(parts)
        return \(results)
      }
      """
    return try Module(parsing: SourceText(name: testDescription, text: text))
  }

  private static let latents = "latent %mean : f32[N,3], latent %logvar : f32[N,3]"
  private static let gradients = "\(latents), latent %dz : f32[N,3], latent %dkl : f32[N]"
  private static let counters = "seed %seed : i32[2], epoch %epoch : i32[], index %index : i32[N]"
  private static let draw = "{stream = 0x12345678, domain = evaluate}"
  private static let noise = "%noise = normal_noise %seed, %epoch, %index \(draw) : f32[N,3]"
  private static let sampling = """
    %z = reparameterize %mean, %logvar, %noise : f32[N,3]
    %terms = kl_normal %mean, %logvar : f32[N,3]
    %kl = sum_per_image %terms : f32[N]
    """
  private static let backward = """
    %d = broadcast_per_image %dkl {shape = [3]} : f32[N,3]
    %0 = mul %d, %mean : f32[N,3]
    %dmean = add %dz, %0 : f32[N,3]
    %1 = reparameterize_gradient %dz, %logvar, %noise : f32[N,3]
    %2 = kl_normal_gradient %d, %logvar : f32[N,3]
    %dlogvar = add %1, %2 : f32[N,3]
    """
  private static let likelihood = """
    %terms = bernoulli_loglik %logits, %target : f32[N,2,3]
    %loglik = sum_per_image %terms : f32[N]
    %broadcast = broadcast_per_image %d {shape = [2, 3]} : f32[N,2,3]
    %dlogits = bernoulli_loglik_gradient %broadcast, %logits, %target : f32[N,2,3]
    """

  static let all = [
    FusedCase(
      testDescription: "reparam_kl", arguments: "\(latents), \(counters)",
      fused: "%z, %kl = reparam_kl %mean, %logvar, %seed, %epoch, %index \(draw) : f32[N,3], f32[N]",
      parts: noise + "\n" + sampling, results: "latent z = %z, metric kl = %kl"),
    FusedCase(
      testDescription: "reparam_kl_given", arguments: "\(latents), noise %noise : f32[N,3]",
      fused: "%z, %kl = reparam_kl_given %mean, %logvar, %noise : f32[N,3], f32[N]",
      parts: sampling, results: "latent z = %z, metric kl = %kl"),
    FusedCase(
      testDescription: "reparam_kl_gradient", arguments: "\(gradients), \(counters)",
      fused: """
        %dmean, %dlogvar = reparam_kl_gradient %mean, %logvar, %dz, %dkl, %seed, %epoch, %index \(draw) :
          f32[N,3], f32[N,3]
        """,
      parts: noise + "\n" + backward, results: "latent a = %dmean, latent b = %dlogvar"),
    FusedCase(
      testDescription: "reparam_kl_given_gradient", arguments: "\(gradients), noise %noise : f32[N,3]",
      fused:
        "%dmean, %dlogvar = reparam_kl_given_gradient %mean, %logvar, %dz, %dkl, %noise : f32[N,3], f32[N,3]",
      parts: backward, results: "latent a = %dmean, latent b = %dlogvar"),
    FusedCase(
      testDescription: "bernoulli_loglik_sum",
      arguments: "latent %logits : f32[N,2,3], image %bytes : u8[N,2,3], latent %d : f32[N]",
      fused: "%loglik = bernoulli_loglik_sum %logits, %bytes {target = bytes} : f32[N]",
      parts: "%target = decode_u8 %bytes : f32[N,2,3]\n" + likelihood, results: "metric loglik = %loglik"),
    FusedCase(
      testDescription: "bernoulli_loglik_sum_gradient",
      arguments: "latent %logits : f32[N,2,3], image %target : f32[N,2,3], latent %d : f32[N]",
      fused: "%loglik, %dlogits = bernoulli_loglik_sum_gradient %logits, %target, %d : f32[N], f32[N,2,3]",
      parts: likelihood, results: "metric loglik = %loglik, image d = %dlogits"),
    FusedCase(
      testDescription: "map3", arguments: "latent %dy : f32[N,3,1], step %step : i32[], rate %rate : f32[]",
      fused: """
        %g = sum_to_channels %dy : f32[3]
        %c1 = bias_correction %step {decay = 0.9} : f32[]
        %c2 = bias_correction %step {decay = 0.999} : f32[]
        %p, %m, %v = map3 @b, %g, @m, @v, %rate, %c1, %c2 {
          formula = sub(a, div(mul(e, div(add(mul(0.9, c), mul(sub(1, 0.9), b)), f)), add(sqrt(div(add(mul(0.999, d), mul(sub(1, 0.999), mul(b, b))), g)), 1e-8))),
          second = add(mul(0.9, c), mul(sub(1, 0.9), b)),
          third = add(mul(0.999, d), mul(sub(1, 0.999), mul(b, b)))} : f32[3], f32[3], f32[3]
        """,
      parts: """
        %g = sum_to_channels %dy : f32[3]
        %c1 = bias_correction %step {decay = 0.9} : f32[]
        %c2 = bias_correction %step {decay = 0.999} : f32[]
        %m = decay_average @m, %g {decay = 0.9} : f32[3]
        %v = decay_average_square @v, %g {decay = 0.999} : f32[3]
        %p = adam_apply @b, %m, %v, %rate, %c1, %c2 {epsilon = 1e-8} : f32[3]
        """, results: "@b = %p, @m = %m, @v = %v"),
    FusedCase(
      testDescription: "map2",
      arguments: "latent %dy : f32[N,3,1], rate %rate : f32[], decay %decay : f32[]",
      fused: """
        %g = sum_to_channels %dy : f32[3]
        %p, %m = map2 @b, %g, @m, %rate, %decay {
          formula = sub(a, mul(d, add(mul(0.9, c), add(b, mul(e, a))))),
          second = add(mul(0.9, c), add(b, mul(e, a)))} : f32[3], f32[3]
        """,
      parts: """
        %g = sum_to_channels %dy : f32[3]
        %0 = mul %decay, @b : f32[3]
        %1 = add %g, %0 : f32[3]
        %m = momentum @m, %1 {momentum = 0.9} : f32[3]
        %p = descend @b, %m, %rate : f32[3]
        """, results: "@b = %p, @m = %m"),
    FusedCase(
      testDescription: "map", arguments: "latent %x : f32[N,2,3], latent %y : f32[N], hyper %beta : f32[]",
      fused:
        "%z = map %x, %y, %beta {formula = select(sub(a, 0.5), div(neg(a), softplus(b)), max(c, -inf))} : f32[N,2,3]",
      parts: """
        %0 = softplus %y : f32[N]
        %1 = neg %x : f32[N,2,3]
        %2 = div %1, %0 : f32[N,2,3]
        %3 = constant {value = 0.5} : f32[]
        %4 = sub %x, %3 : f32[N,2,3]
        %5 = relu_gradient %2, %4 : f32[N,2,3]
        %6 = constant {value = 0.0} : f32[]
        %7 = sub %6, %4 : f32[N,2,3]
        %8 = relu_gradient %beta, %7 : f32[N,2,3]
        %z = add %5, %8 : f32[N,2,3]
        """, results: "image z = %z"),
    FusedCase(
      testDescription: "map_sum_per_image", arguments: "latent %x : f32[N,2,3], image %y : f32[N,2,3]",
      fused:
        "%z = map_sum_per_image %x, %y {formula = mul(sub(a, b), sub(a, b)), scale = 0.16666666666666666} : f32[N]",
      parts: """
        %0 = sub %x, %y : f32[N,2,3]
        %1 = square %0 : f32[N,2,3]
        %z = mean_per_image %1 : f32[N]
        """, results: "metric z = %z"),
    FusedCase(
      testDescription: "conv2d with bias and relu", arguments: "image %x : f32[N,2,5,6]",
      fused: "%y = conv2d %x, @w, @b {stride = [2, 1], epilogue = relu} : f32[N,3,2,4]",
      parts: """
        %0 = conv2d %x, @w {stride = [2, 1]} : f32[N,3,2,4]
        %1 = add_bias %0, @b : f32[N,3,2,4]
        %y = relu %1 : f32[N,3,2,4]
        """, results: "image y = %y"),
    FusedCase(
      testDescription: "dense with relu_gradient", arguments: "latent %dy : f32[N,3], latent %y : f32[N,5]",
      fused: "%dx = dense_data_gradient %dy, @d, %y {epilogue = relu_gradient} : f32[N,5]",
      parts: """
        %0 = dense_data_gradient %dy, @d : f32[N,5]
        %dx = relu_gradient %0, %y : f32[N,5]
        """, results: "latent dx = %dx"),
  ]
}

/// The numbers of `normal_noise`'s example for images 41 and 5 in epoch 3.
func expectedNoise(seed: UInt64) -> HostTensor {
  let stream = RandomStream(seed: seed, domain: .train, stream: 0x3f1c)
  let data = [41, 5].flatMap { image in
    (0..<3).map { stream.normal(element: $0, image: UInt32(image), epoch: 3) }
  }
  return HostTensor(shape: [2, 3], data: data)
}
