import Testing

/// A row of the matrix: what a command does with good input, and which of its words name things that can be damaged.
///
///     CommandRow(
///       "vaerun sample", "--count 4 -o s.png", prints: ["s.png\n"], writes: ["s.png": .png],
///       inputs: [.run("runs/small-002")], output: .file("-o", ending: "png"))
///
/// The command is run on a copy of `Workbench`. Every command of both programs has at least one row.
struct CommandRow: Sendable, CustomTestStringConvertible {
  /// `vaerun sample`
  let command: String
  /// The arguments with which it succeeds.
  let line: String
  /// Parts of what it then prints.
  let prints: [String]
  /// The files that it writes, all of them; `runs/small-003/` stands for whatever lies in that folder.
  let writes: [String: FileForm]
  let inputs: [CommandInput]
  let output: CommandOutput?
  /// Whether it prints results before it fails, or what it found wrong.
  let printsFirst: Bool
  /// Further arguments that will not do, with the status and a part of the error's line.
  let mistakes: [Mistake]

  init(
    _ command: String, _ line: String, prints: [String] = [], writes: [String: FileForm] = [:],
    inputs: [CommandInput] = [], output: CommandOutput? = nil, printsFirst: Bool = false,
    mistakes: [Mistake] = []
  ) {
    self.command = command
    self.line = line
    self.prints = prints
    self.writes = writes
    self.inputs = inputs
    self.output = output
    self.printsFirst = printsFirst
    self.mistakes = mistakes
  }

  var program: String { String(command.prefix { $0 != " " }) }
  var name: String { String(command.dropFirst(program.count + 1)) }
  var testDescription: String { "\(command) \(line)" }
}

/// What a file has to be.
enum FileForm: Sendable {
  case png, safetensors, json, csv, npy, npz, sharedObject, text, bytes
  /// The key is a folder, which has to have something in it.
  case folder
}

/// Something that a command reads.
struct CommandInput: Sendable {
  enum Kind: Sendable {
    /// A model's text or program, whose errors may have a place and several lines.
    case text
    /// A file of one form whose beginning or middle alone is not one.
    case file
    /// A file of lines, of which the first half may be a file itself.
    case lines
    /// A compiled model's folder.
    case model
    /// A run's folder, and which of its files the command needs.
    case run(needs: [String])
    /// A folder in which there has to be something.
    case folder
  }

  /// As it stands in the line, or where the command finds it by itself.
  let path: String
  let kind: Kind
  /// Damages, by their names, with which the command succeeds all the same.
  let copes: [String]
  /// Whether all damages are tried, and not some of each sort.
  let isThorough: Bool

  private init(_ path: String, _ kind: Kind, _ copes: [String], _ isThorough: Bool) {
    self.path = path
    self.kind = kind
    self.copes = copes
    self.isThorough = isThorough
  }

  static func text(_ path: String) -> Self { Self(path, .text, [], true) }
  static func file(_ path: String, copes: [String] = []) -> Self { Self(path, .file, copes, true) }
  static func lines(_ path: String) -> Self { Self(path, .lines, [], true) }
  static func folder(_ path: String) -> Self { Self(path, .folder, [], true) }
  static func model(_ path: String, copes: [String] = [], isThorough: Bool = false) -> Self {
    Self(path, .model, copes, isThorough)
  }
  static func run(
    _ path: String, needs: [String] = ["config.json", "last.safetensors"], copes: [String] = [],
    isThorough: Bool = false
  ) -> Self {
    Self(path, .run(needs: needs), copes, isThorough)
  }
}

/// How a command is told where to write.
struct CommandOutput: Sendable {
  let option: String
  /// Behind the name; empty for a folder.
  let suffix: String

  static func file(_ option: String, ending: String) -> Self { Self(option: option, suffix: "." + ending) }
  static func folder(_ option: String) -> Self { Self(option: option, suffix: "") }
}

struct Mistake: Sendable {
  let line: String
  let status: Int32
  let message: String

  init(_ line: String, _ status: Int32, _ message: String) {
    self.line = line
    self.status = status
    self.message = message
  }
}
