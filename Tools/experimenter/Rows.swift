extension Row {
  /// All rows, in the order of the page.
  package static let all: [Row] =
    convolutionalRows + denseRows + latentSpaceRows + faceRows + [latentSizes, likelihood, precision]
}

private let threeSeeds = [1, 2, 3]

// MARK: Convolutional VAEs

private let convolutionalRows = [
  Row(
    id: "R1a", title: "convolutional VAE with three latents, MNIST",
    trainings: [
      Training(
        name: "convvae-z3", label: "z = 3", model: "Models/convvae.vdl", settings: ["latent=3"], data: .mnist,
        options: ["--batch", "100"], epochs: 100, report: ["132.39", "123.63", "8.76"]),
      Training(
        name: "convvae-z3-deep", label: "z = 3, deeper decoder", model: "Models/experiments/deepvae.vdl",
        settings: ["latent=3"], data: .mnist, options: ["--batch", "100", "--rate-schedule", "cosine"],
        epochs: 40),
    ], figures: Figure.elbo,
    pictures: [
      Picture("r1a-curves", "Loss, reconstruction and KL by epoch", ["curves", "{convvae-z3}"]),
      Picture("r1a-samples", "Images decoded from the prior", ["sample", "{convvae-z3}"]),
    ]),
  hiddenSizes("R1b", .mnist, "convvae", report: ["146.53", "139.82", "6.71"]),
  hiddenSizes("R1c", .fashion, "convvae-fashion", report: ["254.21", "247.38", "6.83"]),
  Row(
    id: "R1d", title: "convolutional VAE with 200 latents, SVHN",
    trainings: [
      Training(
        name: "street", label: "z = 200", model: "Models/bench/m4.vdl", data: .svhn, epochs: 30,
        report: ["1908.62", "1888.50", "20.12", nil])
    ], figures: Figure.elbo + [.activeLatents],
    pictures: [
      Picture("r1d-samples", "Images decoded from the prior", ["sample", "{street}"]),
      Picture("r1d-curves", "Loss, reconstruction and KL by epoch", ["curves", "{street}"]),
    ]),
]

/// Models/convvae.vdl with three sizes of the hidden layers, and models of the same kind that come nearer to the images.
private func hiddenSizes(_ id: String, _ data: ExperimentData, _ name: String, report: [String?]) -> Row {
  func training(_ hidden: Int, seeds: [Int] = [1], report: [String?]? = nil) -> Training {
    Training(
      name: "\(name)-h\(hidden)", label: "hidden = \(hidden)", model: "Models/convvae.vdl",
      settings: ["hidden=\(hidden)"], data: data, epochs: 30, seeds: seeds, report: report)
  }
  func other(_ kind: String, _ label: String) -> Training {
    Training(
      name: "\(name)-\(kind)", label: label, model: "Models/experiments/\(kind)vae.vdl", data: data,
      options: ["--rate-schedule", "cosine"], epochs: 30)
  }
  let sizes = [16, 100, 200]
  let lower = id.lowercased()
  return Row(
    id: id, title: "convolutional VAE with two latents, \(data == .mnist ? "MNIST" : "Fashion-MNIST")",
    trainings: [
      training(16), training(100, seeds: threeSeeds, report: report), training(200),
      other("deep", "hidden = 100, deeper decoder"),
    ] + (data == .fashion ? [other("normalized", "hidden = 256, batch normalization")] : []),
    figures: Figure.elbo,
    pictures: [
      Picture(
        "\(lower)-curves", "Loss, reconstruction and KL of the three sizes by epoch",
        ["curves"] + sizes.map { "{\(name)-h\($0)}" })
    ]
      + sizes.flatMap { size in
        [
          Picture(
            "\(lower)-manifold-h\(size)", "The latent plane, decoded, hidden = \(size)",
            ["manifold", "{\(name)-h\(size)}", "--grid", "15"]),
          Picture(
            "\(lower)-latents-h\(size)", "Codes of training and test images by class, hidden = \(size)",
            ["latents", "{\(name)-h\(size)}", "--split", "both"]),
        ]
      })
}

// MARK: Principal components, dense and convolutional models

