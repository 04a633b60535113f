/// A small model that draws in training: dropout on a map and on rows, twice through a shared layer, data that are binarized, an
/// encoder that sees them masked; with padding as Keras does it, layers without a bias and normalization of each image.
let stochasticModel = """
  model stochastic {
    input x: image[1, 7, 6] |> binarize(dynamic)
    corrupt x with mask(rate: 0.3)
    shared drop = dropout(rate: 0.5)
    encoder (x) -> z {
      let a = x |> conv(5, kernel: 4, stride: 2, pad: same, bias: false) |> layer_norm |> relu |> dropout(rate: 0.25)
      let b = a |> conv(3, kernel: 3, stride: 3, pad: same) |> tanh |> flatten
      let h = b + stop_gradient(b) * (b |> dense(6, bias: false) |> drop |> layer_norm(epsilon: 1e-3)) |> drop
      z ~ normal(mean: h |> dense(2), logvar: h |> dense(2))
    }
    prior z ~ normal(mean: 0, std: 1)
    decoder (z) -> x { x ~ bernoulli(logits: z |> dense(8) |> relu |> dropout(rate: 0.1) |> dense(42) |> reshape(1, 7, 6)) }
    maximize loglik(x) - kl(z)
  }
  """

/// The other operations on images, and a model without latents that are drawn.
let denoisingModel = """
  model denoising {
    input x: image[1, 5, 6] |> binarize(fixed)
    corrupt x with noise(std: 0.3)
    encoder (x) -> z { z = x |> deconv(2, kernel: 2, bias: false) |> flatten |> dense(3) |> dropout(rate: 0.2) }
    decoder (z) -> x { x = z |> dense(30) |> reshape(1, 5, 6) |> sigmoid }
    minimize mse(x)
  }
  """

/// A small model with a codebook for the positions of a map, and one for a row.
let quantizingModel = """
  model quantizing {
    hyper cost = 0.25
    input x: image[1, 6, 6]
    encoder (x) -> z, w {
      let h = x |> conv(3, kernel: 3, stride: 2, pad: 1) |> tanh
      z = h |> quantize(codes: 5)
      w = h |> flatten |> dense(4) |> quantize(codes: 3)
    }
    decoder (z, w) -> x {
      let a = concat(z |> flatten, w) |> dense(9) |> reshape(1, 3, 3)
      x ~ bernoulli(logits: a |> deconv(1, kernel: 3, stride: 2, pad: 1, output_padding: 1))
    }
    minimize -loglik(x) + codebook(z) + codebook(w) + cost * commitment(z) + cost * commitment(w)
  }
  """
