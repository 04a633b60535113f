/// What a run copes with that has lost its copy of the model: it takes the model where it was compiled.
private let lostModel = ["missing", "a file", "a folder", "small.json missing", "small.so missing"]

/// `vaerun`'s rows of the matrix, in the order of its commands.
let vaerunRows: [CommandRow] =
  [
    CommandRow(
      "vaerun train", "build/small --data digits --limit 40 --threads 1 -o new",
      prints: ["epoch 1/1  train loss ", "next: vaerun evaluate --run new"], writes: ["new/": .folder],
      inputs: [.model("build/small", isThorough: true)], output: .folder("-o"),
      mistakes: [
        Mistake("--data digits --limit 40 --val 40", 2, "--val holds out 40 of 40 images"),
        Mistake("--data digitz", 1, "digitz"),
        Mistake(
          "runs/small-001", 1, "runs/small-001 is a run, not a compiled model: write --resume runs/small-001"),
        Mistake("--data codes.csv", 1, "codes.csv"),
        Mistake("--hyper gamma=1 --data digits --limit 40", 1, "small has no hyper gamma"),
        Mistake("--data street-digits --size 5 --limit 40", 1, "the data's images are 3x5x5"),
      ]),
    CommandRow(
      "vaerun train", "--resume runs/small-001 --epochs 2 --quiet", writes: ["runs/small-001/": .folder],
      inputs: [
        // Without a checkpoint it begins anew; without its own copy it takes the model where it was compiled.
        .run("runs/small-001", copes: ["last.safetensors missing"]),
        .model("runs/small-001/model", copes: lostModel),
      ],
      mistakes: [Mistake("--resume runs/small-001 --seed 2", 2, "--seed cannot change")]),
    CommandRow(
      "vaerun train", "--config runs/small-001/config.json --quiet -o new", writes: ["new/": .folder],
      inputs: [.file("runs/small-001/config.json")]),
    CommandRow(
      "vaerun train", "build/small --data images.npy --quiet -o new", writes: ["new/": .folder],
      inputs: [.file("images.npy")]),
    CommandRow(
      "vaerun train", "build/small --data pictures --no-cache --quiet -o new", writes: ["new/": .folder],
      inputs: [.folder("pictures"), .file("pictures/3.png", copes: ["missing", "a folder", "a pipe"])]),
    CommandRow(
      "vaerun train", "build/small --data mnist --data-dir sets --quiet -o new", writes: ["new/": .folder],
      inputs: [
        .file("sets/mnist/train-images-idx3-ubyte"), .file("sets/mnist/t10k-labels-idx1-ubyte"),
        .folder("sets"),
      ]),
    CommandRow(
      "vaerun sweep",
      "build/small --space rate=log(1e-4,1e-2) --trials 1 --val 20 --data digits --limit 60 --threads 1 --quiet -o s",
      writes: ["s/": .folder], inputs: [.model("build/small")], output: .folder("-o"),
      mistakes: [
        Mistake("build/small --space rate=log(1e-4)", 2, "rate"), Mistake("--resume none", 1, "none"),
        Mistake("build/small --space rate=log(1e-4,1e-2) --method tpee", 2, "did you mean 'tpe'?"),
      ]),
    CommandRow(
      "vaerun evaluate", "--run runs/small-002 --best --limit 50",
      prints: ["data     digits, 50 test images\n", "loss  "],
      inputs: [
        .run("runs/small-002", needs: ["config.json", "best.safetensors"]),
        .model("runs/small-002/model", copes: lostModel),
      ],
      mistakes: [
        Mistake("--run runs/small-001 --best", 1, "best"),
        Mistake("--run runs/small-001 --hyper beta=x", 2, "beta"),
        Mistake("--run runs/small-001 --weights codes.csv", 2, "--run and --weights"),
      ]),
    CommandRow(
      "vaerun evaluate", "build/small --weights runs/small-002/last.safetensors --data digits --limit 50",
      prints: ["weights runs/small-002/last.safetensors\n"],
      inputs: [.file("runs/small-002/last.safetensors"), .model("build/small")],
      mistakes: [Mistake("build/small --weights other/other-001/last.safetensors", 1, "other/other-001")]),
    CommandRow(
      "vaerun reconstruct", "--run runs/small-002 --count 10 --limit 20 -o r.png", prints: ["r.png\n"],
      writes: ["r.png": .png],
      inputs: [.run("runs/small-002")], output: .file("-o", ending: "png")),
    CommandRow(
      "vaerun sample", "--run runs/small-002 --count 4 -o s.png", prints: ["s.png\n"], writes: ["s.png": .png],
      inputs: [.run("runs/small-002", isThorough: true)], output: .file("-o", ending: "png"),
      mistakes: [Mistake("--codes priors", 2, "did you mean 'prior'?")]),
    CommandRow(
      "vaerun manifold", "--run runs/small-002 --grid 3 -o m.png", prints: ["m.png\n"], writes: ["m.png": .png],
      inputs: [.run("runs/small-002")], output: .file("-o", ending: "png"),
      mistakes: [Mistake("--axes 1,1", 2, "--axes"), Mistake("--axes 2", 2, "--axes")]),
    CommandRow(
      "vaerun traverse", "--run runs/small-002 --latents 1,2 --columns 3 -o t.png", prints: ["t.png\n"],
      writes: ["t.png": .png], inputs: [.run("runs/small-002")], output: .file("-o", ending: "png"),
      mistakes: [Mistake("--latents 3", 2, "--latents"), Mistake("--latents x", 2, "--latents")]),
    CommandRow(
      "vaerun interpolate", "--run runs/small-002 --limit 20 --count 1 --columns 3 -o i.png",
      prints: ["i.png\n"],
      writes: ["i.png": .png], inputs: [.run("runs/small-002")], output: .file("-o", ending: "png"),
      mistakes: [Mistake("--limit 20 --images 1", 2, "--images has 1 images")]),
    CommandRow(
      "vaerun attributes", "--run runs/small-002 --limit 60 --columns 3 -o a.png", prints: ["a.png\n"],
      writes: ["a.png": .png], inputs: [.run("runs/small-002")], output: .file("-o", ending: "png"),
      mistakes: [Mistake("--limit 60 --attributes smile", 2, "smile")]),
    CommandRow(
      "vaerun activations", "--run runs/small-002 --limit 30 -o a.png", prints: ["a.png\n"],
      writes: ["a.png": .png], inputs: [.run("runs/small-002")], output: .file("-o", ending: "png")),
    CommandRow(
      "vaerun curves", "runs/small-001 runs/small-002 -o c.png", prints: ["c.png\n"], writes: ["c.png": .png],
      inputs: [
        .run("runs/small-002", needs: ["config.json", "metrics.csv"], copes: ["metrics.csv cut short"])
      ],
      output: .file("-o", ending: "png"), mistakes: [Mistake("--terms los", 2, "los")]),
    CommandRow(
      "vaerun encode", "--run runs/small-002 --limit 10 -o c.csv", prints: ["c.csv: 10 codes\n"],
      writes: ["c.csv": .csv],
      inputs: [.run("runs/small-002")], output: .file("-o", ending: "npz"),
      mistakes: [Mistake("-o c.txt", 1, "c.txt has an ending that is not known here")]),
    CommandRow(
      "vaerun encode", "-i images.npy -o c.npz", prints: ["c.npz: 6 codes\n"], writes: ["c.npz": .npz],
      inputs: [.file("images.npy")]),
    CommandRow(
      "vaerun encode", "-i pictures/2.png -o c.npy", prints: ["c.npy: 1 code\n"], writes: ["c.npy": .npy],
      inputs: [.file("pictures/2.png")]),
    CommandRow(
      "vaerun decode", "--run runs/small-002 -i codes.csv -o d.png", prints: ["d.png: 3 images\n"],
      writes: ["d.png": .png],
      inputs: [.lines("codes.csv"), .run("runs/small-002")], output: .file("-o", ending: "csv")),
    CommandRow(
      "vaerun export", "--run runs/small-002 -o taken", prints: ["taken/small.so\n", "taken/small.weights\n"],
      writes: [
        "taken/small.so": .sharedObject, "taken/small.h": .text, "taken/small.json": .json,
        "taken/small.weights": .bytes, "taken/small.safetensors": .safetensors,
      ],
      inputs: [.run("runs/small-002"), .model("runs/small-002/model", copes: lostModel)], output: .folder("-o")),
    CommandRow(
      "vaerun latents", "--run runs/small-002 --limit 30 -o l", prints: ["l.csv: 30 codes\n", "l.png\n"],
      writes: ["l.csv": .csv, "l.png": .png], inputs: [.run("runs/small-002")], output: .folder("-o")),
    CommandRow(
      "vaerun probe", "--run runs/small-002 --limit 60 -o p.png", prints: ["linear probe ", "p.png\n"],
      writes: ["p.png": .png],
      inputs: [.run("runs/small-002")], output: .file("-o", ending: "png"), printsFirst: true),
    CommandRow(
      "vaerun confusion", "sorter/sorter-001 --limit 60 -o k.png",
      prints: ["accuracy ", "taken for ", "k.png\n"],
      writes: ["k.png": .png],
      inputs: [.run("sorter/sorter-001")], output: .file("-o", ending: "png"),
      mistakes: [
        Mistake("runs/small-002", 2, "the decoder of small makes no class: 'vaerun probe' reads"),
        Mistake("sorter/sorter-001 --data images.npy", 1, "y needs labels and the data have none"),
      ]),
    CommandRow(
      "vaerun frechet", "runs/small-002 --features other/other-001 --count 20 --limit 20",
      prints: ["  prior samples      "],
      inputs: [.run("runs/small-002"), .run("other/other-001", needs: ["config.json"])],
      mistakes: [Mistake("", 2, "--features is missing")]),
    CommandRow(
      "vaerun pca", "--data digits --limit 40 -o pca", prints: ["    80 % ", "pca/variance.png\n"],
      writes: ["pca/": .folder], output: .folder("-o"),
      mistakes: [
        Mistake("--variance 0 --data digits --limit 40", 2, "--variance takes per cents"),
        Mistake("--variance 80,x --data digits --limit 40", 2, "--variance takes per cents"),
      ]),
    CommandRow("vaerun data", "list", prints: ["digits         1x28x28  60,000 + 10,000   built in"]),
    CommandRow(
      "vaerun data", "info pictures --no-cache", prints: ["images      1x28x28\n"],
      inputs: [.folder("pictures")],
      mistakes: [
        Mistake("", 2, "ACTION is missing"), Mistake("lst", 2, "did you mean 'list'?"),
        Mistake("info", 2, "DATA"),
        Mistake("info nowhere", 1, "nowhere"), Mistake("fetch celeba", 1, "celeba"),
      ]),
    CommandRow(
      "vaerun data", "show digits --count 4 -o shown.png", prints: ["shown.png\n"], writes: ["shown.png": .png],
      output: .file("-o", ending: "png")),
    CommandRow(
      "vaerun bench", "build/small --rounds 1 --seconds 0.01 --batch 8 --images 1 --threads 1",
      prints: ["1 thread: peak ", "train_step"], inputs: [.model("build/small")],
      mistakes: [Mistake("--seconds 1e9", 2, "--seconds takes a number above 0 and at most 3600, not '1e9'")]),
    CommandRow(
      "vaerun runs", "", prints: ["small-001 ", "small-002 "], inputs: [.folder("runs")],
      mistakes: [
        Mistake("--model none", 1, "there are no runs of none under runs"), Mistake("--sort age", 2, "age"),
      ]),
    CommandRow(
      "vaerun compare", "runs/small-001 runs/small-002 -o c.png", prints: ["same    model text", "c.png\n"],
      writes: ["c.png": .png],
      inputs: [
        .run("runs/small-001", needs: ["config.json", "metrics.csv"], copes: ["metrics.csv cut short"])
      ],
      output: .file("-o", ending: "png")),
    CommandRow(
      "vaerun times", "runs/small-002 --seconds 0.01 --limit 20", prints: ["train images/s"],
      inputs: [.run("runs/small-002")]),
    CommandRow(
      "vaerun report", "runs/small-002 -o r.html", prints: ["r.html\n"], writes: ["r.html": .text],
      inputs: [.run("runs/small-002", needs: ["config.json"])], output: .file("-o", ending: "html")),
    CommandRow(
      "vaerun inspect", "build/small", prints: ["model      small, "], inputs: [.folder("build/small")]),
    CommandRow(
      "vaerun inspect", "runs/small-001 --values", prints: ["run               runs/small-001\n"],
      inputs: [.run("runs/small-001", needs: ["config.json"])]),
    CommandRow(
      "vaerun inspect", "runs/small-001/last.safetensors --values", prints: ["decoder.logits.dense1.bias"],
      inputs: [.file("runs/small-001/last.safetensors")]),
    CommandRow("vaerun doctor", "", prints: ["ok       data digits ", "model small "]),
  ] + ownRows("vaerun", first: "train")
