import Artifact
import Foundation
import Runtime
import Search

/// Reads a file of spaces, which is small.
func readSpaceFile(_ path: String) throws -> Data { try readFile(path, limit: 1 << 20) }

/// The folder of a sweep: the study, the model's text, models compiled for the trials' settings, and a run for each fold of
/// each trial.
struct SweepFolder: Sendable {
  /// Absolute: runs may be started from elsewhere.
  let path: String

  var study: String { path + "/study.db" }
  var models: String { path + "/models" }
  var runs: String { path + "/runs" }
  func picture(_ name: String) -> String { path + "/\(name).png" }

  /// `runs/trial-007-fold-2`, or `runs/trial-007` where there are no folds.
  func run(trial: Int, fold: Int, of folds: Int?) -> String {
    let number = String(repeating: "0", count: max(0, 3 - String(trial + 1).count)) + "\(trial + 1)"
    return "runs/trial-\(number)" + (folds == nil ? "" : "-fold-\(fold)")
  }

  /// A sweep that is there.
  init(existing path: String) throws {
    // The study itself may be named.
    let folder = path.hasSuffix("/study.db") ? String(path.dropLast("/study.db".count)) : path
    self.path = URL(fileURLWithPath: folder).path
  }

  /// Makes the folder at a path, or `sweeps/MODEL-001` or the next number that is free.
  init(making path: String?, model: String) throws {
    if let path {
      try makeFolder(path)
      self.path = URL(fileURLWithPath: path).path
      guard !FileManager.default.fileExists(atPath: study) else {
        throw StudyError("\(path) holds a sweep already", "go on with --resume \(path), or name another folder")
      }
    } else {
      self.path = URL(fileURLWithPath: try RunFolder.makeNumbered(in: "sweeps", model: model)).path
    }
    try makeFolder(models)
    try makeFolder(runs)
  }
}