private let denseRows = [
  Row(
    id: "R2a", title: "principal components, MNIST", trainings: [], figures: [],
    listings: [["pca", "--data", "mnist", "-o", "@pca"]],
    pictures: [
      Picture(
        "r2a-reconstructions", "Test images and what 44, 87 and 154 components give back",
        file: "pca/reconstructions.png")
    ]),
  Row(
    id: "R2b", title: "dense autoencoder, and its decoder alone, MNIST",
    trainings: [
      Training(
        name: "denseae", label: "encoder and decoder", model: "Models/experiments/denseae.vdl", data: .mnist),
      Training(
        name: "decoderonly", label: "decoder alone, encoder frozen",
        model: "Models/experiments/decoderonly.vdl",
        data: .mnist, start: "denseae"),
      Training(
        name: "denseae-overfit", label: "1,000 images, 100 epochs", model: "Models/experiments/denseae.vdl",
        data: .mnist, options: ["--limit", "1000"], epochs: 100),
    ], figures: [.error],
    pictures: [
      Picture(
        "r2b-overfit", "On 1,000 images the training error falls while the test error rises",
        ["curves", "{denseae-overfit}", "--terms", "mse"]),
      Picture(
        "r2b-reconstructions", "Test images above what three autoencoders make of them",
        ["reconstruct", "{denseae}", "{decoderonly}", "{denseae-overfit}", "--count", "10"]),
      Picture(
        "r2b-samples", "Images decoded from a mixture fitted to the codes",
        ["sample", "{denseae}", "--codes", "mixture", "--count", "40"]),
    ]),
  Row(
    id: "R2c", title: "dense VAE by latent size and by input, MNIST",
    trainings: [
      latentSize(2).called("z = 2, grey levels"), latentSize(8).called("z = 8, grey levels"),
      latentSize(32).called("z = 32, grey levels"),
      Training(
        name: "binarydense", label: "z = 2, black and white at 0.5",
        model: "Models/experiments/binarydense.vdl",
        data: .mnist),
      Training(
        name: "noisydense", label: "z = 2, noise of deviation 0.3 added",
        model: "Models/experiments/noisydense.vdl",
        data: .mnist),
    ], figures: Figure.elbo,
    pictures: [
      Picture(
        "r2c-sizes", "Loss, reconstruction and KL by epoch for three latent sizes",
        ["curves", "{densevae-z2}", "{densevae-z8}", "{densevae-z32}"]),
      Picture(
        "r2c-inputs", "Loss, reconstruction and KL by epoch for three kinds of input",
        ["curves", "{densevae-z2}", "{binarydense}", "{noisydense}"]),
    ]),
  Row(
    id: "R2d", title: "convolutional VAE with batch normalization and pooling, MNIST",
    trainings: [
      Training(
        name: "normalizedvae-z2", label: "z = 2, grey levels", model: "Models/bench/m6.vdl", data: .mnist,
        epochs: 20),
      Training(
        name: "normalizedvae-z8", label: "z = 8, grey levels", model: "Models/bench/m6.vdl",
        settings: ["latent=8"],
        data: .mnist, epochs: 20),
      Training(
        name: "binaryconv", label: "z = 2, black and white at 0.5", model: "Models/experiments/binaryconv.vdl",
        data: .mnist, epochs: 20),
      Training(
        name: "noisyconv", label: "z = 2, noise of deviation 0.3 added",
        model: "Models/experiments/noisyconv.vdl",
        data: .mnist, epochs: 20),
    ], figures: Figure.elbo,
    pictures: [
      Picture(
        "r2d-curves", "Loss, reconstruction and KL by epoch for two latent sizes",
        ["curves", "{normalizedvae-z2}", "{normalizedvae-z8}"]),
      Picture(
        "r2d-inputs", "Loss, reconstruction and KL by epoch for three kinds of input",
        ["curves", "{normalizedvae-z2}", "{binaryconv}", "{noisyconv}"]),
    ]),
  Row(
    id: "R2e", title: "denoising, sparse and contractive autoencoders, MNIST",
    trainings: [
      variant("denoisingae", "denoising"),
      variant("sparseae", "sparse (l1, weight 0.1)", ["--hyper", "weight=0.1"], settings: ["latent=1024"]),
      variant("klsparseae", "sparse (KL)", settings: ["latent=1024"]), variant("contractiveae", "contractive"),
      Training(
        name: "contractiveae-free", label: "the same without the penalty",
        model: "Models/variants/contractiveae.vdl", data: .mnist, options: ["--hyper", "weight=0"],
        evaluation: ["--hyper", "weight=0"]),
    ], figures: [.error, .term("jacobian")],
    listings: [["times", "{denoisingae}", "{sparseae}", "{klsparseae}", "{contractiveae}"]],
    pictures: [
      Picture(
        "r2e-denoising", "Test images, the same with noise, and what is made of these",
        ["reconstruct", "{denoisingae}", "--count", "10"]),
      Picture("r2e-activations", "Activations of the code with the l1 penalty", ["activations", "{sparseae}"]),
      Picture(
        "r2e-activations-kl", "Activations of the code with the KL penalty", ["activations", "{klsparseae}"]),
    ]),
]

