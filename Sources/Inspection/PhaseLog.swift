import Diagnostics
import IR
import Passes

/// Watches a pipeline: tells what each pass changed, counts what it did, and checks that the text form loses nothing.
///
///     let log = PhaseLog(printsChanges: true) { print($0, terminator: "") }
///     _ = try Pipeline.standard.run(module) { try log.observe($0) }
///     print(log.statistics)
public final class PhaseLog {
  private let printsChanges: Bool
  private let entry: String?
  private let verifiesRoundTrip: Bool
  private let write: (String) -> Void
  private var table = TextTable([
    ("phase", .left), ("operations", .right), ("values", .right), ("what it did", .left),
  ])
  /// The last phase that was reached: what the pass that fails next was given.
  public private(set) var last: Phase?

  /// - Parameters:
  ///   - entry: the entry whose changes are wanted; nil for those of all.
  ///   - write: takes what `printsChanges` asks for, line breaks included.
  public init(
    printsChanges: Bool = false, entry: String? = nil, verifiesRoundTrip: Bool = false,
    write: @escaping (String) -> Void
  ) {
    self.printsChanges = printsChanges
    self.entry = entry
    self.verifiesRoundTrip = verifiesRoundTrip
    self.write = write
  }

  /// - Throws: `InternalError` where the text of the phase does not give the phase again.
  public func observe(_ phase: Phase) throws {
    if printsChanges {
      write("*** \(phase.report?.description ?? phase.name)\n")
      if let last { write(ChangeReport.text(from: last.module, to: phase.module, entry: entry)) }
    }
    let entries = phase.module.entries
    table.add(
      phase.name, grouped(entries.reduce(0) { $0 + $1.operations.count }),
      grouped(entries.reduce(0) { $0 + $1.values.count }), phase.report?.summary ?? "")
    // A phase that does not come back from its text is the fault of the pass that made it: `last` stays what it was given.
    if verifiesRoundTrip { try phase.verifyRoundTrip() }
    last = phase
  }

  /// A table of the phases that were reached: operations and values of all entries, and what the pass says that it did.
  public var statistics: String { table.text }
}

extension PassReport {
  /// The report without the pass's name.
  fileprivate var summary: String { String(description.dropFirst(pass.count + 2)) }
}
