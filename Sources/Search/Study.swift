import Foundation

/// A search that is kept in a file: its settings, its trials and what came of them. docs/search.md describes the tables.
public final class Study {
  /// How a trial stands.
  public enum State: String, Sendable, CaseIterable {
    /// Being trained, or left off by a sweep that was killed.
    case running
    case complete
    /// Given up as hopeless.
    case pruned
    /// An error ended a run of it.
    case failed
  }

  /// A trial as the file has it.
  public struct Trial: Equatable, Sendable {
    /// From 0.
    public var number: Int
    public var values: [String: SearchValue]
    public var state: State
    /// The mean over the folds, for a trial that is complete.
    public var objective: Double?
    /// What it took, over all of its runs.
    public var seconds: Double
    /// What ended a trial that failed.
    public var message: String?

    public init(
      number: Int, values: [String: SearchValue], state: State = .running, objective: Double? = nil,
      seconds: Double = 0, message: String? = nil
    ) {
      self.number = number
      self.values = values
      self.state = state
      self.objective = objective
      self.seconds = seconds
      self.message = message
    }
  }

  /// A run of a trial: one fold, or the only one.
  public struct Run: Equatable, Sendable {
    public var trial: Int
    /// From 1.
    public var fold: Int
    /// Its folder.
    public var folder: String
    /// The least value of the objective over its epochs, where it is at its end.
    public var objective: Double?

    public init(trial: Int, fold: Int, folder: String, objective: Double? = nil) {
      self.trial = trial
      self.fold = fold
      self.folder = folder
      self.objective = objective
    }
  }

  /// Marks the file as a study of vaerun: "VAES".
  private static let applicationID = 0x5641_4553
  /// The version of the tables.
  public static let version = 1

  private let database: Database

  private static let tables = [
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE parameter (place INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, space TEXT NOT NULL)",
    """
    CREATE TABLE trial (number INTEGER PRIMARY KEY, state TEXT NOT NULL, objective REAL, seconds REAL NOT NULL DEFAULT 0,
    message TEXT, began TEXT NOT NULL)
    """,
    """
    CREATE TABLE trial_value (trial INTEGER NOT NULL REFERENCES trial(number), parameter TEXT NOT NULL, value NOT NULL,
    PRIMARY KEY (trial, parameter))
    """,
    """
    CREATE TABLE run (trial INTEGER NOT NULL REFERENCES trial(number), fold INTEGER NOT NULL, folder TEXT NOT NULL,
    objective REAL, PRIMARY KEY (trial, fold))
    """,
    """
    CREATE TABLE epoch (trial INTEGER NOT NULL, fold INTEGER NOT NULL, epoch INTEGER NOT NULL, term TEXT NOT NULL,
    value REAL NOT NULL, PRIMARY KEY (trial, fold, epoch, term))
    """,
  ]

