import Artifact
import CommandLineTable
import Foundation
import IR
import Kernels
import Lowering
import Runtime
import Tuning

/// `--tune` and `--schedule`: how a model's products are cut, by measurement, or as it was chosen before.
enum ScheduleOption {
  static let tune = OptionalOption(
    "tune", .positiveNumber(to: 86_400, "SECONDS"),
    help:
      "measures on this machine, for so many seconds or 20, other ways to cut products, and takes what is faster; what was "
      + "measured is kept in the cache folder",
    bare: 20)
  static let option = Option(
    "schedule", .text("PATH", expected: "a folder's or a file's path", completion: .files(["json"])),
    help: "cuts products as this compiled model has them, a folder or its manifest, or a file with such a list",
    default: "by rules")

  /// Refuses what does not go together.
  static func check(_ invocation: Invocation, emits form: CompileCommand.Form?) throws {
    if let form, [.ast, .ir].contains(form), invocation.isGiven(option) {
      throw UsageError(
        "--schedule changes nothing of what --emit \(form.rawValue) writes", "leave it out, or emit schedule")
    }
    guard invocation.isGiven(tune) else { return }
    if invocation.isGiven(option) {
      throw UsageError("--tune chooses what --schedule gives", "leave one of them out")
    }
    if form != nil {
      throw UsageError(
        "--tune measures for a compiled model, not for --emit", "compile with --tune, then emit with --schedule"
      )
    }
  }

  /// Chooses by measurement.
  static func measure(_ compiler: ModelCompiler, _ module: Module, _ seconds: Double) throws -> Tuning {
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let cache = CacheFolder.path().map { TuningCache(folder: $0, target: compiler.target) }
    return try Tuner(
      compiler, module, seconds: seconds, threads: processors > 1 ? [1, processors] : [1], cache: cache
    ).run()
  }

  /// The schedules of a file. One that has none may be no JSON, or only a part of it.
  private static func read(_ path: String) throws -> [String: KernelSchedule] {
    do {
      return try ScheduleFile.read(path)
    } catch let error as ScheduleFileError {
      guard case .noSchedule = error.problem else { throw error }
      let data = try readFile(path)
      guard let content = try? JSONSerialization.jsonObject(with: data) else {
        throw CommandError.noJSON(path)
      }
      if (content as? [String: Any])?["schedule"] != nil { throw CommandError.malformedSchedule(path) }
      throw error
    }
  }

  /// Gives the schedules of the option's file, where there is one, to the compiler. A model that the rules alone have made has
  /// none, and is made again without.
  static func apply(_ invocation: Invocation, to compiler: inout ModelCompiler, for module: Module) throws {
    guard let place = invocation[option] else { return }
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: place, isDirectory: &isFolder)
    let path = isFolder.boolValue ? try CompiledModel.manifestPath(in: place) : place
    compiler.chosenSchedules = try read(path)
    let plan: ModulePlan
    do {
      plan = try compiler.plan(module)
    } catch let error as ScheduleError {
      throw ScheduleFileError(file: path, problem: .unfit(error))
    }
    let count = compiler.chosenSchedules.count
    let used = plan.chosenCount
    guard used > 0 || count == 0 else { throw ScheduleFileError(file: path, problem: .otherProgram) }
    if used < count {
      VaecCommands.writeError(
        "vaec: warning: \(count - used) of the \(count) products of \(path) are not in this program\n")
    }
  }
}
