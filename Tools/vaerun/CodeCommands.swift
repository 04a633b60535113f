import Artifact
import CommandLineTable
import Datasets
import Evaluation
import Foundation
import Reporting
import Runtime

/// `vaerun encode`
enum EncodeCommand {
  private static let input = Option(
    "input", short: "i", .file(endings: ["safetensors", "npz", "npy", "csv", "png", "jpg"]),
    help: "images to encode: .safetensors, .npz, .npy, .csv, a picture or a folder",
    default: "the data set's")
  private static let output = Option(
    "output", short: "o", .file(endings: ["safetensors", "npz", "npy", "csv"]),
    help: "the codes, .safetensors, .npz, .npy or .csv",
    default: "codes.safetensors in the run's folder")

  static let command = Command(
    "encode", summary: "writes the codes of images",
    details: [
      "The codes are the posterior's means for a VAE. Images come from the data set or from a file: .safetensors with "
        + "a tensor x [N,C,H,W] of U8 (0 to 255) or floats (0 to 1), NumPy's .npy or .npz, .csv with one image per line, "
        + "its pixels 0 to 255 in the order C, H, W, or a PNG or JPEG picture or a folder of them.",
      "A .safetensors or .npz file of codes has one array per result of the model's encoder (z, and for a VAE z.mean and "
        + "z.logvar) and for a data set the classes (label); an .npy file has the codes alone; a .csv file has a line of "
        + "names (label, z1, z2, ...) and one code per line. A model with several latents has in one code all that its "
        + "decoder takes, one latent behind the other (a.1, a.2, b.1, ...).",
    ],
    positionals: [CommonOptions.model],
    options: CommonOptions.forTrained([input, output], results: [CommonOptions.quiet]),
    examples: [
      Example("vaerun encode --output codes.csv", "the codes of the test images"),
      Example("vaerun encode --input images.safetensors -o codes.safetensors", "the codes of your images"),
    ])

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    let path = invocation[output] ?? trained.place("codes.safetensors")
    let kind = try ArrayFile.Kind(path)
    let source: any ImageSource
    var labels: [Int32]?
    if let input = invocation[input] {
      guard let shape = trained.manifest.inputs.first?.shape else { throw RunError.noImages }
      source = try ArrayFile.images(
        input, shape: shape,
        options: DataOptions.images(DataOptions.given(invocation), invocation, modelShape: shape))
    } else {
      let dataset = try CommonOptions.load(invocation, of: trained)
      source = dataset
      labels = dataset.labels
    }
    let inputs = try trained.inputs(invocation)
    let results: [NamedArray]
    switch kind {
    case .safetensors, .npz: results = try encode(source, with: trained.instance, inputs: inputs)
    case .npy, .csv:
      results = [
        NamedArray(
          name: "code", role: .latent, values: try trained.instance.codes(of: source, inputs: inputs),
          columns: trained.manifest.codeColumns)
      ]
    }
    try ArrayFile.write(results, labels: labels, count: source.count, to: path, kind: kind)
    Terminal.tell(invocation, "\(path): \(Terminal.count(source.count, "code"))")
  }

  /// All results of the encoder that are per image, the code first.
  static func encode(
    _ source: any ImageSource, with instance: ModelInstance, inputs: EntryInputs
  ) throws -> [NamedArray] {
    let entry = try instance.model.entry("encode")
    var values: [String: [Float]] = [:]
    try instance.forEachBatch(of: source, entry: "encode", inputs: inputs) { _, results in
      for (name, tensor) in results { values[name, default: []] += tensor.floats ?? [] }
    }
    return entry.results.map { result in
      NamedArray(name: result.name, role: result.role, values: values[result.name] ?? [])
    }
  }
}

/// `vaerun decode`
enum DecodeCommand {
  private static let input = Option(
    "input", short: "i", .file(endings: ["safetensors", "npz", "npy", "csv"]),
    help: "the codes, .safetensors or .npz (an array [N,L] for each latent), .npy or .csv (one code per line)",
    default: "codes.safetensors in the run's folder")
  private static let output = Option(
    "output", short: "o", .file(endings: ["safetensors", "npz", "npy", "csv", "png"]),
    help: "the images, .safetensors, .npz, .npy, .csv or .png",
    default: "decoded.png in the run's folder")

  static let command = Command(
    "decode", summary: "writes the images, or the probabilities of classes, that codes decode to",
    details: [
      "A .csv file of codes may begin with a line of names. Where the decoder takes a class, each code's is read from the "
        + "column (.csv) or array (.safetensors, .npz) called label, as encode writes it, or is the one of --class; "
        + "otherwise the column is left out. The images are the "
        + "likelihood's means, 0 to 1: an array x [N,C,H,W] in .safetensors, .npz and .npy, one image per line in .csv, a picture of at "
        + "most 2500 images in .png. The probabilities that a decoder gives the classes are an array y [N,classes], or one line for each "
        + "code; of a decoder that makes both, .npy and .csv have what it names first."
    ],
    positionals: [CommonOptions.model],
    options: [input, output, CommonOptions.classNumber] + CommonOptions.trained + [CommonOptions.quiet],
    examples: [Example("vaerun decode --input codes.csv --output decoded.png", "a picture of your codes")])

  private static let mostInPicture = 2500

  static func run(_ invocation: Invocation) throws {
    let trained = try TrainedModel(invocation)
    let pictures = try ModelPictures(trained, invocation)
    let path = invocation[output] ?? trained.place("decoded.png")
    let isPicture = path.lowercased().hasSuffix(".png")
    let kind = isPicture ? nil : try ArrayFile.Kind(path, others: " or .png")
    let codesPath = invocation[input] ?? trained.place("codes.safetensors")
    let codes = try ArrayFile.codes(
      codesPath, parts: trained.manifest.codeParts)
    let count = codes.count / max(1, pictures.latentSize)
    let shown = kind == nil ? min(count, Self.mostInPicture) : count
    var labels = pictures.labels(shown, for: "decode")
    if labels != nil, invocation[CommonOptions.classNumber] == nil {
      guard let ofFile = try ArrayFile.labels(codesPath), ofFile.count == count else {
        throw UsageError(
          "the decoder of \(trained.manifest.name) takes a class and \(codesPath) has none for each code",
          "write --class 3, or a file with labels")
      }
      labels = Array(ofFile.prefix(shown))
    }
    let chosen = Array(codes.prefix(shown * pictures.latentSize))
    let made = try trained.instance.model.entry("decode").results
    if let kind {
      let arrays = try made.map { result in
        NamedArray(
          name: result.name, role: result.role,
          values: try trained.instance.decode(chosen, labels: labels, result: result.name),
          shape: result.shape.compactMap { if case .fixed(let size) = $0 { size } else { nil } })
      }
      try ArrayFile.write(arrays, labels: nil, count: count, to: path, kind: kind)
    } else {
      let images = try trained.instance.decode(
        chosen, labels: labels, result: try pictures.imageResult(of: "decode"))
      try ImageGrid.images(try pictures.rasters(images), columns: 10).writePNG(to: path)
    }
    let isImage = made.contains { $0.role == .image }
    Terminal.tell(invocation, "\(path): \(Terminal.count(shown, isImage ? "image" : "row"))")
  }
}
