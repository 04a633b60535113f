import Foundation

/// What a document asks its reader to do, in order.
///
/// - A block that begins with ```` ```sh ```` has a command on each line.
/// - A block that begins with ```` ```console ```` has commands behind `$ `, each with what it prints; `^C` on a line of
///   its own is a key that the reader presses there.
/// - A block behind the line `<!-- file: NAME -->` is a file that the reader writes.
///
/// A command goes on in the next line behind a backslash.
struct Document {
  enum Step {
    /// `shown` is nil where the document does not show what the command prints.
    case command(String, shown: [String]?)
    case file(name: String, text: String)
  }

  struct NumberedStep {
    /// Counted from 1.
    let line: Int
    let step: Step
  }

  private(set) var steps: [NumberedStep] = []
  /// Lines that look like commands and are in none of these blocks.
  private(set) var strayCommands: [Int] = []

  init(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var index = 0
    var fileName: String?
    while index < lines.count {
      let line = lines[index]
      index += 1
      if let mark = line.wholeMatch(of: #/<!-- file: (\S+) -->/#) {
        fileName = String(mark.1)
      } else if line.hasPrefix("```") {
        let end = lines[index...].firstIndex(of: "```") ?? lines.count
        let block = Array(lines[index..<end])
        if let name = fileName {
          add(.file(name: name, text: block.joined(separator: "\n") + "\n"), at: index)
        } else if line == "```sh" {
          addScript(block, at: index + 1)
        } else if line == "```console" {
          addConsole(block, at: index + 1)
        }
        fileName = nil
        index = end + 1
      } else if line.contains(#/^ {4,}(vaec|vaerun|Tools\/\w+)( |$)/#) {
        strayCommands.append(index)
      }
    }
  }

  private mutating func add(_ step: Step, at line: Int) {
    steps.append(NumberedStep(line: line, step: step))
  }

  private mutating func addScript(_ block: [String], at first: Int) {
    var index = 0
    while index < block.count {
      let line = first + index
      let command = Self.command(block, &index)
      if !command.isEmpty, !command.hasPrefix("#") { add(.command(command, shown: nil), at: line) }
    }
  }

  private mutating func addConsole(_ block: [String], at first: Int) {
    var index = 0
    while index < block.count {
      let line = first + index
      let command = String(Self.command(block, &index).dropFirst(2))
      let end = block[index...].firstIndex { $0.hasPrefix("$ ") } ?? block.count
      add(.command(command, shown: Array(block[index..<end])), at: line)
      index = end
    }
  }

  /// The line at `index` with those that it goes on in.
  private static func command(_ block: [String], _ index: inout Int) -> String {
    var command = block[index]
    index += 1
    while command.hasSuffix("\\"), index < block.count {
      command = String(command.dropLast()) + String(block[index].drop { $0 == " " })
      index += 1
    }
    return command
  }
}
