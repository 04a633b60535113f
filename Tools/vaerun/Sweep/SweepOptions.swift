import CommandLineTable
import Search

/// The options of `vaerun sweep`.
enum SweepOptions {
  static let space = RepeatedOption(
    "space", .text("NAME=FORM", expected: SearchParameter.forms),
    help: "a parameter to search: \(SearchParameter.forms)")
  static let spaceFile = Option(
    "space-file", .file(endings: ["space"]), help: "take spaces from this file too, one a line")
  static let method = Option(
    "method", .choice(SearchMethod.allCases.map(\.rawValue)),
    help: "random search, the tree-structured Parzen estimator, or all points of a grid", value: "tpe")
  static let trials = Option(
    "trials", .integer(1...1_000_000), help: "end after N trials", default: "20; of a grid all")
  static let folds = Option(
    "folds", .integer(2...1000),
    help: "train each trial N times, each time with another fold held out, and take the mean",
    default: "one run with --val")
  static let objective = Option(
    "objective", .text("TERM"), help: "the term on the images held out that is to be small", default: "the loss"
  )
  static let prune = Option(
    "prune", .choice(["none", "median"]),
    help: "give trials up that are worse than half of the others at the same epoch", value: "none")
  static let parallel = Option(
    "parallel", .integer(1...256), help: "train so many trials at the same time, each in a process of its own",
    default: "1")
  static let set = RepeatedOption("set", .named, help: "a value of a config declaration of the model")
  static let optimizer = Option(
    "optimizer", .text("CALL", expected: "an optimizer such as sgd(momentum: 0.9)"),
    help: "takes the place of the model's optimizer", default: "the model's")
  static let output = Option(
    "output", short: "o", .folder, help: "the sweep's folder", default: "sweeps/MODEL-001 and so on")
  static let resume = Option(
    "resume", .folder,
    help: "go on with this sweep where it stopped; --trials, --parallel and --threads may change")
  static let show = Option("show", .folder, help: "print and draw what has come of this sweep so far")

  /// What every run is given as it stands.
  static let handedOn: [any CommandOption] =
    [
      DataOptions.data, DataOptions.folder, DataOptions.limit, DataOptions.pool, TrainOptions.epochs,
      TrainOptions.batch, TrainOptions.rate, TrainOptions.rateSchedule, TrainOptions.warmUp,
      CommonOptions.beta, TrainOptions.clip, TrainOptions.hyper, TrainOptions.patience, TrainOptions.seed,
      TrainOptions.initial,
    ] + DataOptions.form

  static let all: [any CommandOption] =
    [
      space, spaceFile, method, trials, folds, TrainOptions.validation, objective, prune, parallel, set,
      optimizer,
    ] + handedOn + [CommonOptions.threads, output, resume, show, CommonOptions.json, CommonOptions.quiet]

  private static let changeable: [any CommandOption] = [
    trials, parallel, CommonOptions.threads, resume, CommonOptions.json, CommonOptions.quiet,
  ]

  /// Refuses options that would make another sweep of one that goes on, or that showing one does not take.
  static func check(_ invocation: Invocation) throws(UsageError) {
    let (allowed, name): ([any CommandOption], String)
    if invocation.isGiven(resume) {
      (allowed, name) = (changeable, "--resume")
    } else if invocation.isGiven(show) {
      (allowed, name) = ([show, CommonOptions.json, CommonOptions.quiet], "--show")
    } else {
      return
    }
    if let model = invocation[CommonOptions.model] {
      throw UsageError("\(name) takes the model of the sweep", "leave '\(model)' away")
    }
    let names = allowed.map(\.name)
    if let option = all.first(where: { invocation.isGiven($0) && !names.contains($0.name) }) {
      throw UsageError("--\(option.name) does not go with \(name)", "leave it away, or begin a new sweep")
    }
  }

  /// The spaces of the command line and of the file.
  static func readSpace(_ invocation: Invocation) throws -> SearchSpace {
    do {
      var parameters = try invocation[space].map { try SearchParameter($0) }
      if let path = invocation[spaceFile] {
        parameters += try SearchSpace.parameters(
          lines: String(decoding: try readSpaceFile(path), as: UTF8.self), file: path)
      }
      return try SearchSpace(parameters)
    } catch let error as SpaceError {
      throw UsageError(error.problem, error.remedy)
    }
  }
}