private func variant(
  _ name: String, _ label: String, _ hypers: [String] = [], settings: [String] = []
) -> Training {
  Training(
    name: name, label: label, model: "Models/variants/\(name).vdl", settings: settings, data: .mnist,
    options: hypers, evaluation: hypers)
}

// MARK: The latent space of an autoencoder, and what is built on it

private let codeOfFour = Training(
  name: "convae", label: "code of 4", model: "Models/convae.vdl", data: .fashion, seeds: threeSeeds,
  report: ["0.0239"])

private let latentSpaceRows = [
  Row(
    id: "R3a", title: "random search for a convolutional autoencoder, Fashion-MNIST", trainings: [],
    figures: [],
    sweep: Sweep(
      name: "search", data: .fashion,
      arguments: [
        "Models/convae.vdl", "--space-file", "Models/convae.space", "--method", "random", "--folds", "3",
        "--batch", "250",
      ], trials: 10, epochs: 5),
    pictures: [
      Picture("r3a-objective", "The objective by trial, and the least so far", file: "search/objective.png"),
      Picture("r3a-parameters", "The objective by each parameter", file: "search/parameters.png"),
    ]),
  Row(
    id: "R3b", title: "convolutional autoencoder, Fashion-MNIST", trainings: [codeOfFour],
    figures: [.term("mse")],
    pictures: [
      Picture(
        "r3b-reconstructions", "Test images above their reconstructions",
        ["reconstruct", "{convae}", "--count", "20"])
    ]),
  Row(
    id: "R3c", title: "its codes in the plane", trainings: [codeOfFour.called("code of 4")],
    figures: [.term("mse")],
    pictures: [
      Picture(
        "r3c-pca", "Principal components of the test images' codes by class",
        ["latents", "{convae}", "--map", "pca"]),
      Picture(
        "r3c-tsne", "t-SNE of the test images' codes by class", ["latents", "{convae}", "--map", "tsne"]),
    ]),
  Row(
    id: "R3d", title: "images from random codes", trainings: [codeOfFour.called("code of 4")],
    figures: [.term("mse")],
    pictures: [
      Picture(
        "r3d-marginals", "Images of codes drawn coordinate by coordinate",
        ["sample", "{convae}", "--codes", "marginals", "--count", "12", "--columns", "6"])
    ]),
  Row(
    id: "R3e", title: "classifier on the frozen encoder",
    trainings: [
      Training(
        name: "classifier", label: "4-30-60-10", model: "Models/experiments/classifier.vdl", data: .fashion,
        epochs: 20, seeds: threeSeeds, start: "convae", report: ["75 %"])
    ], figures: [.accuracy],
    pictures: [
      Picture(
        "r3e-confusion", "Confusion matrix: of the images of each class, the share given to each",
        ["confusion", "{classifier}"])
    ]),
  Row(
    id: "R3f", title: "VAE of the same layers",
    trainings: [
      Training(
        name: "squarevae", label: "rate 1e-3", model: "Models/experiments/squarevae.vdl", data: .fashion,
        seeds: threeSeeds),
      Training(
        name: "squarevae-fast", label: "rate 3e-3", model: "Models/experiments/squarevae.vdl", data: .fashion,
        options: ["--rate", "3e-3"], seeds: threeSeeds, report: ["0.0270", nil]),
    ], figures: [.term("mse"), .term("kl")],
    pictures: [
      Picture(
        "r3f-reconstructions", "Test images above the reconstructions at rates 1e-3 and 3e-3",
        ["reconstruct", "{squarevae}", "{squarevae-fast}", "--count", "10"])
    ]),
]

// MARK: Faces

private let faces = Training(
  name: "faces", label: "1x1 convolutions in the decoder", model: "Models/experiments/facevae.vdl",
  data: .celeba,
  epochs: 15, report: ["165.02", "110.40", "54.68"])

private let normalizedFaces = Training(
  name: "faces-normalized", label: "batch normalization", model: "Models/experiments/normalizedfacevae.vdl",
  data: .celeba, epochs: 10, report: ["164.93", "110.17", "54.61"])

private let faceFigures: [Figure] = [.total, .term("sse"), .term("kl")]

