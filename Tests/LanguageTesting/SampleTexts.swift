/// Texts that use every construct of the grammar, also those that no op stands behind yet.
public enum SampleTexts {
  public static let all = [everything, rest]

  public static let everything = """
    // Before the model.

    /// Everything.
    model everything {
      config hidden = 10 * (2 + 3) / 5 - 1  // arithmetic
      hyper  beta = -1.5e-1                 // a comment

      input x: image[1, 28, 28]
      input y: class[10]
      input v: vector[hidden]
      block down(h, channels) = h |> conv(channels, kernel: 3, pad: same) |> relu
      shared f = down(32)
      use encoder from "convae.vdl" frozen
      use decoder from "convae.vdl"
      corrupt x with noise(std: 0.3)

      encoder (x, y) -> z, z2 {
        /// Features.
        let h = concat(x, y)
            |> f |> dense(hidden, init: glorot_uniform) as features
            |> relu()
        // The end.
      }  // of the encoder
      // Of the model, too.
    }
    // Behind the model.
    """

  public static let rest = """
    model rest {
      encoder (x) -> z, z2 {
        z ~ normal(mean:   h |> dense(2),  // the mean
                   logvar: -h * 2 |> dense(2))
        z2 = h |> quantize(codes: 512)
      }
      prior (y) -> z {
        z ~ normal(mean: y |> dense(2), std: 1)
      }
      prior z2 ~ categorical(logits: 0)
      decoder (z, z2, y) -> x {
        let h = z |> deconv(32, kernel: 3, stride: 2, pad: 1, output_padding: 1) |> relu  // 14x14
                  |> deconv(1,  kernel: 3, stride: 2, pad: 1, output_padding: 1)          // 28x28
        x ~ bernoulli(logits: h |> dense(784) |> reshape(1, 28, 28))
      }
      maximize iwae(samples: 50)
               - 1e-4 * l1(h) + 0.1 * jacobian(z, x)
               - (-(1 + 2)) * 3
      train {
        optimizer: adam(rate: 1e-3)
        batch: 128

        // Long enough.
        epochs: 30
      }
    }
    """
}
