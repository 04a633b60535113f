import CommandLineTable
import Testing

private enum Sample {
  static let model = Positional("MODEL", help: "a compiled folder")
  static let out = Positional("OUT", help: "the file to write", isRequired: true)
  static let epochs = Option("epochs", .integer(1...), help: "passes over the data", default: "the model's")
  static let rate = Option("rate", .positiveNumber, help: "the learning rate", value: 0.001)
  static let shift = Option("shift", .number, help: "any number")
  static let seed = Option("seed", .seed, help: "the seed", value: 1)
  static let folder = Option("output", short: "o", .folder, help: "where to write")
  static let mode = Option("mode", .choice(["slow", "fast", "odd"]), help: "how")
  static let hyper = RepeatedOption("hyper", .named, help: "a run-time number")
  static let passes = Option("passes", .text("A,B", completion: .list(["fold", "fuse"])), help: "passes")
  static let quiet = Flag("quiet", short: "q", help: "print only the end")
  static let force = Flag("force", short: "f", help: "overwrites")

  static let table = CommandTable(
    program: "tool", version: "1.2", summary: "does things",
    commands: [
      Command(
        "train", summary: "trains a model", details: ["It takes its time."], positionals: [model],
        options: [epochs, rate, shift, seed, folder, mode, hyper, quiet, passes, force],
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

  @Test(arguments: ["0x10", "0x1p4", "inf", "nan", "infinity", "1e999", "٣", " 3", "3 ", "1_000", "", "e", "."])
  func numbersAreDecimal(_ text: String) {
    #expect(Double(decimal: text) == nil)
    for form in [ValueForm.number, .positiveNumber, .positiveNumber(to: 100)] {
      #expect(form.parse(text) == nil)
    }
  }

  @Test(arguments: [("2", 2), ("-0.5", -0.5), ("+1e-3", 1e-3), ("1E2", 100), (".5", 0.5)])
  func decimalNumbersAreRead(_ text: String, _ value: Double) { #expect(Double(decimal: text) == value) }

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
    "train -o out", "train -oout", "train -o=out", "train --output out", "train --output=out", "train -qfo out",
    "train -qfoout", "train -fqo=out", "train --quiet --quiet -f -o out",
  ])
  func shortAndLongOptionsMeanTheSame(_ line: String) throws {
    let invocation = try Sample.run(line)
    #expect(invocation[Sample.folder] == "out")
    #expect(invocation[Sample.quiet] == invocation[Sample.force])
  }

  @Test func valuesMayLookLikeOptions() throws {
    #expect(try Sample.run("train --output=--quiet")[Sample.folder] == "--quiet")
    #expect(try Sample.run("train -o -")[Sample.folder] == "-")
    #expect(try Sample.run("train -o -x")[Sample.folder] == "-x")
    #expect(try Sample.run("train -o=-q")[Sample.folder] == "-q")
    #expect(try Sample.run("train --output=a=b")[Sample.folder] == "a=b")
    #expect(try Sample.run("train -- -q")[Sample.model] == "-q")
    #expect(try Sample.run("train -- --")[Sample.model] == "--")
    #expect(try Sample.run("train -")[Sample.model] == "-")
  }

  @Test func helpIsGivenWhateverElseIsWrong() throws {
    for line in [
      "--help train", "-h train", "train --bogus --help", "train a b c -h", "train --epochs 0 --help",
    ] {
      guard case .print(let text) = try Sample.table.parse(line.split(separator: " ").map(String.init)) else {
        Issue.record("\(line)")
        continue
      }
      #expect(text.hasPrefix("tool train: "))
    }
    #expect(try Sample.run("train -- --help")[Sample.model] == "--help")
  }

  @Test(arguments: [
    ("trian", "unknown command 'trian': did you mean 'train'?"),
    ("xyz", "unknown command 'xyz': 'tool --help' lists the commands"),
    ("--verison", "unknown option '--verison': did you mean '--version'?"),
    ("--zzz", "unknown option '--zzz': 'tool --help' lists the commands"),
    ("--quiet train", "the option --quiet stands before the command: write 'tool COMMAND --quiet'"),
    (
      "a.vdl",
      "the command before 'a.vdl' is missing: write 'tool COMMAND a.vdl'; 'tool --help' lists the commands"
    ),
    ("--help trian", "unknown command 'trian': did you mean 'train'?"),
    ("--version train", "'train' is one argument too many: 'tool --version' takes none"),
    ("help trian", "unknown command 'trian': did you mean 'train'?"),
    ("help train encode", "'encode' is one argument too many: see 'tool help --help'"),
    ("man trian", "unknown command 'trian': did you mean 'train'?"),
    ("completions", "SHELL is missing: it is the shell to complete in; see 'tool completions --help'"),
    ("completions bsh", "SHELL is bash, zsh or fish, not 'bsh': did you mean 'bash'?"),
    ("completions powershell", "SHELL is bash, zsh or fish, not 'powershell': see 'tool completions --help'"),
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
    ("train --mode fsat", "--mode takes slow, fast or odd, not 'fsat': did you mean 'fast'?"),
    ("train --mode=", "--mode takes slow, fast or odd, not '': see 'tool train --help'"),
    ("train --output=", "--output takes a folder's path, not '': see 'tool train --help'"),
    ("train --output", "--output needs a value: it takes a folder's path"),
    ("train -o", "-o needs a value: it takes a folder's path"),
    ("train -o -q", "-o needs a value: it takes a folder's path"),
    ("train -qo", "-o needs a value: it takes a folder's path"),
    ("train -o a --output b", "--output is given twice: give it once"),
    ("train -q=1", "-q takes no value, not '1': see 'tool train --help'"),
    ("train -qx", "'tool train' has no option -x: 'tool train --help' lists the options"),
    ("train -epoch 3", "'tool train' has no option -epoch: did you mean --epochs?"),
    ("train --quiet=", "--quiet takes no value, not '': see 'tool train --help'"),
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
          train        trains a model
          encode       writes codes
          help         explains a command
          completions  prints a shell's completions of this program
          man          prints a manual page in roff

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
          -q, --quiet           print only the end
          --passes A,B          passes
          -f, --force           overwrites

        Examples:
          tool train --epochs 3  trains the newest model
        """)
  }
}
