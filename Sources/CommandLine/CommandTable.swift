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
/// Options are written `--name value` or `--name=value`, in short `-n value`, `-nvalue` or `-n=value`; short flags may be
/// written together (`-iq`); `--` ends the options, and their order does not matter. An option is given once unless it
/// is a `RepeatedOption`; a flag that is given twice is given.
///
/// Each table has three commands more than those that it is made of: `help`, `completions` and `man`.
public struct CommandTable: Sendable {
  public let program: String
  public let version: String
  /// One line: what the program is for.
  public let summary: String
  public let commands: [Command]
  /// Shown at the end of the program's help.
  public let examples: [Example]
  /// What the program reads from its environment.
  public let environment: [EnvironmentVariable]
  /// Versions of what the program is made of, printed behind its own: `LLVM 19.1.7`.
  public let components: [String]

  public init(
    program: String, version: String, summary: String, commands: [Command], examples: [Example] = [],
    environment: [EnvironmentVariable] = [], components: [String] = []
  ) {
    self.program = program
    self.version = version
    self.summary = summary
    self.commands = commands + OwnCommand.commands(program: program, others: commands.map(\.name))
    self.examples = examples
    self.environment = environment
    self.components = components
  }
}

/// A variable of the environment that a program reads.
public struct EnvironmentVariable: Sendable {
  public let name: String
  public let meaning: String

  public init(_ name: String, _ meaning: String) {
    self.name = name
    self.meaning = meaning
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
  /// What shells offer.
  public let completion: ValueCompletion
  /// The only words that it may be; empty where it may be anything.
  public let choices: [String]

  public init(
    _ name: String, help: String, isRequired: Bool = false, isRepeated: Bool = false,
    completion: ValueCompletion = .anything
  ) {
    self.name = name
    self.help = help
    self.isRequired = isRequired
    self.isRepeated = isRepeated
    self.completion = completion
    self.choices = []
  }

  /// One of some words.
  public init(_ name: String, choices: [String], help: String, isRequired: Bool = false) {
    self.name = name
    self.help = help
    self.isRequired = isRequired
    self.isRepeated = false
    self.completion = .words(choices)
    self.choices = choices
  }

  /// As a usage line shows it: `FILE...`, `[MODEL]`.
  var usage: String {
    let text = name + (isRepeated ? "..." : "")
    return isRequired ? text : "[\(text)]"
  }
}

/// What the program is to do.
public enum ParsedCommandLine: Sendable {
  /// Run this command.
  case run(Invocation)
  /// Print this text (help, the version, a manual page, a shell's completions) and end well.
  case print(String)
}

/// A command with its options' values.
public struct Invocation: Sendable {
  public let command: Command
  var values: [String: [any Sendable]] = [:]
  var positionals: [String: [String]] = [:]
  /// The options as they were written, in order, by their long names; flags have no text. What one program hands on to
  /// another.
  public internal(set) var written: [(option: String, text: String?)] = []

  /// The option's value, or its default; nil where neither is there.
  public subscript<Value>(option: Option<Value>) -> Value? {
    values[option.name]?.last as? Value ?? option.defaultValue
  }

  /// The option's value, or that which it has without one; nil where it is not given.
  public subscript<Value>(option: OptionalOption<Value>) -> Value? {
    values[option.name].map { $0.last as? Value ?? option.bareValue }
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
