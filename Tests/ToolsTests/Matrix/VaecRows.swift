/// `vaec`'s rows of the matrix, in the order of its commands.
let vaecRows: [CommandRow] =
  [
    CommandRow(
      "vaec new", "first --data digits",
      prints: ["wrote first.vdl\n", "next: vaerun train first.vdl --data digits"],
      writes: ["first.vdl": .text],
      mistakes: [
        Mistake("small", 1, "small.vdl exists: choose another name, or remove it"),
        Mistake("none/first", 1, "cannot write none/first.vdl: the folder does not exist"),
        Mistake("small.vdl/first", 1, "cannot write small.vdl/first.vdl: a part of the path is a file"),
        Mistake("first --data mnits", 2, "did you mean 'mnist'?"),
        Mistake("9", 1, "9"),
      ]),
    CommandRow(
      "vaec check", "small.vdl", prints: ["small.vdl: no errors\n"], inputs: [.text("small.vdl")],
      printsFirst: true,
      mistakes: [
        Mistake("small.vdl none.vdl", 1, "cannot read none.vdl")
      ]),
    CommandRow("vaec format", "small.vdl", prints: ["model small {\n"], inputs: [.text("small.vdl")]),
    CommandRow("vaec format", "--in-place small.vdl", prints: ["small.vdl"], writes: ["small.vdl": .text]),
    CommandRow(
      "vaec compile", "small.vdl -o made", prints: ["small: 13396 parameters", "wrote made/small.so"],
      writes: [
        "made/small.so": .sharedObject, "made/small.h": .text, "made/small.json": .json,
        "made/small.vir": .text,
      ],
      inputs: [.text("small.vdl")], output: .folder("-o"),
      mistakes: [
        Mistake("small.vdl --set hidden=99999999999999999999", 1, "hidden"),
        Mistake("small.vdl --set hidden=1000000000000", 1, "it is too large"),
        Mistake("small.vdl --set hiden=1", 1, "no config 'hiden' to set: did you mean 'hidden'?"),
        Mistake("small.vdl --cpu z80", 2, "z80"),
        Mistake("small.vdl --emit ir --entry decod", 1, "no entry 'decod'"),
        Mistake("small.vdl --dump-ir small.vir", 1, "cannot write small.vir"),
      ]),
    CommandRow(
      "vaec compile", "small.vdl --schedule build/small/small.json -o again", prints: ["wrote again/small.so"],
      writes: [
        "again/small.so": .sharedObject, "again/small.h": .text, "again/small.json": .json,
        "again/small.vir": .text,
      ],
      inputs: [.file("build/small/small.json")],
      mistakes: [
        Mistake("small.vdl --schedule none", 1, "cannot read none: there is no such file"),
        Mistake(
          "small.vdl --schedule small.vdl", 1,
          "small.vdl is no JSON, or a damaged file: give a compiled model's folder"),
        Mistake(
          "small.vdl --emit ast --schedule build/small", 2,
          "--schedule changes nothing of what --emit ast writes"),
        Mistake(
          "small.vdl --emit ir --schedule none", 2, "--schedule changes nothing of what --emit ir writes"),
        Mistake("small.vdl --emit ast --statistics", 2, "--statistics changes nothing of the syntax tree"),
        Mistake("small.vdl --emit ast --entry encode", 2, "--entry changes nothing of the syntax tree"),
        Mistake("small.vdl --schedule pictures", 1, "pictures"),
      ]),
    CommandRow(
      "vaec compile", "small.vdl --tune=0.5 -o tuned",
      prints: [" products cut otherwise; ", "wrote tuned/small.so"],
      writes: [
        "tuned/small.so": .sharedObject, "tuned/small.h": .text, "tuned/small.json": .json,
        "tuned/small.vir": .text, ".cache/vaec/tuning/": .folder,
      ],
      // Said before anything was measured, which would be printed.
      output: .folder("-o"),
      mistakes: [
        Mistake("small.vdl --tune=0", 2, "--tune takes a number above 0"),
        Mistake("small.vdl --tune --schedule build/small", 2, "--tune chooses what --schedule gives"),
        Mistake("small.vdl --tune --emit obj", 2, "compile with --tune, then emit with --schedule"),
      ]),
    CommandRow(
      "vaec compile", "small.vir --emit asm --entry decode -o decode.s", writes: ["decode.s": .text],
      inputs: [.text("small.vir")], output: .file("-o", ending: "s")),
    CommandRow("vaec summary", "small.vdl", prints: ["13,396"], inputs: [.text("small.vdl")]),
    CommandRow(
      "vaec ir", "small.vdl --after simplify --entry encode", prints: ["entry @encode(", "relu"],
      inputs: [.text("small.vdl")], output: .file("-o", ending: "vir"),
      mistakes: [
        Mistake("small.vdl --after simplfy", 1, "simplfy"), Mistake("small.vdl --format png", 2, "png"),
      ]),
    CommandRow(
      "vaec opt", "small.vir --passes simplify -o out.vir", writes: ["out.vir": .text],
      inputs: [.text("small.vir")],
      output: .file("-o", ending: "vir"), mistakes: [Mistake("small.vir --passes simplify,fuse", 1, "fuse")]),
    CommandRow(
      "vaec plan", "small.vdl --entry encode", prints: ["encode"], inputs: [.text("small.vdl")],
      output: .file("-o", ending: "txt")),
    CommandRow(
      "vaec peak", "-o peak.so", writes: ["peak.so": .sharedObject], output: .file("-o", ending: "so")),
    CommandRow("vaec passes", "", prints: ["infer-shapes  ", "order: elaborate, "]),
    CommandRow("vaec ops", "", prints: ["conv2d ", "relu "]),
  ] + ownRows("vaec", first: "new")

/// The commands that every table has.
func ownRows(_ program: String, first: String) -> [CommandRow] {
  [
    CommandRow(
      "\(program) help", first, prints: ["\(program) \(first): "],
      mistakes: [Mistake("nne", 2, "unknown command 'nne'")]),
    CommandRow(
      "\(program) completions", "bash", prints: ["complete "],
      mistakes: [Mistake("bsh", 2, "did you mean 'bash'?")]),
    CommandRow(
      "\(program) man", first, prints: [".TH "], mistakes: [Mistake("nne", 2, "unknown command 'nne'")]),
  ]
}
