/// Small models whose optimizers and clipping differ from those of the repository's models.
private func autoencoder(_ name: String, _ training: String) -> String {
  """
  model \(name) {
    input x: image[1, 6, 5]
    encoder (x) -> z { z = x |> conv(3, kernel: 3, stride: 2, pad: 1) |> relu |> flatten |> dense(4) }
    decoder (z) -> x { x = z |> dense(30) |> reshape(1, 6, 5) }
    minimize sse(x)
    train { \(training) }
  }
  """
}

let momentumModel = autoencoder(
  "momentum", "optimizer: sgd(momentum: 0.9, nesterov: yes, decay: 0.01), clip: norm(0.5)")
let rootsModel = autoencoder(
  "roots", "optimizer: rmsprop(momentum: 0.5, epsilon: 1e-2, decay: 0.01), clip: value(0.5)")
let decoupledModel = autoencoder("decoupled", "optimizer: adamw(epsilon: 1e-3), clip: norm(0.5)")
let sumsModel = autoencoder("sums", "optimizer: adagrad(epsilon: 1e-3)")
