import Artifact
import Runtime

/// What tells a run from others in a picture.
struct RunIdentity {
  /// The run's folder, or the file of the weights.
  let path: String
  let model: String
  /// What was compiled in, and what training was given, by name.
  let settings: [(name: String, value: String)]

  init(_ trained: TrainedModel) {
    self.init(
      path: trained.run?.path ?? trained.weights, manifest: trained.manifest,
      configuration: trained.configuration)
  }

  /// - Parameter manifest: nil where the run's compiled model is not there any more.
  init(path: String, manifest: Manifest?, configuration: RunConfiguration?) {
    self.path = path
    model = manifest?.name ?? configuration?.model ?? ""
    var settings = (manifest?.configuration ?? []).map { setting in
      switch setting.value {
      case .number(let number): (setting.name, Terminal.plain(number))
      case .text(let text): (setting.name, text)
      }
    }
    if let configuration {
      settings += configuration.hypers.sorted { $0.key < $1.key }.map { ($0.key, Terminal.plain($0.value)) }
      settings += [
        ("data", configuration.data), ("batch", "\(configuration.batch)"),
        ("rate", Terminal.plain(configuration.rate)), ("seed", "\(configuration.seed)"),
      ]
    }
    self.settings = settings
  }

  /// A name for each of some runs: the settings that they do not all share (`latent=8`), behind the model's name where that
  /// differs; where runs would have the same name, their folders' names, or else their paths.
  static func labels(of runs: [RunIdentity]) -> [String] {
    var names: [String] = []
    for name in runs.flatMap({ $0.settings.map(\.name) }) where !names.contains(name) { names.append(name) }
    func value(_ name: String, _ run: RunIdentity) -> String? { run.settings.first { $0.name == name }?.value }
    let differing = names.filter { name in Set(runs.map { value(name, $0) }).count > 1 }
    let haveOneModel = Set(runs.map(\.model)).count == 1
    let spoken = runs.map { run in
      let settings = differing.compactMap { name in value(name, run).map { "\(name)=\($0)" } }
      // A model's own settings mean little beside another model's.
      return haveOneModel ? settings.joined(separator: " ") : run.model
    }
    for candidates in [spoken, runs.map { splitPath($0.path).name }]
    where Set(candidates).count == runs.count && !candidates.contains("") {
      return candidates
    }
    return runs.map(\.path)
  }
}
