import CommandLineTable
import Foundation
import IR
import Lowering
import Runtime

/// `--schedule`: what was chosen for a model's products before.
enum ScheduleOption {
  static let option = Option(
    "schedule", .text("PATH", expected: "a folder's or a file's path", completion: .files(["json"])),
    help: "cuts products as this compiled model has them, a folder or its manifest, or a file with such a list",
    default: "by rules")

  /// Gives the schedules of the option's file, where there is one, to the compiler. A model that the rules alone have made has
  /// none, and is made again without.
  static func apply(_ invocation: Invocation, to compiler: inout ModelCompiler, for module: Module) throws {
    guard let place = invocation[option] else { return }
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: place, isDirectory: &isFolder)
    let path = isFolder.boolValue ? try CompiledModel.manifestPath(in: place) : place
    compiler.chosenSchedules = try ScheduleFile.read(path)
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
