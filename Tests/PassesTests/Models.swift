import Diagnostics
import Foundation
import IR
import Passes
import VDL

/// Models with everything that the passes have to do with, small enough to be evaluated in a test.
enum SmallModel: String, CaseIterable, Sendable {
  /// The repository's convolutional VAE in small: convolutions, flattening, both directions.
  case convvae
  /// Dense layers alone, a reshape behind the last, other activations.
  case densevae
  /// No sampling, a mean squared error, decay, and a sigmoid behind the last layer.
  case convae
  /// Activations behind a reshape, softplus and tanh, which have no epilogue or another one.
  case oddvae

  var source: SourceText { SourceText(name: "\(rawValue).vdl", text: text) }

  func module() throws -> Module { try elaborate(source) }

  private var text: String {
    switch self {
    case .convvae:
      """
      model convvae {
        hyper beta = 1.0
        input x: image[1, 6, 6]
        encoder (x) -> z {
          let h = x |> conv(3, kernel: 3, stride: 2, pad: 1) |> relu |> conv(4, kernel: 3, stride: 2, pad: 1) |> relu
                    |> flatten |> dense(5) |> relu
          z ~ normal(mean: h |> dense(2), logvar: h |> dense(2))
        }
        prior z ~ normal(mean: 0, std: 1)
        decoder (z) -> x {
          let logits = z |> dense(5) |> relu |> dense(4 * 3 * 3) |> relu |> reshape(4, 3, 3)
                         |> conv(3, kernel: 1) |> relu
                         |> deconv(1, kernel: 3, stride: 2, pad: 1, output_padding: 1)
          x ~ bernoulli(logits: logits)
        }
        maximize loglik(x) - beta * kl(z)
        train { optimizer: adam(rate: 1e-3), batch: 4, epochs: 1 }
      }
      """
    case .densevae:
      """
      model densevae {
        input x: image[1, 4, 5]
        encoder (x) -> z {
          let h = x |> flatten |> dense(7) |> tanh
          z ~ normal(mean: h |> dense(3), logvar: h |> dense(3))
        }
        prior z ~ normal(mean: 0, std: 1)
        decoder (z) -> x {
          let logits = z |> dense(7) |> sigmoid |> dense(20) |> reshape(1, 4, 5)
          x ~ bernoulli(logits: logits)
        }
        maximize loglik(x) - kl(z)
        train { optimizer: adam(rate: 1e-3), batch: 4, epochs: 1 }
      }
      """
    case .convae:
      """
      model convae {
        input x: image[2, 5, 5]
        encoder (x) -> z {
          let h = x |> conv(3, kernel: 3, stride: 2, pad: 0) |> relu |> flatten |> dense(6) |> relu
          z = h |> dense(2)
        }
        decoder (z) -> x {
          let h = z |> dense(12) |> relu |> reshape(3, 2, 2)
          x = h |> deconv(2, kernel: 3, stride: 2, pad: 0) |> sigmoid
        }
        minimize mse(x)
        train { optimizer: adam(rate: 3e-3, decay: 1e-2), batch: 4, epochs: 1 }
      }
      """
    case .oddvae:
      """
      model oddvae {
        hyper beta = 1.0
        input x: image[1, 4, 4]
        encoder (x) -> z {
          let h = x |> conv(2, kernel: 3, stride: 2, pad: 1) |> flatten |> relu |> dense(5) |> softplus
          z ~ normal(mean: h |> dense(2) |> tanh, logvar: h |> dense(2))
        }
        prior z ~ normal(mean: 0, std: 1)
        decoder (z) -> x {
          let logits = z |> dense(8) |> reshape(2, 2, 2) |> tanh |> deconv(1, kernel: 2, stride: 2, pad: 0)
          x ~ bernoulli(logits: logits)
        }
        maximize 2 * loglik(x) - beta * beta * kl(z)
        train { optimizer: adam(rate: 1e-3), batch: 4, epochs: 1 }
      }
      """
    }
  }
}

/// The files of the repository.
enum Repository {
  static let models = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Models").standardized

  static func model(_ name: String) throws -> Module {
    let text = try String(contentsOf: models.appendingPathComponent("\(name).vdl"), encoding: .utf8)
    return try elaborate(SourceText(name: "\(name).vdl", text: text))
  }
}

/// Runs passes on the text of one entry, whose globals are declared before it, and prints what comes out.
func run(_ passes: [Pass], on text: String) throws -> String {
  let module = try Module(parsing: SourceText(name: "test.vir", text: "module test\n" + text))
  let result = try Pipeline(passes).run(module).module
  return result.text.split(separator: "\n", omittingEmptySubsequences: false)
    .drop { !$0.hasPrefix("entry") }.joined(separator: "\n")
}
