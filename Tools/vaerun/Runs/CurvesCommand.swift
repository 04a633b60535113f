import Artifact
import CommandLineTable
import Datasets
import Evaluation
import Reporting
import Runtime

/// `vaerun curves`
enum CurvesCommand {
  private static let terms = Option(
    "terms", .text("NAME,...", expected: "names of terms, such as loss,kl"), help: "only these terms",
    default: "all")
  private static let parts = Option(
    "parts", .text("NAME,...", expected: "some of \(RunCurves.splitNames.joined(separator: ", "))"),
    help: "only these of \(RunCurves.splitNames.joined(separator: ", "))", default: "all that there are")
  private static let byLatent = Flag(
    "by-latent", help: "draw the KL of each latent on the images instead, the largest first")

  static let command = Command(
    "curves", summary: "draws how runs went: loss and terms over the epochs, those of several runs together",
    details: [
      "One chart for each term: training, validation and test images have dashes of their own, each run has its color. The "
        + "runs are named by what they differ in, such as latent=8, or by their folders. Training is shown as means over "
        + "at most 60 parts of the run; a value far from all others is marked by a triangle at the edge.",
      "--by-latent draws KL(q(z|x) || N(0, 1)) of each latent, the mean over the images of the data set, at the last weights: "
        + "latents that are not used have none. The picture is curves.png or latent-kl.png, in the run's folder where there "
        + "is one run.",
    ],
    positionals: [CommonOptions.models],
    options: CommonOptions.forTrained(
      [terms, parts, byLatent], results: [CommonOptions.output, CommonOptions.quiet]),
    examples: [
      Example("vaerun curves", "the newest run of the newest model"),
      Example("vaerun curves runs/densevae-001 runs/densevae-002 --terms loss", "the losses of two runs"),
      Example(
        "vaerun curves runs/densevae-001 --by-latent", "which latents of a run say something of the image"),
    ])

  static func run(_ invocation: Invocation) throws {
    if invocation[byLatent] { return try drawLatents(invocation) }
    let runs =
      try invocation[CommonOptions.run].map { [try RunFolder(existing: $0)] } ?? TrainedModel.runs(invocation)
    let identities = try runs.map { run in
      let manifest = try? CompiledModel.manifestPath(in: run.compiledModel)
      return RunIdentity(
        path: run.path, manifest: manifest.flatMap { try? Manifest(contentsOf: $0) },
        configuration: try run.readConfiguration())
    }
    let picture = try RunCurves.panels(
      of: runs, named: RunIdentity.labels(of: identities),
      terms: try list(invocation[terms], of: try RunCurves.terms(of: runs), option: "terms"),
      splits: try list(invocation[parts], of: RunCurves.splitNames, option: "parts"))
    guard let picture else { throw RunError.noRows(path: runs[0].path) }
    try write(
      invocation, picture,
      to: invocation[CommonOptions.output] ?? (runs.count == 1 ? runs[0].picture("curves") : "curves.png"))
  }

  private static func drawLatents(_ invocation: Invocation) throws {
    var models: [(identity: RunIdentity, divergences: [Double])] = []
    var place = "latent-kl.png"
    try TrainedModel.each(invocation) { trained in
      let dataset = try CommonOptions.load(invocation, of: trained)
      let activity = try LatentActivity(trained.instance, on: dataset, inputs: try trained.inputs(invocation))
      guard let divergences = activity.divergences else {
        throw UsageError(
          "the codes of \(trained.manifest.name) have no distribution, so there is no KL",
          "'vaerun activations' draws them")
      }
      models.append((RunIdentity(trained), activity.order.map { divergences[$0] }))
      place = models.count == 1 ? trained.place("latent-kl.png") : "latent-kl.png"
    }
    let names = RunIdentity.labels(of: models.map(\.identity))
    for (name, model) in zip(names, models) {
      let used = model.divergences.count { $0 > 0.01 }
      Terminal.tell(
        invocation,
        "\(models.count == 1 ? model.identity.path : name): \(used) of "
          + "\(Terminal.count(model.divergences.count, "latent")) with a KL above 0.01 nats, "
          + "\(Terminal.number(model.divergences.reduce(0, +))) in all")
    }
    let largest = models.flatMap(\.divergences).max() ?? 1
    let chart = LineChart(
      title: "KL of each latent", xName: "latent, the largest KL first", yName: "nats",
      series: zip(names, models).map { LineChart.Series($0, values: $1.divergences) },
      yRange: 0...max(largest * 1.05, 0.01))
    try write(invocation, chart, to: invocation[CommonOptions.output] ?? place)
  }

  /// The names of a list, each of which has to be one of some.
  private static func list(_ text: String?, of known: [String], option: String) throws -> [String]? {
    guard let text else { return nil }
    let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    if let other = names.first(where: { !known.contains($0) }) {
      throw UsageError(
        "--\(option) has '\(other)'",
        nearest(to: other, among: known).map { "did you mean '\($0)'?" }
          ?? "there are \(known.joined(separator: ", "))")
    }
    return names
  }
}
