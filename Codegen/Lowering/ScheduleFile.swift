import Artifact
import Foundation
import Kernels

/// Schedules that were chosen for products, from a manifest or another JSON file with the same list `schedule`.
public enum ScheduleFile {
  /// No larger file is read: ten thousand products have some three million bytes.
  private static let largestFile = 1 << 26

  private struct Content: Decodable {
    /// What manifests have and other files lack.
    var abi: Int?
    var schedule: [Manifest.ProductSchedule]?
  }

  /// The schedules by their products' names; none for a manifest of a model that the compiler's rules have made alone.
  /// - Throws: `ScheduleFileError` or `FileError`, which name the file.
  public static func read(_ path: String) throws -> [String: KernelSchedule] {
    let data = try readFile(path, limit: largestFile)
    guard let content = try? JSONDecoder().decode(Content.self, from: data),
      content.schedule != nil || content.abi != nil
    else { throw ScheduleFileError(file: path, problem: .noSchedule) }
    var schedules: [String: KernelSchedule] = [:]
    for entry in content.schedule ?? [] {
      guard let schedule = KernelSchedule(named: entry.knobs) else {
        let unknown = entry.knobs.keys.sorted().first { Knob(rawValue: $0) == nil } ?? ""
        throw ScheduleFileError(file: path, problem: .unknownKnob(unknown, product: entry.product))
      }
      guard schedules.updateValue(schedule, forKey: entry.product) == nil else {
        throw ScheduleFileError(file: path, problem: .twice(product: entry.product))
      }
    }
    return schedules
  }
}

/// A file that has no schedules that could be used.
public struct ScheduleFileError: Error, CustomStringConvertible {
  public enum Problem: Sendable {
    case noSchedule
    case unknownKnob(String, product: String)
    case twice(product: String)
    /// None of its products is in the program.
    case otherProgram
    /// A schedule does not fit its product.
    case unfit(ScheduleError)
  }

  public let file: String
  public let problem: Problem

  public init(file: String, problem: Problem) {
    self.file = file
    self.problem = problem
  }

  public var description: String {
    switch problem {
    case .noSchedule:
      "\(file) has no schedule: give a compiled model's folder, its manifest, or a JSON file with the list 'schedule'"
    case .unknownKnob(let knob, let product):
      "\(file): '\(product)' has the knob '\(knob)', which this vaec does not know: compile without it"
    case .twice(let product): "\(file): '\(product)' stands there twice: leave one out"
    case .otherProgram:
      "\(file): no product of its schedule is in this program: it was chosen for another model, processor or vaec"
    case .unfit(let error): "\(file): \(error)"
    }
  }
}
