/// A row of docs/experiments.md: models that are trained and evaluated, figures of a published report to hold them
/// against, and pictures.
package struct Row: Sendable {
  /// As in docs/experiments.md: `R1b`.
  package let id: String
  package let title: String
  package let trainings: [Training]
  /// The columns of its table.
  package let figures: [Figure]
  /// A search for settings, beside or in place of trainings.
  package var sweep: Sweep?
  /// Commands of `vaerun` whose output is shown as it is. In these and in the pictures' commands `{NAME}` stands for the run of
  /// the training NAME with its first seed, `@NAME` for a place in the folder of the experiments.
  package var listings: [[String]] = []
  package var pictures: [Picture] = []
}

/// A model that is trained and evaluated once for each seed.
package struct Training: Sendable {
  /// Names its compiled model and, with the seed behind it, its runs. Rows that name the same training share it.
  package let name: String
  /// What the table calls it.
  package let label: String
  /// The model's text.
  package let model: String
  /// Configs that are not the model's own: `hidden=200`.
  package var settings: [String] = []
  /// Options of `vaec compile` beside these.
  package var compilation: [String] = []
  package let data: ExperimentData
  /// Options of `vaerun train` beside those below.
  package var options: [String] = []
  /// Nil: the model's own.
  package var epochs: Int?
  package var seeds = [1]
  /// Options of `vaerun evaluate`.
  package var evaluation: [String] = []
  /// The training whose weights, of the same seed, this one takes with `--init`.
  package var start: String?
  /// What the report has in the row's columns; nil where it has none.
  package var report: [String?]?

  /// The same training called otherwise by another row's table, without the report's figures.
  func called(_ label: String, report: [String?]? = nil) -> Training {
    Training(
      name: name, label: label, model: model, settings: settings, compilation: compilation, data: data,
      options: options, epochs: epochs,
      seeds: seeds, evaluation: evaluation, start: start, report: report)
  }
}

/// A search with `vaerun sweep`.
package struct Sweep: Sendable {
  /// Its folder.
  package let name: String
  package let data: ExperimentData
  /// The model's text and the options.
  package let arguments: [String]
  package let trials: Int
  /// Of each run.
  package let epochs: Int
}

/// The data of a training.
package enum ExperimentData: String, Sendable {
  case mnist
  case fashion = "fashion-mnist"
  case svhn
  case celeba

  /// Built-in data of the same form.
  package var standIn: String {
    switch self {
    case .mnist, .fashion: "digits"
    case .svhn: "street-digits"
    case .celeba: "cartoon-faces"
    }
  }

  /// What shortens a training on the stand-in: it shows that the row runs, and no figure of it compares with the report's.
  /// Nil where a training on it would say nothing.
  package var standInOptions: [String]? {
    switch self {
    case .mnist, .fashion: nil
    case .svhn, .celeba: ["--limit", "6000"]
    }
  }

  package var standInEpochs: Int { 6 }
}

/// A column of a row's table.
package enum Figure: Sendable {
  /// The loss, which is -ELBO for a VAE with beta = 1.
  case total
  /// A term of the objective.
  case term(String)
  /// The mean square error of `vaerun evaluate`, by the posterior's mean.
  case error
  case activeLatents
  /// The estimate of log p(x).
  case likelihood
  /// The share of the classes that are right, in percent.
  case accuracy

  package static let elbo: [Figure] = [.total, .term("reconstruction"), .term("kl")]

  package var title: String {
    switch self {
    case .total: "total"
    case .term("kl"): "KL"
    case .term(let name): name
    case .error: "MSE"
    case .activeLatents: "active latents"
    case .likelihood: "log p(x)"
    case .accuracy: "accuracy"
    }
  }
}

/// A picture of a row.
package struct Picture: Sendable {
  package enum Source: Sendable {
    /// A command of `vaerun` that draws it.
    case command([String])
    /// A file that a search or a listing leaves.
    case file(String)
  }

  /// Its file, without the ending.
  package let name: String
  package let caption: String
  package let source: Source

  /// A picture that a command draws.
  package init(_ name: String, _ caption: String, _ command: [String]) {
    self.name = name
    self.caption = caption
    source = .command(command)
  }

  /// A picture that is there, in the folder of the experiments.
  package init(_ name: String, _ caption: String, file: String) {
    self.name = name
    self.caption = caption
    source = .file(file)
  }

  package var command: [String] {
    if case .command(let command) = source { command } else { [] }
  }
}
