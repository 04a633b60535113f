/// A small conditional model: the class goes into the encoder beside an image's features and as a channel of an image, and into
/// the decoder beside the code.
let conditionalModel = """
  model conditional {
    input x: image[1, 6, 6]
    input y: class[3]
    encoder (x, y) -> z {
      let map = one_hot(y) |> dense(36) |> reshape(1, 6, 6)
      let a = concat(x, map) |> conv(4, kernel: 3, stride: 2, pad: 1) |> tanh
      let b = concat(a |> slice(from: 1, count: 2) |> flatten, y |> one_hot, a |> global_avg_pool)
      let h = b |> dense(9) |> tanh
      z ~ normal(mean: h |> slice(from: 0, count: 2), logvar: h |> slice(from: 7, count: 2))
    }
    prior z ~ normal(mean: 0, std: 1)
    decoder (z, y) -> x {
      x ~ bernoulli(logits: concat(z, one_hot(y)) |> dense(8) |> relu |> dense(36) |> reshape(1, 6, 6))
    }
    maximize loglik(x) - kl(z)
  }
  """
