/// A program's commands, declared once: parsing, help, "did you mean" and usage errors derive from this table.
///
///     enum TrainOptions {
///       static let epochs = Option("epochs", .integer(1...), help: "passes over the data", default: "the model's")
///       static let quiet = Flag("quiet", help: "print only the end")
///     }
///     let table = CommandTable(program: "vaerun", version: "0.1", summary: "trains compiled autoencoders", commands: [
///       Command("train", summary: "trains a model", options: [TrainOptions.epochs, TrainOptions.quiet])
///     ])
///     switch try table.parse(["train", "--epochs", "3"]) {
///     case .run(let invocation): invocation[TrainOptions.epochs]  // Optional(3)
///     case .print(let text): print(text)
///     }
///
/// Options are written `--name value` or `--name=value`, `--` ends them, and their order does not matter.
public struct CommandTable: Sendable {
  public let program: String
  public let version: String
  /// One line: what the program is for.
  public let summary: String
  public let commands: [Command]
  /// Shown at the end of the program's help.
  public let examples: [Example]

  public init(
    program: String, version: String, summary: String, commands: [Command], examples: [Example] = []
  ) {
    self.program = program
    self.version = version
    self.summary = summary
    self.commands = commands
    self.examples = examples
  }
}

/// One command of a program.
public struct Command: Sendable {
  public let name: String
  /// One line, beginning with a verb in the third person.
  public let summary: String
  /// Further paragraphs for `--help`.
  public let details: [String]
  public let positionals: [Positional]
  public let options: [any CommandOption]
  public let examples: [Example]

  public init(
    _ name: String, summary: String, details: [String] = [], positionals: [Positional] = [],
    options: [any CommandOption] = [], examples: [Example] = []
  ) {
    self.name = name
    self.summary = summary
    self.details = details
    self.positionals = positionals
    self.options = options
    self.examples = examples
  }
}

/// A command line to show, and what it does.
public struct Example: Sendable {
  public let line: String
  public let meaning: String

  public init(_ line: String, _ meaning: String) {
    self.line = line
    self.meaning = meaning
  }
}

/// An argument that is known by its place.
public struct Positional: Sendable {
  /// In capitals, as the help shows it: `MODEL`.
  public let name: String
  public let help: String
  public let isRequired: Bool
  /// Takes all further arguments.
  public let isRepeated: Bool

  public init(_ name: String, help: String, isRequired: Bool = false, isRepeated: Bool = false) {
    self.name = name
    self.help = help
    self.isRequired = isRequired
    self.isRepeated = isRepeated
  }
}

/// What the program is to do.
public enum ParsedCommandLine: Sendable {
  /// Run this command.
  case run(Invocation)
  /// Print this text (help or the version) and end well.
  case print(String)
}

/// A command with its options' values.
public struct Invocation: Sendable {
  public let command: Command
  var values: [String: [any Sendable]] = [:]
  var positionals: [String: [String]] = [:]

  /// The option's value, or its default; nil where neither is there.
  public subscript<Value>(option: Option<Value>) -> Value? {
    values[option.name]?.last as? Value ?? option.defaultValue
  }

  /// All values of an option that may be repeated, in order.
  public subscript<Value>(option: RepeatedOption<Value>) -> [Value] {
    (values[option.name] ?? []).compactMap { $0 as? Value }
  }

  /// Whether the flag was given.
  public subscript(flag: Flag) -> Bool { values[flag.name] != nil }

  /// Whether the command line has the option.
  public func isGiven(_ option: any CommandOption) -> Bool { values[option.name] != nil }

  /// The argument at this place; the first where there are several.
  public subscript(positional: Positional) -> String? { positionals[positional.name]?.first }

  /// All arguments of a positional that may be repeated.
  public func all(_ positional: Positional) -> [String] { positionals[positional.name] ?? [] }
}
