import Diagnostics
import IR

extension EntryElaborator {
  /// What a quantization made: the encoder's vectors and the codebook's.
  struct Quantization {
    var encoded: ValueID
    var quantized: ValueID
  }

  /// Vector quantization (van den Oord, Vinyals and Kavukcuoglu 2017, section 3.1): the nearest row of the codebook, through which the
  /// gradient passes straight on.
  mutating func quantize(_ z: ValueID, codes: Int) throws -> ValueID {
    let name = "\(layerName).codebook"
    let global = registry.global(
      name, kind: kind(.parameter), type: TensorType(.f32, [.fixed(codes), .unknown]),
      initializer: .normal(standardDeviation: 1 / Double(codes)), sources: builder.sources)
    let codebook = builder.entry.reference(to: global)
    let quantized = try add("lookup", [try add("nearest_code", [z, codebook]), codebook])
    var result = quantized
    if mode.isTraining {
      let step = try add("stop_gradient", [try add("sub", [quantized, z])])
      result = try add("add", [z, step])
    }
    quantizations[result] = Quantization(encoded: z, quantized: quantized)
    return result
  }

  /// `codebook(z)`, which moves the codebook to the encoder's vectors, or `commitment(z)`, which keeps those near it: the paper's
  /// equation 3, second and third term, summed over an image.
  mutating func quantizationTerm(_ key: TermKey, _ call: Call) throws(Recovery) -> ValueID {
    guard let latent = latents[key.subject], !latent.isFaulty else { throw Recovery() }
    guard let quantization = quantizations[latent.value] else {
      throw diagnostics.fail(
        "'\(key.term)(\(key.subject))' needs a latent that is quantized", at: call.range,
        notes: [.init("write '\(key.subject) = ... |> quantize(codes: 512)' in the encoder")])
    }
    var (encoded, quantized) = (quantization.encoded, quantization.quantized)
    if key.term == "codebook" {
      encoded = try emit("stop_gradient", [encoded])
    } else {
      quantized = try emit("stop_gradient", [quantized])
    }
    let square = try emit("square", [try emit("sub", [encoded, quantized])])
    return try emit("sum_per_image", [square], named: key.term)
  }
}
