import Artifact
import Diagnostics
import Foundation
import IR
import Passes
import VDL

/// A file of ../shared/reference: one training step of Models/convvae.vdl by PyTorch in float64.
public struct PyTorchReference {
  private let reader: SafetensorsReader

  /// The folder that VAEC_REFERENCE_DIR names, if it does.
  public static let folder = ProcessInfo.processInfo.environment["VAEC_REFERENCE_DIR"]
  public static let files = ["convvae-mnist-initial", "convvae-mnist-trained"]

  /// The parameters' names there and here.
  public static let names = [
    "enc.0": "encoder.h.conv0", "enc.2": "encoder.h.conv1", "enc.5": "encoder.h.dense0",
    "mu": "encoder.z.mean.dense0", "logvar": "encoder.z.logvar.dense0", "dec.0": "decoder.logits.dense0",
    "dec.2": "decoder.logits.dense1", "dec.5": "decoder.logits.deconv0", "dec.7": "decoder.logits.deconv1",
  ]

  public init(_ file: String) throws {
    reader = try SafetensorsReader("\(Self.folder ?? "")/\(file).safetensors")
  }

  public func tensor(_ name: String) throws -> HostTensor {
    guard let tensor = reader.tensor(name) else {
      return HostTensor(shape: [], data: try reader.doubles(of: name))
    }
    let data =
      tensor.element == .u8 ? try reader.unsignedBytes(of: name).map(Double.init) : try reader.doubles(of: name)
    return HostTensor(shape: tensor.shape, data: data)
  }

  /// The number in a tensor of one.
  public func number(_ name: String) throws -> HostTensor {
    HostTensor(shape: [], data: try reader.doubles(of: name))
  }

  /// The tensors `GROUP/NAME` of all parameters under their names here.
  public func parameters(_ group: String) throws -> [String: HostTensor] {
    var tensors: [String: HostTensor] = [:]
    for (there, here) in Self.names {
      for kind in ["weight", "bias"] {
        tensors["\(here).\(kind)"] = try tensor("\(group)/\(there).\(kind)")
      }
    }
    return tensors
  }
}

/// Models/convvae.vdl with its shapes, the noise of `train_step` an argument as it is in `gradients`, so that both can
/// be given PyTorch's.
public func convvaeWithNoiseGiven() throws -> Module {
  let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Models/convvae.vdl")
  let text = SourceText(name: "convvae.vdl", text: try String(contentsOf: file, encoding: .utf8))
  var module = try Pipeline([.inferShapes]).run(try elaborate(text)).module
  for index in module.entries.indices where module.entries[index].name == "train_step" {
    module.entries[index].takeNoiseAsArgument()
  }
  return module
}

extension Entry {
  /// Makes the result of `normal_noise` an argument of its name.
  fileprivate mutating func takeNoiseAsArgument() {
    guard let draw = operations.firstIndex(where: { $0.name == "normal_noise" }) else { return }
    arguments.append(Argument(role: .noise, value: operations[draw].results[0]))
    operations.remove(at: draw)
  }
}
