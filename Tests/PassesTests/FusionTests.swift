import IR
import Passes
import Testing

/// Each fusion on the smallest entry where it applies, and where it must not.
@Suite struct FusionTests {
  private static let weights = """
    parameter @w : f32[3,2,3,3] init constant(0)
    parameter @b : f32[3] init constant(0)
    parameter @v : f32[8,5] init constant(0)
    parameter @c : f32[8] init constant(0)
    """

  /// Runs one pass on an entry; the lines of its operations, without types, and its results.
  private func fused(_ pass: Pass, _ arguments: String, _ body: String) throws -> [String] {
    let text = try run([pass], on: Self.weights + "\nentry @f(\(arguments)) {\n\(body)\n}\n")
    let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }
    return lines.drop { !$0.contains(" = ") || $0.hasPrefix("entry") }.prefix { $0 != "}" }.map { line in
      String(line.split(separator: " : ")[0])
    }
  }

  @Test func convolutionWithBiasAndActivation() throws {
    let lines = try fused(
      .fuseConvolution, "latent %x : f32[N,2,4,4]",
      """
      %0 = conv2d %x, @w : f32[N,3,2,2]
      %1 = add_bias %0, @b : f32[N,3,2,2]
      %2 = sigmoid %1 : f32[N,3,2,2]
      return latent r = %2
      """)
    #expect(lines == ["%0 = conv2d %x, @w, @b {epilogue = sigmoid}", "return latent r = %0"])
  }

  @Test func activationWithoutBias() throws {
    let lines = try fused(
      .fuseConvolution, "latent %x : f32[N,3,4,4]",
      """
      %0 = conv2d_transpose %x, @w : f32[N,2,6,6]
      %1 = tanh %0 : f32[N,2,6,6]
      return latent r = %1
      """)
    #expect(lines == ["%0 = conv2d_transpose %x, @w {epilogue = tanh}", "return latent r = %0"])
  }

  @Test func aPreactivationThatIsReadElsewhereStays() throws {
    let lines = try fused(
      .fuseConvolution, "latent %x : f32[N,2,4,4]",
      """
      %0 = conv2d %x, @w : f32[N,3,2,2]
      %1 = add_bias %0, @b : f32[N,3,2,2]
      %2 = relu %1 : f32[N,3,2,2]
      return latent r = %2, latent s = %1
      """)
    #expect(lines == ["%0 = conv2d %x, @w, @b", "%1 = relu %0", "return latent r = %1, latent s = %0"])
  }

  @Test func anActivationBehindAReshapeMovesBeforeIt() throws {
    let lines = try fused(
      .fuseDense, "latent %x : f32[N,5]",
      """
      %0 = dense %x, @v : f32[N,8]
      %1 = add_bias %0, @c : f32[N,8]
      %2 = reshape %1 {shape = [2, 4]} : f32[N,2,4]
      %3 = relu %2 : f32[N,2,4]
      return latent r = %3
      """)
    #expect(
      lines == [
        "%0 = dense %x, @v, @c {epilogue = relu}", "%1 = reshape %0 {shape = [2, 4]}", "return latent r = %1",
      ])
  }

  @Test func anActivationsGradientGoesIntoTheProductBeforeIt() throws {
    let lines = try fused(
      .fuseDense, "latent %dy : f32[N,8], latent %y : f32[N,5]",
      """
      %0 = dense_data_gradient %dy, @v : f32[N,5]
      %1 = tanh_gradient %0, %y : f32[N,5]
      return latent r = %1
      """)
    #expect(
      lines == ["%0 = dense_data_gradient %dy, @v, %y {epilogue = tanh_gradient}", "return latent r = %0"])
  }

  @Test func aGradientBehindAReshapeReadsTheOutputInTheEarlierShape() throws {
    let lines = try fused(
      .fuseDense, "latent %dy : f32[N,8], latent %y : f32[N,5,1]",
      """
      %0 = dense_data_gradient %dy, @v : f32[N,5]
      %1 = reshape %0 {shape = [5, 1]} : f32[N,5,1]
      %2 = relu_gradient %1, %y : f32[N,5,1]
      return latent r = %2
      """)
    #expect(
      lines == [
        "%0 = reshape %y {shape = [5]}", "%1 = dense_data_gradient %dy, @v, %0 {epilogue = relu_gradient}",
        "%2 = reshape %1 {shape = [5, 1]}", "return latent r = %2",
      ])
  }

  @Test func aProductWithABiasTakesNoGradient() throws {
    let lines = try fused(
      .fuseDense, "latent %x : f32[N,5], latent %y : f32[N,8]",
      """
      %0 = dense %x, @v, @c : f32[N,8]
      %1 = relu_gradient %0, %y : f32[N,8]
      return latent r = %1
      """)
    #expect(lines.count == 3)
  }

  @Test func likelihoodOfBytesWithoutItsGradient() throws {
    let lines = try fused(
      .fuseLikelihood, "image %x : u8[N,1,2,2], latent %logits : f32[N,1,2,2]",
      """
      %0 = decode_u8 %x : f32[N,1,2,2]
      %1 = bernoulli_loglik %logits, %0 : f32[N,1,2,2]
      %2 = sum_per_image %1 : f32[N]
      return metric r = %2
      """)
    #expect(lines == ["%0 = bernoulli_loglik_sum %logits, %x {target = bytes}", "return metric r = %0"])
  }

  @Test func likelihoodOfFloatsWithItsGradient() throws {
    let lines = try fused(
      .fuseLikelihood, "image %x : f32[N,1,2,2], latent %logits : f32[N,1,2,2], hyper %s : f32[]",
      """
      %1 = bernoulli_loglik %logits, %x : f32[N,1,2,2]
      %2 = sum_per_image %1 : f32[N]
      %3 = neg %2 : f32[N]
      %4 = split_images %s : f32[N]
      %5 = bernoulli_loglik_gradient %4, %logits, %x : f32[N,1,2,2]
      return metric r = %3, latent d = %5
      """)
    #expect(
      lines == [
        "%0 = split_images %s", "%1, %2 = bernoulli_loglik_sum_gradient %logits, %x, %0", "%3 = neg %1",
        "return metric r = %3, latent d = %2",
      ])
  }

  @Test func aGradientThatNeedsTheLikelihoodItselfStaysApart() throws {
    let lines = try fused(
      .fuseLikelihood, "image %x : f32[N,1,2,2], latent %logits : f32[N,1,2,2]",
      """
      %1 = bernoulli_loglik %logits, %x : f32[N,1,2,2]
      %2 = sum_per_image %1 : f32[N]
      %3 = exp %2 : f32[N]
      %4 = bernoulli_loglik_gradient %3, %logits, %x : f32[N,1,2,2]
      return metric r = %3, latent d = %4
      """)
    #expect(
      lines == [
        "%0 = bernoulli_loglik_sum %logits, %x", "%1 = exp %0",
        "%2 = bernoulli_loglik_gradient %1, %logits, %x", "return metric r = %1, latent d = %2",
      ])
  }

  private static let counters = "seed %seed : i32[2], epoch %epoch : i32[], index %index : i32[N]"
  private static let posterior = "latent %mean : f32[N,2], latent %logvar : f32[N,2]"
  private static let draw =
    "%noise = normal_noise %seed, %epoch, %index {stream = 0x7, domain = train, latent = z} : f32[N,2]"
  private static let forward = """
    %z = reparameterize %mean, %logvar, %noise : f32[N,2]
    %0 = kl_normal %mean, %logvar : f32[N,2]
    %kl = sum_per_image %0 : f32[N]
    """
  private static let backward = """
    %dz = exp %z : f32[N,2]
    %dkl = split_images %s : f32[N]
    %5 = reparameterize_gradient %dz, %logvar, %noise : f32[N,2]
    %6 = mul %mean, %dkl : f32[N,2]
    %7 = kl_normal_gradient %dkl, %logvar : f32[N,2]
    """

  @Test func samplingAndKLWithTheNoiseMadeInside() throws {
    let lines = try fused(
      .fuseReparamKL, "\(Self.counters), \(Self.posterior)",
      Self.draw + "\n" + Self.forward + "\nreturn latent z = %z, metric kl = %kl, latent mean = %mean")
    #expect(
      lines == [
        "%z, %kl = reparam_kl %mean, %logvar, %seed, %epoch, %index {stream = 0x7, domain = train}",
        "return latent z = %z, metric kl = %kl, latent mean = %mean",
      ])
  }

  @Test func noiseThatIsReadElsewhereIsStoredAndRead() throws {
    let lines = try fused(
      .fuseReparamKL, "\(Self.counters), \(Self.posterior)",
      Self.draw + "\n" + Self.forward + "\nreturn latent z = %z, metric kl = %kl, latent noise = %noise")
    #expect(
      lines == [
        "%noise = normal_noise %seed, %epoch, %index {stream = 0x7, domain = train, latent = z}",
        "%z, %kl = reparam_kl_given %mean, %logvar, %noise",
        "return latent z = %z, metric kl = %kl, latent noise = %noise",
      ])
  }

  @Test func theGradientMakesTheNoiseAgain() throws {
    let lines = try fused(
      .fuseReparamKL, "\(Self.counters), \(Self.posterior), hyper %s : f32[]",
      Self.draw + "\n" + Self.forward + "\n" + Self.backward + """

        %8 = add %dz, %6 : f32[N,2]
        %9 = add %7, %5 : f32[N,2]
        return metric kl = %kl, latent dmean = %8, latent dlogvar = %9
        """)
    #expect(
      lines == [
        "%z, %kl = reparam_kl %mean, %logvar, %seed, %epoch, %index {stream = 0x7, domain = train}",
        "%dz = exp %z", "%dkl = split_images %s",
        "%0, %1 = reparam_kl_gradient %mean, %logvar, %dz, %dkl, %seed, %epoch, %index {stream = 0x7, domain = train}",
        "return metric kl = %kl, latent dmean = %0, latent dlogvar = %1",
      ])
  }

  @Test func gradientsFromElsewhereAreAddedToTheFusedOnes() throws {
    let lines = try fused(
      .fuseReparamKL, "noise %noise : f32[N,2], \(Self.posterior), hyper %s : f32[]",
      Self.forward + "\n" + Self.backward + """

        %10 = tanh %mean : f32[N,2]
        %11 = add %10, %dz : f32[N,2]
        %8 = add %11, %6 : f32[N,2]
        %9 = add %7, %5 : f32[N,2]
        return metric kl = %kl, latent dmean = %8, latent dlogvar = %9
        """)
    #expect(
      lines == [
        "%z, %kl = reparam_kl_given %mean, %logvar, %noise", "%dz = exp %z", "%dkl = split_images %s",
        "%0 = tanh %mean", "%1, %2 = reparam_kl_given_gradient %mean, %logvar, %dz, %dkl, %noise",
        "%3 = add %1, %0", "return metric kl = %kl, latent dmean = %3, latent dlogvar = %2",
      ])
  }

  @Test func samplingWithoutKLIsLeftAlone() throws {
    let body = """
      %z = reparameterize %mean, %logvar, %noise : f32[N,2]
      return latent z = %z
      """
    let lines = try fused(.fuseReparamKL, "noise %noise : f32[N,2], \(Self.posterior)", body)
    #expect(lines == ["%z = reparameterize %mean, %logvar, %noise", "return latent z = %z"])
  }

  @Test func layoutsAreConvertedWhereTensorsComeInAndGoOut() throws {
    let text = try run(
      [.assignLayouts],
      on: """
        \(Self.weights)
        entry @f(latent %z : f32[N,5]) {
          %0 = dense %z, @v, @c : f32[N,8]
          %1 = sum_per_image %0 : f32[N]
          return latent a = %0, latent b = %0, metric m = %1
        }
        """)
    #expect(
      text == """
        entry @f(latent %z : f32[N,5]) {
          %0 = relayout %z {to = n32} : f32[N,5]{n32}
          %1 = dense %0, @v, @c : f32[N,8]{n32}
          %2 = sum_per_image %1 : f32[N]{n32}
          %3 = relayout %1 {to = canonical} : f32[N,8]
          return latent a = %3, latent b = %3, metric m = %2
        }

        """)
  }
}
