import Artifact
import CommandLineTable
import Diagnostics
import Foundation
import IR
import Inspection
import Kernels
import LLVM
import Lowering
import Passes
import VDL

/// Flags that let a user watch the compiler at work. What they report goes to standard error, so that it does not mix
/// with a text on standard output.
enum WatchOptions {
  static let printChanged = Flag("print-changed", help: "shows after every pass the lines that it changed")
  static let timePasses = Flag("time-passes", help: "shows how long each stage took")
  static let statistics = Flag("statistics", help: "shows what each pass did, in numbers")
  static let verifyRoundtrip = Flag(
    "verify-roundtrip", help: "checks after every pass that the program's text reads back to the same program")
  static let all: [any CommandOption] = [
    printChanged, timePasses, statistics, verifyRoundtrip, VaecCommands.noLint,
  ]
}

/// One run of the compiler from a text to the program that code is made of, watched as the command line asks.
final class Compilation {
  let input: ModelInput
  private let cpu: String
  private let precision: Precision
  private let log: PhaseLog
  private let invocation: Invocation
  private(set) var times = StageTimes()
  /// What the lint rules found in the model's text and was not shown yet.
  private var warnings: [Diagnostic] = []

  init(_ invocation: Invocation) throws {
    self.invocation = invocation
    input = try ModelInput(invocation)
    cpu = invocation[VaecCommands.cpu] ?? "host"
    precision = VaecCommands.precision(invocation)
    log = PhaseLog(
      printsChanges: invocation[WatchOptions.printChanged], entry: invocation[VaecCommands.entry],
      verifiesRoundTrip: invocation[WatchOptions.verifyRoundtrip]
    ) { VaecCommands.writeError($0) }
  }

  func target() throws -> LLVMTarget {
    guard let target = TargetSelection.target(cpu) else { throw CommandError.unknownTarget(cpu) }
    return target
  }

  /// The compiler's back end for the target, its stages timed.
  func compiler() throws -> ModelCompiler {
    var compiler = try ModelCompiler(target: try target())
    compiler.observe = { [self] in times.add($0, $1) }
    return compiler
  }

  /// The program after the passes; errors in the text are shown with the lines that they point to, or else what is likely a
  /// mistake.
  ///
  /// - Parameter pipeline: nil for that of the precision that the command line names.
  func module(
    _ pipeline: Passes.Pipeline? = nil, blockImages: Int? = nil, stopAfter last: String? = nil,
    observe: (Phase) throws -> Void = { _ in }
  ) throws -> Module {
    let pipeline = pipeline ?? .standard(precision)
    let options = PassOptions(blockImages: try blockImages ?? KernelTarget(try target()).blockImages)
    let start = try frontEnd()
    let name = input.isProgram ? "input" : "elaborate"
    do {
      let result = try pipeline.run(start, options: options, input: name, stopAfter: last) { phase in
        if let report = phase.report { times.add(report.pass, report.duration) }
        try log.observe(phase)
        try observe(phase)
      }
      showWarnings()
      return result.module
    } catch let list as DiagnosticList {
      if input.isProgram { try runLocated(pipeline, options) }
      throw LocatedError(text: ModelInput.text(of: list, in: input.sources))
    } catch let error as Passes.InternalError {
      throw reproduced(error, log.last?.module ?? start) { file in
        "vaec opt \(file) --passes \(error.pass) --block-images \(options.blockImages)"
      }
    }
  }

  private func frontEnd() throws -> Module {
    if input.isProgram { return try times.measure("parse and verify") { try input.program() } }
    let tree = try times.measure("parse") { try input.tree() }
    if !invocation[VaecCommands.noLint] { warnings = times.measure("lint") { lint(tree) } }
    return try times.measure("elaborate") {
      try input.located { try elaborate(tree, settings: input.settings) }
    }
  }

  private func showWarnings() {
    guard !warnings.isEmpty else { return }
    let text = ModelInput.text(of: DiagnosticList(warnings), in: input.sources)
    VaecCommands.writeError(text + "\n")
    warnings = []
  }

  /// Finds what the passes refuse again on the same program with its places in the text at hand, so that the message
  /// points there rather than into the model that the program was made of.
  private func runLocated(_ pipeline: Passes.Pipeline, _ options: PassOptions) throws {
    let module = try input.program(locatedInText: true)
    _ = try input.located { try pipeline.run(module, options: options, input: "input") }
  }

  /// Runs a stage behind the passes; where it fails by our own fault, the program is left in a file.
  func lowering<T>(_ module: Module, _ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch {
      guard error is LoweringError || error is LLVMError else { throw error }
      throw reproduced(error, module) { "vaec compile \($0) --cpu \(self.cpu)" }
    }
  }

  private func reproduced(_ error: any Error, _ module: Module, _ command: (String) -> String)
    -> ReproducedError
  {
    let reproducer = Reproducer(module, error: error, compiler: ModelCompiler.version, command: command)
    do {
      try AtomicFile.write(Data(reproducer.text.utf8), to: reproducer.fileName)
      return ReproducedError(error: error, file: reproducer.fileName)
    } catch {
      return ReproducedError(error: error, file: nil)
    }
  }

  /// Prints the tables that were asked for.
  func report() {
    if invocation[WatchOptions.statistics] { VaecCommands.writeError(log.statistics) }
    if invocation[WatchOptions.timePasses] { VaecCommands.writeError(times.text) }
  }
}

extension Module {
  /// The module with that entry alone; nil leaves it as it is.
  func limited(to entry: String?) throws -> Module {
    guard let entry else { return self }
    guard let found = self.entry(entry) else {
      throw CommandError.unknownEntry(entry, known: entries.map(\.name))
    }
    var module = self
    module.entries = [found]
    return module
  }
}