private let faceRows = [
  Row(
    id: "R4a", title: "VAE of faces with 1x1 convolutions, CelebA", trainings: [faces], figures: faceFigures,
    pictures: [
      Picture("r4a-curves", "Loss, squared error and KL by epoch", ["curves", "{faces}"]),
      Picture("r4a-samples", "Images decoded from the prior", ["sample", "{faces}", "--count", "40"]),
    ]),
  Row(
    id: "R4b", title: "VAE of faces with batch normalization, CelebA", trainings: [normalizedFaces],
    figures: faceFigures,
    pictures: [
      Picture("r4b-curves", "Loss, squared error and KL by epoch", ["curves", "{faces-normalized}"]),
      Picture(
        "r4b-samples", "Images decoded from the prior", ["sample", "{faces-normalized}", "--count", "40"]),
    ]),
  Row(
    id: "R4c", title: "what the latents of faces say",
    trainings: [faces.called("1x1 convolutions"), normalizedFaces.called("batch normalization")],
    figures: faceFigures,
    pictures: [
      Picture(
        "r4c-reconstructions", "Test images above the reconstructions of both",
        ["reconstruct", "{faces}", "{faces-normalized}", "--count", "10"]),
      Picture(
        "r4c-traversal", "One latent changes while the others stay", ["traverse", "{faces}", "--image", "3"]),
      Picture("r4c-attributes", "Images moved along directions of attributes", ["attributes", "{faces}"]),
    ]),
]

// MARK: Sizes of the latent

private func latentSize(_ size: Int, report: [String?]? = nil) -> Training {
  Training(
    name: "densevae-z\(size)", label: "z = \(size)", model: "Models/densevae.vdl", settings: ["latent=\(size)"],
    data: .mnist, seeds: threeSeeds, report: report)
}

private let latentSizes = Row(
  id: "R5", title: "dense VAE by latent size, MNIST",
  trainings: [
    latentSize(2, report: ["154.7", "148.9", "5.8", ".0430", "2"]),
    latentSize(4, report: ["131.5", "121.4", "10.1", ".0306", "4"]),
    latentSize(8, report: ["111.4", "95.5", "15.9", ".0180", "8"]),
    latentSize(16, report: ["105.0", "81.3", "23.6", ".0107", "16"]),
    latentSize(32, report: ["104.8", "78.5", "26.2", ".0086", "26"]),
  ], figures: Figure.elbo + [.error, .activeLatents],
  pictures: [
    Picture(
      "r5-reconstructions", "One digit of each class above its five reconstructions, z = 2, 4, 8, 16, 32",
      ["reconstruct"] + [2, 4, 8, 16, 32].map { "{densevae-z\($0)}" } + ["--count", "10"]),
    Picture("r5-latents", "Codes of the test images by class, z = 2", ["latents", "{densevae-z2}"]),
    Picture(
      "r5-manifold", "The latent plane from -2 to 2, decoded",
      ["manifold", "{densevae-z2}", "--grid", "9", "--range", "2"]),
    Picture("r5-tsne", "t-SNE of the codes, z = 16", ["latents", "{densevae-z16}", "--map", "tsne"]),
  ])

// MARK: Likelihood

private let likelihood = Row(
  id: "L1", title: "log-likelihood of binarized MNIST",
  trainings: [
    Training(
      name: "binaryvae", label: "784-400-40, 500 epochs", model: "Models/variants/binaryvae.vdl", data: .mnist,
      evaluation: ["--samples", "5000"], report: [nil, "-89.8"]),
    Training(
      name: "binaryvae-cosine", label: "the same, a rate of 1e-3 that falls, 200 epochs",
      model: "Models/variants/binaryvae.vdl", data: .mnist,
      options: ["--rate", "1e-3", "--rate-schedule", "cosine"], epochs: 200, evaluation: ["--samples", "5000"]),
  ], figures: [.total, .likelihood],
  pictures: [
    Picture("l1-curves", "Loss, reconstruction and KL by epoch", ["curves", "{binaryvae}"]),
    Picture("l1-samples", "Images decoded from the prior", ["sample", "{binaryvae}"]),
  ])

// MARK: Precision

private let precision = Row(
  id: "P1", title: "bfloat16 against float32",
  trainings: [
    Training(
      name: "convvae-h100", label: "convvae, z = 2, float32", model: "Models/convvae.vdl",
      settings: ["hidden=100"], data: .mnist, epochs: 30, seeds: threeSeeds),
    Training(
      name: "convvae-h100-bf16", label: "the same, bf16", model: "Models/convvae.vdl",
      settings: ["hidden=100"], compilation: ["--precision", "bf16"], data: .mnist, epochs: 30,
      seeds: threeSeeds),
    latentSize(16).called("densevae, z = 16, float32"),
    Training(
      name: "densevae-z16-bf16", label: "the same, bf16", model: "Models/densevae.vdl",
      settings: ["latent=16"], compilation: ["--precision", "bf16"], data: .mnist, seeds: threeSeeds),
  ], figures: Figure.elbo,
  pictures: [
    Picture(
      "p1-curves", "Loss, reconstruction and KL by epoch, one run of each",
      ["curves", "{convvae-h100}", "{convvae-h100-bf16}"])
  ])
