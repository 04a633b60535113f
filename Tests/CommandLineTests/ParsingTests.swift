import CommandLineTable
import Testing

private enum Sample {
  static let model = Positional("MODEL", help: "a compiled folder")
  static let out = Positional("OUT", help: "the file to write", isRequired: true)
  static let epochs = Option("epochs", .integer(1...), help: "passes over the data", default: "the model's")
  static let rate = Option("rate", .positiveNumber, help: "the learning rate", value: 0.001)
  static let shift = Option("shift", .number, help: "any number")
  static let seed = Option("seed", .seed, help: "the seed", value: 1)
  static let folder = Option("output", short: "o", .text("DIR"), help: "where to write")
  static let mode = Option("mode", .choice(["slow", "fast", "odd"]), help: "how")
  static let hyper = RepeatedOption("hyper", .named, help: "a run-time number")
  static let quiet = Flag("quiet", help: "print only the end")

  static let table = CommandTable(
    program: "tool", version: "1.2", summary: "does things",
    commands: [
      Command(
        "train", summary: "trains a model", details: ["It takes its time."], positionals: [model],
        options: [epochs, rate, shift, seed, folder, mode, hyper, quiet],
        examples: [Example("tool train --epochs 3", "trains the newest model")]),
      Command("encode", summary: "writes codes", positionals: [out]),
    ],
    examples: [Example("tool train", "begins")])

  static func run(_ line: String) throws -> Invocation {
    guard case .run(let invocation) = try table.parse(line.split(separator: " ").map(String.init)) else {
      throw UsageError("printed", "a text")
    }
    return invocation
  }

  static func error(_ line: String) -> String {
    do {
      _ = try run(line)
      return "no error"
    } catch { return "\(error)" }
  }
}

@Suite struct ParsingTests {
  @Test(arguments: [
    "train build/m --epochs 3 --quiet", "train --quiet --epochs=3 build/m",
    "train --epochs 3 --quiet -- build/m",
  ])
  func orderAndSpellingOfOptionsDoNotMatter(_ line: String) throws {
    let invocation = try Sample.run(line)
    #expect(invocation.command.name == "train")
    #expect(invocation[Sample.epochs] == 3)
    #expect(invocation[Sample.quiet])
    #expect(invocation[Sample.model] == "build/m")
  }

  @Test func absentOptionsHaveTheirDefaults() throws {
    let invocation = try Sample.run("train")
    #expect(invocation[Sample.epochs] == nil)
    #expect(invocation[Sample.rate] == 0.001)
    #expect(invocation[Sample.hyper] == [])
    #expect(!invocation[Sample.quiet])
    #expect(invocation[Sample.model] == nil)
  }

  @Test func repeatedOptionsKeepTheirOrder() throws {
    let invocation = try Sample.run("train --hyper beta=2 --hyper=gamma=a=b -o x --shift -2.5")
    #expect(
      invocation[Sample.hyper] == [
        NamedValue(name: "beta", value: "2"), NamedValue(name: "gamma", value: "a=b"),
      ])
    #expect(invocation[Sample.folder] == "x")
    #expect(invocation[Sample.shift] == -2.5)
  }

  @Test(arguments: [
    ("trian", "unknown command 'trian': did you mean 'train'?"),
    ("xyz", "unknown command 'xyz': 'tool --help' lists the commands"),
    ("--verison", "unknown option '--verison': 'tool --help' lists the commands"),
    ("train --epoch 3", "'tool train' has no option --epoch: did you mean --epochs?"),
    ("train --zzzzz", "'tool train' has no option --zzzzz: 'tool train --help' lists the options"),
    ("train --epochs", "--epochs needs a value: it takes a whole number of at least 1"),
    ("train --epochs --quiet", "--epochs needs a value: it takes a whole number of at least 1"),
    ("train --epochs 0", "--epochs takes a whole number of at least 1, not '0': see 'tool train --help'"),
    (
      "train --epochs 99999999999999999999",
      "--epochs takes a whole number of at least 1, not '99999999999999999999': see 'tool train --help'"
    ),
    ("train --rate nan", "--rate takes a number above 0, not 'nan': see 'tool train --help'"),
    ("train --rate=", "--rate takes a number above 0, not '': see 'tool train --help'"),
    ("train --mode quick", "--mode takes slow, fast or odd, not 'quick': see 'tool train --help'"),
    ("train --hyper beta", "--hyper takes NAME=VALUE, not 'beta': see 'tool train --help'"),
    ("train --quiet=1", "--quiet takes no value, not '1': see 'tool train --help'"),
    ("train --epochs 1 --epochs 2", "--epochs is given twice: give it once"),
    ("train a b", "'b' is one argument too many: see 'tool train --help'"),
    ("encode", "OUT is missing: it is the file to write; see 'tool encode --help'"),
    ("train -x", "'tool train' has no option -x: 'tool train --help' lists the options"),
  ])
  func mistakesAreNamed(_ line: String, _ message: String) {
    #expect(Sample.error(line) == message)
  }

  @Test func seedsTakeAll64Bits() throws {
    #expect(try Sample.run("train --seed 18446744073709551615")[Sample.seed] == .max)
  }

  @Test func errorsHaveTheirStatus() {
    struct Unforeseen: Error {}
    #expect(Sample.table.report(UsageError("a", "b")) == ("tool: error: a: b", .usage))
    #expect(Sample.table.report(InternalError("a")).status == .bug)
    #expect(Sample.table.report(Unforeseen()).status == .bug)
    #expect(ExitStatus.bug.rawValue == 70)
  }
}

@Suite struct HelpTests {
  private func printed(_ arguments: [String]) throws -> String {
    guard case .print(let text) = try Sample.table.parse(arguments) else { return "nothing" }
    return text
  }

  @Test func versionIsPrinted() throws {
    #expect(try printed(["--version"]) == "tool 1.2")
  }

  @Test(arguments: [[], ["--help"], ["-h"], ["help"]] as [[String]])
  func programHelpListsTheCommands(_ arguments: [String]) throws {
    #expect(
      try printed(arguments) == """
        tool: does things

        Usage: tool COMMAND [options]

        Commands:
          train   trains a model
          encode  writes codes

        Examples:
          tool train  begins

        'tool COMMAND --help' explains a command, 'tool --version' names the version.
        """)
  }

  @Test(arguments: [["train", "--help"], ["help", "train"], ["train", "--epochs", "3", "-h"]])
  func commandHelpShowsOptionsDefaultsAndExamples(_ arguments: [String]) throws {
    #expect(
      try printed(arguments) == """
        tool train: trains a model

        Usage: tool train [MODEL] [options]

        It takes its time.

        Arguments:
          MODEL  a compiled folder

        Options:
          --epochs N            passes over the data (default: the model's)
          --rate X              the learning rate (default: 0.001)
          --shift X             any number
          --seed N              the seed (default: 1)
          -o, --output DIR      where to write
          --mode slow|fast|odd  how
          --hyper NAME=VALUE    a run-time number (may be repeated)
          --quiet               print only the end

        Examples:
          tool train --epochs 3  trains the newest model
        """)
  }
}
