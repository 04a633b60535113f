import CommandLineTable
import Runtime

/// The options of `vaerun train`.
enum TrainOptions {
  static let epochs = Option(
    "epochs", .integer(1...1_000_000), help: "passes over the data", default: "the model's")
  static let batch = Option(
    "batch", .integer(1...16_777_216), help: "images per step", default: "the model's")
  static let rate = Option("rate", .positiveNumber, help: "the learning rate", default: "the model's")
  static let rateSchedule = Option(
    "rate-schedule", .rateSchedule, help: "how the rate follows the steps: \(RateSchedule.forms)",
    default: "constant")
  static let warmUp = Option("warm-up", .span, help: "raise the rate from nothing over this long")
  static let clip = Option(
    "clip", .positiveNumber, help: "the same as --hyper clip=X, for models that clip their gradients")
  static let hyper = RepeatedOption(
    "hyper", .named,
    help:
      "a run-time number of the model, such as beta=2, or one that goes from a value to another: beta=0:1@5epochs"
  )
  static let seed = Option(
    "seed", .seed, help: "chooses first weights, order, noise and what is held out", default: "1")
  static let initial = Option(
    "init", .file("RUN", endings: ["safetensors"]),
    help:
      "begin with the weights of this run, or .safetensors file, wherever names are the same; needed where a part is frozen",
    default: "at random")
  static let validation = Option(
    "val", .holdOut,
    help: "hold out a share (0.1) or a number (5000) of the training images, to choose the best epoch by",
    default: "none")
  static let fold = Option(
    "fold", .fold,
    help: "hold out fold K of N: each of the training images is in one fold", default: "none")
  static let patience = Option(
    "patience", .integer(1...1_000_000),
    help: "stop after N epochs without a smaller validation loss; needs --val or --fold")
  static let steps = Option("steps", .integer(1...), help: "stop after N steps")
  static let limitTime = Option("limit-time", .duration, help: "stop after this time, such as 90s, 10m or 1.5h")
  static let every = Option(
    "every", .savingInterval, help: "save within epochs, every N steps or after a time such as 30s",
    default: "1m")
  static let output = Option(
    "output", short: "o", .folder, help: "the run's folder", default: "runs/MODEL-001 and so on")
  static let resume = Option(
    "resume", .folder,
    help: "go on with this run where it stopped, with its model, data and options; of those may change "
      + "--epochs, --patience, --steps, --limit-time, --every, --threads, --data-dir, --no-cache and --no-pictures"
  )
  static let config = Option(
    "config", .file(endings: ["json"]),
    help: "repeat the run of this config.json; options that are given count instead of its own")
  static let quiet = Flag("quiet", short: "q", help: "print errors alone")
  static let noPictures = Flag("no-pictures", help: "draw no pictures into the run's folder")
  static let json = Flag("json", help: "print one JSON object per line: start, step, epoch, end")

  static let all: [any CommandOption] =
    [
      DataOptions.data, DataOptions.folder, DataOptions.limit, DataOptions.pool, validation, fold, epochs,
      batch, rate, rateSchedule,
      warmUp, CommonOptions.beta, clip, hyper, seed, initial, patience, steps, limitTime, CommonOptions.threads,
      output,
      every,
      resume, config, json, quiet, noPictures,
    ] + DataOptions.form

  /// Options that may change when a run goes on: they do not change what its steps compute.
  private static let changeable: [any CommandOption] = [
    DataOptions.folder, DataOptions.noCache, epochs, patience, steps, limitTime, CommonOptions.threads, every,
    resume, json, quiet, noPictures,
  ]

  /// Refuses what would make another run of it.
  static func checkResume(_ invocation: Invocation) throws(UsageError) {
    if let model = invocation[CommonOptions.model] {
      throw UsageError("--resume goes on with the model of the run", "leave '\(model)' away")
    }
    let names = changeable.map(\.name)
    if let option = all.first(where: { invocation.isGiven($0) && !names.contains($0.name) }) {
      throw UsageError(
        "--\(option.name) cannot change when a run goes on",
        "leave it away, or begin a new run with --config in place of --resume")
    }
  }
}

/// What `--beta`, `--clip` and `--hyper` say.
struct HyperOptions {
  /// The numbers, and the ends of the schedules.
  private(set) var values: [String: Double] = [:]
  private(set) var schedules: [String: HyperSchedule] = [:]

  init(_ invocation: Invocation) throws(UsageError) {
    if let value = invocation[CommonOptions.beta] { values["beta"] = value }
    if let value = invocation[TrainOptions.clip] { values["clip"] = value }
    for pair in invocation[TrainOptions.hyper] {
      guard values[pair.name] == nil else { throw UsageError("\(pair.name) is given twice", "give it once") }
      if let value = Double(decimal: pair.value) {
        values[pair.name] = value
      } else if let schedule = HyperSchedule(pair.value) {
        values[pair.name] = schedule.to
        schedules[pair.name] = schedule
      } else {
        throw UsageError(
          "--hyper \(pair.name) takes a number or FROM:TO@SPAN, not '\(pair.value)'",
          "write --hyper \(pair.name)=1.5 or --hyper \(pair.name)=0:1@5epochs")
      }
    }
  }
}

extension ValueForm where Value == SavingInterval {
  /// Steps, or a time.
  static var savingInterval: Self {
    Self(placeholder: "N|TIME", expected: "a number of steps such as 500, or a time such as 30s") { text in
      if let steps = Int(text) { return steps > 0 ? .steps(steps) : nil }
      return seconds(text).map { .seconds($0) }
    }
  }
}

extension ValueForm where Value == Double {
  /// A time in seconds, minutes or hours.
  static var duration: Self {
    Self(placeholder: "TIME", expected: "a time such as 90s, 10m or 1.5h") { seconds($0) }
  }
}

extension ValueForm where Value == RateSchedule {
  static var rateSchedule: Self {
    Self(placeholder: "FORM", expected: RateSchedule.forms, fault: RateSchedule.fault) { RateSchedule($0) }
  }
}

extension ValueForm where Value == Span {
  static var span: Self {
    Self(placeholder: "SPAN", expected: "a number of steps or epochs such as 500 or 2epochs") { Span($0) }
  }
}

/// The seconds of `90s`, `10m` or `1.5h`.
private func seconds(_ text: String) -> Double? {
  let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600]
  guard let unit = text.last.flatMap({ units[$0] }), let number = Double(decimal: text.dropLast()), number > 0,
    number <= 1e6
  else { return nil }
  return number * unit
}
