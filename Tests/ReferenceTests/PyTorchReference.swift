import Artifact
import Foundation
import IR

/// A file of ../shared/reference: one training step of Models/convvae.vdl by PyTorch in float64.
struct PyTorchReference {
  private let reader: SafetensorsReader

  /// The folder that VAEC_REFERENCE_DIR names, if it does.
  static let folder = ProcessInfo.processInfo.environment["VAEC_REFERENCE_DIR"]
  static let files = ["convvae-mnist-initial", "convvae-mnist-trained"]

  /// The parameters' names there and here.
  static let names = [
    "enc.0": "encoder.h.conv0", "enc.2": "encoder.h.conv1", "enc.5": "encoder.h.dense0",
    "mu": "encoder.z.mean.dense0", "logvar": "encoder.z.logvar.dense0", "dec.0": "decoder.logits.dense0",
    "dec.2": "decoder.logits.dense1", "dec.5": "decoder.logits.deconv0", "dec.7": "decoder.logits.deconv1",
  ]

  init(_ file: String) throws {
    reader = try SafetensorsReader("\(Self.folder ?? "")/\(file).safetensors")
  }

  func tensor(_ name: String) throws -> HostTensor {
    guard let tensor = reader.tensor(name) else {
      return HostTensor(shape: [], data: try reader.doubles(of: name))
    }
    let data =
      tensor.element == .u8 ? try reader.unsignedBytes(of: name).map(Double.init) : try reader.doubles(of: name)
    return HostTensor(shape: tensor.shape, data: data)
  }

  /// The number in a tensor of one.
  func number(_ name: String) throws -> HostTensor { HostTensor(shape: [], data: try reader.doubles(of: name)) }

  /// The tensors `GROUP/NAME` of all parameters under their names here.
  func parameters(_ group: String) throws -> [String: HostTensor] {
    var tensors: [String: HostTensor] = [:]
    for (there, here) in Self.names {
      for kind in ["weight", "bias"] {
        tensors["\(here).\(kind)"] = try tensor("\(group)/\(there).\(kind)")
      }
    }
    return tensors
  }
}
