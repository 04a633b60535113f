/// A small model of all structural layers: normalization with one activation or another behind convolutions, deconvolutions and
/// dense layers, with biases before it, a residual connection, every kind of pooling and upsampling.
let structuralModel = """
  model structural {
    input x: image[1, 8, 8]
    encoder (x) -> z {
      let a = x |> conv(4, kernel: 3, stride: 2, pad: 1) |> batch_norm |> relu
      let b = a |> conv(4, kernel: 3, pad: 1) |> batch_norm(momentum: 0.2, epsilon: 1e-3) |> tanh
      let c = (a + b) |> conv(6, kernel: 3, pad: 1) |> batch_norm |> relu |> avg_pool(kernel: 2)
      let d = (c |> max_pool(kernel: 2, stride: 1) |> flatten) + (c |> global_avg_pool)
      let h = d |> dense(9) |> batch_norm |> tanh
      z ~ normal(mean: h |> dense(2), logvar: h |> dense(2))
    }
    prior z ~ normal(mean: 0, std: 1)
    decoder (z) -> x {
      let logits = z |> dense(12) |> batch_norm |> relu |> reshape(3, 2, 2) |> upsample(2)
                     |> deconv(4, kernel: 3, stride: 2, pad: 1, output_padding: 1) |> batch_norm |> relu
                     |> conv(1, kernel: 3, pad: 1)
      x ~ bernoulli(logits: logits)
    }
    maximize loglik(x) - kl(z)
  }
  """
