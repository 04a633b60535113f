import Diagnostics
import IR
import Kernels

/// What keeps code from being made of a program that is right in itself. The compiler's own passes never make such a one; a
/// text that was laid out for another processor, or written by hand, may be.
public struct UnsupportedProgram: Error, Equatable, CustomStringConvertible {
  /// One line: what is not supported, and what helps.
  public let description: String

  init(_ problem: String, _ remedy: String) {
    description = "no code can be made of this program: \(problem); \(remedy)"
  }
}

extension Module {
  /// Checks what every kernel takes for granted of a module after the last pass.
  func checkForLowering(_ target: KernelTarget) throws(UnsupportedProgram) {
    for name in [self.name] + entries.map(\.name) where !name.isIdentifier {
      throw UnsupportedProgram("'\(name)' is no name in C", "use letters, digits and '_'")
    }
    for global in globals where global.type.element != .f32 {
      throw UnsupportedProgram("@\(global.name) is \(global.type)", "parameters and state are f32")
    }
    for entry in entries { try entry.checkForLowering(target, sourceFile: sourceFile) }
  }
}

extension Entry {
  fileprivate func checkForLowering(_ target: KernelTarget, sourceFile: String) throws(UnsupportedProgram) {
    let printer = EntryPrinter(self, sourceFile: sourceFile)
    func refuse(_ value: ValueID, _ remedy: String) -> UnsupportedProgram {
      let type = type(of: value)?.description ?? "?"
      return UnsupportedProgram("in entry @\(name) \(printer.name(of: value)) is \(type)", remedy)
    }
    for operation in operations {
      for value in operation.results + (operation.name == "relayout" ? [] : operation.operands) {
        guard let type = type(of: value), type.isPerImage, type.element.isFloat else { continue }
        guard type.layout != .lanes(target.blockImages) else { continue }
        if operation.name == "relayout", type.layout == .canonical { continue }
        throw refuse(
          value,
          type.layout == .canonical
            ? "kernels take blocks of images: run 'assign-layouts'"
            : "the processor takes blocks of \(target.blockImages): begin before 'assign-layouts', or choose with --cpu"
        )
      }
    }
  }
}

extension String {
  /// True for a name that C takes.
  fileprivate var isIdentifier: Bool {
    func isLetter(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: "_") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
    func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    guard let first = utf8.first, isLetter(first) else { return false }
    return utf8.allSatisfy { isLetter($0) || isDigit($0) }
  }
}