  /// Makes the file of a new study.
  public init(
    creating path: String, space: SearchSpace, settings: [String: String]
  ) throws(StudyError) {
    database = try Database(path)
    guard try database.run("SELECT name FROM sqlite_master").isEmpty else {
      throw StudyError("\(path) is there already", "go on with --resume, or name another folder")
    }
    try database.transaction { () throws(StudyError) in
      for table in Self.tables { try database.run(table) }
      for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
        try database.run("INSERT INTO setting VALUES (?, ?)", [.text(name), .text(value)])
      }
      for (place, parameter) in space.parameters.enumerated() {
        try database.run(
          "INSERT INTO parameter VALUES (?, ?, ?)",
          [.integer(place), .text(parameter.name), .text(parameter.description)])
      }
      // Last, so that a file that is marked is whole.
      try database.run("PRAGMA application_id = \(Self.applicationID)")
      try database.run("PRAGMA user_version = \(Self.version)")
    }
  }

  /// Opens the file of a study.
  /// - Throws: `StudyError` where it is none, or one of another version.
  public init(opening path: String, readOnly: Bool = false) throws(StudyError) {
    guard FileManager.default.fileExists(atPath: path) else {
      throw StudyError("there is no study \(path)", "name the folder of a sweep")
    }
    database = try Database(path, readOnly: readOnly)
    guard try database.run("PRAGMA application_id").first?.first == .integer(Self.applicationID) else {
      throw StudyError("\(path) is no study of vaerun", "name the folder of a sweep")
    }
    let version = try database.run("PRAGMA user_version").first?.first?.integer ?? 0
    guard version == Self.version else {
      throw StudyError(
        "\(path) has the version \(version) and this vaerun reads \(Self.version)", "begin a new sweep")
    }
  }

  private func damaged(_ what: String) -> StudyError {
    StudyError("\(database.path) is damaged, \(what)", "begin a new sweep")
  }

  // MARK: Settings

  public var settings: [String: String] {
    get throws(StudyError) {
      var settings: [String: String] = [:]
      for row in try database.run("SELECT name, value FROM setting") {
        guard let name = row[0].text, let value = row[1].text else { throw damaged("a setting is no text") }
        settings[name] = value
      }
      return settings
    }
  }

  public func set(_ name: String, to value: String) throws(StudyError) {
    try database.run("INSERT OR REPLACE INTO setting VALUES (?, ?)", [.text(name), .text(value)])
  }

  public var space: SearchSpace {
    get throws(StudyError) {
      var parameters: [SearchParameter] = []
      for row in try database.run("SELECT space FROM parameter ORDER BY place") {
        guard let parameter = try? SearchParameter(row[0].text ?? "") else {
          throw damaged("'\(row[0].text ?? "")' is no space")
        }
        parameters.append(parameter)
      }
      guard let space = try? SearchSpace(parameters) else { throw damaged("it has no space") }
      return space
    }
  }

  // MARK: Trials

  public var trials: [Trial] {
    get throws(StudyError) {
      var values: [Int: [String: SearchValue]] = [:]
      for row in try database.run("SELECT trial, parameter, value FROM trial_value") {
        guard let trial = row[0].integer, let name = row[1].text else { throw damaged("a value has no trial") }
        if let text = row[2].text {
          values[trial, default: [:]][name] = .text(text)
        } else if let number = row[2].number {
          values[trial, default: [:]][name] = .number(number)
        }
      }
      var trials: [Trial] = []
      let rows = try database.run(
        "SELECT number, state, objective, seconds, message FROM trial ORDER BY number")
      for row in rows {
        guard let number = row[0].integer, number >= 0, let state = row[1].text.flatMap(State.init) else {
          throw damaged("a trial has no state")
        }
        trials.append(
          Trial(
            number: number, values: values[number] ?? [:], state: state, objective: row[2].number,
            seconds: row[3].number ?? 0, message: row[4].text))
      }
      return trials
    }
  }

  /// Notes a trial that begins.
  public func begin(_ number: Int, _ values: [String: SearchValue]) throws(StudyError) {
    try database.transaction { () throws(StudyError) in
      try database.run(
        "INSERT INTO trial (number, state, began) VALUES (?, ?, ?)",
        [.integer(number), .text(State.running.rawValue), .text(Date().formatted(.iso8601))])
      for (name, value) in values.sorted(by: { $0.key < $1.key }) {
        let column: Column =
          switch value {
          case .number(let number): .real(number)
          case .text(let text): .text(text)
          }
        try database.run("INSERT INTO trial_value VALUES (?, ?, ?)", [.integer(number), .text(name), column])
      }
    }
  }

  /// Notes how a trial ended.
  public func end(
    _ number: Int, _ state: State, objective: Double? = nil, message: String? = nil
  ) throws(StudyError) {
    try database.run(
      "UPDATE trial SET state = ?, objective = ?, message = ? WHERE number = ?",
      [
        .text(state.rawValue), objective.map { .real($0) } ?? .null, message.map { .text($0) } ?? .null,
        .integer(number),
      ])
  }

  /// Adds to the time that a trial took.
  public func addSeconds(_ seconds: Double, to trial: Int) throws(StudyError) {
    try database.run(
      "UPDATE trial SET seconds = seconds + ? WHERE number = ?", [.real(seconds), .integer(trial)])
  }

  // MARK: Runs

  public var runs: [Run] {
    get throws(StudyError) {
      var runs: [Run] = []
      for row in try database.run("SELECT trial, fold, folder, objective FROM run ORDER BY trial, fold") {
        guard let trial = row[0].integer, let fold = row[1].integer, let folder = row[2].text else {
          throw damaged("a run has no folder")
        }
        runs.append(Run(trial: trial, fold: fold, folder: folder, objective: row[3].number))
      }
      return runs
    }
  }

  /// Notes a run that begins, or its end with its objective.
  public func note(_ run: Run) throws(StudyError) {
    try database.run(
      "INSERT OR REPLACE INTO run VALUES (?, ?, ?, ?)",
      [
        .integer(run.trial), .integer(run.fold), .text(run.folder), run.objective.map { .real($0) } ?? .null,
      ])
  }

  /// Notes the terms at the end of an epoch; those that are not finite are left out.
  public func note(
    epoch: Int, fold: Int, trial: Int, terms: [String: Double]
  ) throws(StudyError) {
    try database.transaction { () throws(StudyError) in
      for (term, value) in terms.sorted(by: { $0.key < $1.key }) where value.isFinite {
        try database.run(
          "INSERT OR REPLACE INTO epoch VALUES (?, ?, ?, ?, ?)",
          [.integer(trial), .integer(fold), .integer(epoch), .text(term), .real(value)])
      }
    }
  }

  /// A term at the points of each trial.
  public func points(of term: String) throws(StudyError) -> [Int: [MedianRule.Point: Double]] {
    var points: [Int: [MedianRule.Point: Double]] = [:]
    for row in try database.run("SELECT trial, fold, epoch, value FROM epoch WHERE term = ?", [.text(term)]) {
      guard let trial = row[0].integer, let fold = row[1].integer, let epoch = row[2].integer,
        let value = row[3].number
      else { throw damaged("an epoch has no number") }
      points[trial, default: [:]][MedianRule.Point(fold: fold, epoch: epoch)] = value
    }
    return points
  }
}
