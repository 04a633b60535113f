import Diagnostics

/// A model to begin with: right as it is, and small enough to be changed by someone who has not read the language's
/// documentation.
public struct StartingModel: Sendable {
  public enum Kind: String, Sendable, CaseIterable {
    /// Variational: the latents are drawn, and samples can be made from the prior.
    case vae
    /// A plain autoencoder with a code.
    case ae
  }

  public enum Layers: String, Sendable, CaseIterable {
    case conv
    case dense
  }

  /// A data set that models can be made for.
  public struct Data: Sendable {
    public let name: String
    /// What it shows, as in "28x28 grey images of handwritten digits".
    let subject: String
    let extents: (channels: Int, height: Int, width: Int)
  }

  /// The data sets by the names that `vaerun --data` knows, all of them.
  public static let data = [
    Data(name: "mnist", subject: "handwritten digits", extents: (1, 28, 28)),
    Data(name: "fashion-mnist", subject: "clothes", extents: (1, 28, 28)),
    Data(name: "svhn", subject: "house numbers", extents: (3, 32, 32)),
    Data(name: "cifar-10", subject: "photographs of ten kinds of things", extents: (3, 32, 32)),
    Data(name: "cifar-100", subject: "photographs of a hundred kinds of things", extents: (3, 32, 32)),
    Data(name: "celeba", subject: "faces", extents: (3, 64, 64)),
    Data(name: "dsprites", subject: "white shapes", extents: (1, 64, 64)),
    Data(name: "digits", subject: "built-in digits", extents: (1, 28, 28)),
    Data(name: "street-digits", subject: "built-in house numbers", extents: (3, 32, 32)),
    Data(name: "cartoon-faces", subject: "built-in faces", extents: (3, 64, 64)),
  ]

  private let name: String
  private let kind: Kind
  private let layers: Layers
  private let data: Data

  /// - Throws: where `name` cannot be the name of a model.
  public init(name: String, kind: Kind, layers: Layers, data: Data) throws(StartingModelError) {
    let tokens = lex(SourceText(name: "", text: name))
    guard tokens.diagnostics.isEmpty, tokens.comments.isEmpty, tokens.tokens.count == 2,
      tokens.tokens[0].text == name
    else { throw .noName(name) }
    guard tokens.tokens[0].kind == .identifier else {
      if case .keyword = tokens.tokens[0].kind { throw .reserved(name) }
      throw .noName(name)
    }
    self.name = name
    self.kind = kind
    self.layers = layers
    self.data = data
  }

  /// The model's text, in the canonical layout.
  public var text: String {
    let (channels, height, width) = data.extents
    let isVariational = kind == .vae
    let title =
      (layers == .conv ? "convolutional " : "") + (isVariational ? "variational autoencoder" : "autoencoder")
    let color = channels == 1 ? "grey" : "color"
    let image = "\(channels), \(height), \(width)"
    var lines = [
      "/// \(layers == .dense && !isVariational ? "An" : "A") \(title) for \(height)x\(width) \(color) images: \(data.subject).",
      "///",
      "///     vaerun train \(name).vdl --data \(data.name)",
      "model \(name) {",
      "  config hidden = \(layers == .conv ? 128 : 512)  // fixed when compiled; vaec compile \(name).vdl --set hidden=64",
    ]
    lines +=
      isVariational
      ? [
        "  config latent = 2    // two latents can be drawn as a map",
        "  hyper  beta = 1.0    // weight of the KL; vaerun train \(name).vdl --hyper beta=4",
      ] : ["  config latent = 8    // numbers in the code"]
    lines += ["", "  input x: image[\(image)]"]
    if layers == .conv {
      lines.append("  block down(h, channels) = h |> conv(channels, kernel: 3, stride: 2, pad: 1) |> relu")
    }
    lines += ["", "  encoder (x) -> z {", "    let h = x |> \(encoderLayers)"]
    lines.append(
      isVariational
        ? "    z ~ normal(mean: h |> dense(latent), logvar: h |> dense(latent))" : "    z = h |> dense(latent)")
    lines.append("  }")
    if isVariational { lines.append("  prior z ~ normal(mean: 0, std: 1)") }
    lines.append("  decoder (z) -> x {")
    lines += decoderLines(isVariational ? "let logits" : "x", ending: isVariational ? nil : "sigmoid")
    if isVariational { lines.append("    x ~ bernoulli(logits: logits)") }
    lines += [
      "  }",
      isVariational ? "  maximize loglik(x) - beta * kl(z)" : "  minimize mse(x)",
      "  train { optimizer: adam(rate: 1e-3), batch: 128, epochs: 10 }",
      "}",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  private var encoderLayers: String {
    layers == .conv
      ? "down(32) |> down(64) |> flatten |> dense(hidden) |> relu"
      : "flatten |> dense(hidden) |> relu"
  }

  /// - Parameter ending: the activation of the result.
  private func decoderLines(_ name: String, ending: String?) -> [String] {
    let (channels, height, width) = data.extents
    let last = ending.map { " |> \($0)" } ?? ""
    let start = "    \(name) = z "
    let indent = String(repeating: " ", count: start.count)
    if layers == .dense {
      return [
        start + "|> dense(hidden) |> relu",
        indent
          + "|> dense(\(channels == 1 ? "" : "\(channels) * ")\(height) * \(width)) |> reshape(\(channels), \(height), \(width))\(last)",
      ]
    }
    // Two strides of 2 up to the image.
    let map = "64, \(height / 4), \(width / 4)"
    let column = channels < 10 ? " " : ""
    return [
      start + "|> dense(hidden) |> relu |> dense(64 * \(height / 4) * \(width / 4)) |> relu |> reshape(\(map))",
      indent + "|> deconv(32, kernel: 3, stride: 2, pad: 1, output_padding: 1) |> relu",
      indent + "|> deconv(\(channels),\(column) kernel: 3, stride: 2, pad: 1, output_padding: 1)\(last)",
    ]
  }
}

/// A name that no model can have.
public enum StartingModelError: Error, Equatable, CustomStringConvertible {
  case noName(String)
  case reserved(String)

  public var description: String {
    switch self {
    case .noName(let name):
      "'\(name)' cannot be the name of a model: give letters, digits and _, the first not a digit"
    case .reserved(let name): "'\(name)' is a keyword of the language: give the model another name"
    }
  }
}
