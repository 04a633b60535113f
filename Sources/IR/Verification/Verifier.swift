import Diagnostics

/// Checks that a module is what every pass may take for granted. Runs after each pass.
///
/// It never stops at the first fault: all are reported, each at the place in the model's text that the faulty operation
/// came from.
public struct Verifier {
  /// How much a module has to say about its types.
  public enum Phase: Sendable {
    /// Types may be unknown; those that are there have to be right.
    case elaborated
    /// Every type is known.
    case inferred
  }

  let module: Module
  let phase: Phase
  private let globals: [String: Global]
  private var diagnostics: [Diagnostic] = []

  /// Checks a module.
  /// - Throws: all that is wrong with it.
  public static func verify(_ module: Module, phase: Phase = .elaborated) throws(DiagnosticList) {
    var verifier = Verifier(module: module, phase: phase)
    verifier.checkHeader()
    verifier.checkGlobals()
    for entry in module.entries { verifier.check(entry) }
    guard verifier.diagnostics.isEmpty else { throw DiagnosticList(verifier.diagnostics) }
  }

  private init(module: Module, phase: Phase) {
    self.module = module
    self.phase = phase
    globals = module.globalsByName
  }

  private mutating func report(_ message: String, at range: SourceRange? = nil, note: String? = nil) {
    diagnostics.append(Diagnostic(message, at: range, notes: note.map { [Diagnostic.Note($0)] } ?? []))
  }

  private mutating func check(_ entry: Entry) {
    var check = EntryVerifier(entry: entry, module: module, globals: globals, phase: phase)
    check.run()
    diagnostics += check.diagnostics
  }

  private mutating func checkHeader() {
    checkNames([module.name], "module")
    checkNames(module.configuration.map(\.name), "config")
    checkNames(module.hypers.map(\.name), "hyper")
    checkNames(module.classes.map(\.name), "class")
    checkNames([module.training.optimizer], "optimizer")
    checkNames(module.entries.map(\.name), "entry")
    for number in module.classes where classCount(number) == nil {
      report("the class '\(number.name)' has \(number.value) classes, not a whole number from 1 up")
    }
    let numbers = module.configuration + module.hypers
    for number in numbers where number.value.isNaN { report("'\(number.name)' is not a number") }
  }

  /// Names have to be there, such that the text form can hold them, and each once.
  private mutating func checkNames(_ names: [String], _ what: String) {
    var seen: Set<String> = []
    for name in names {
      if !isPrintableName(name) {
        report("the \(what) name \(quoted(name)) cannot be written in the text form")
      }
      if !seen.insert(name).inserted { report("there are two of \(what) '\(name)'") }
    }
  }

  private mutating func checkGlobals() {
    checkNames(module.globals.map(\.name), "global")
    for global in module.globals {
      let (name, type, place) = ("@\(global.name)", global.type, global.sources.first)
      if let defect = type.defect { report("\(name) has the type \(type): \(defect)", at: place) }
      if type.isPerImage || type.layout != .canonical {
        report("\(name) has the type \(type), but a global has no images and the canonical layout", at: place)
      }
      if phase == .inferred, !type.isComplete {
        report("the type \(type) of \(name) is not complete", at: place)
      }
      switch global.initializer {
      case .constant(let value):
        if value.isNaN { report("the initial value of \(name) is not a number", at: place) }
      case .normal(let deviation):
        if !(deviation >= 0 && deviation.isFinite) {
          report("the initial values of \(name) have a standard deviation of \(deviation)", at: place)
        }
      case .scaled(_, let weight):
        guard let other = globals[weight] else {
          report("\(name) is initialized by the extents of '@\(weight)', which is not there", at: place)
          continue
        }
        if other.type.rank < 2 {
          report(
            "\(name) is initialized by the extents of \(other.type) '@\(weight)', which has no fan-in",
            at: place)
        }
      }
    }
  }
}
