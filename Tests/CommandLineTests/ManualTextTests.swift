import CommandLineTable
import Testing

/// What derives from the table beside help, for texts with every sign that has a meaning somewhere.
@Suite struct ManualTextTests {
  private static let odd = CommandTable(
    program: "a-b", version: "1", summary: "is 'odd'",
    commands: [
      Command(
        "run", summary: "runs", details: [".start of a line", "back\\slash \"quoted\" ~ ^ ` é"],
        options: [Option("level", .choice(["low", "high"]), help: "how 'much' [of it]: all", value: "low")],
        examples: [Example("a-b run --level high", "more")])
    ])

  @Test func nothingInATextIsACommandOfRoff() throws {
    let page = Self.odd.manualPage(of: try #require(Self.odd.commands.first))
    #expect(
      page == #"""
        .TH "A\-B\-RUN" "1" "" "a\-b 1" "Manual of a\-b"
        .SH "NAME"
        a\-b\-run \- runs
        .SH "SYNOPSIS"
        .B a\-b run
        .RI [ options ]
        .SH "DESCRIPTION"
        \&.start of a line
        .PP
        back\(rsslash \(dqquoted\(dq \(ti \(ha \(ga \[u00E9]
        .SH "OPTIONS"
        .TP
        \fB\-\-level\fR \fIlow|high\fR
        how \(aqmuch\(aq [of it]: all (default: low)
        .TP
        \fB\-h\fR, \fB\-\-help\fR
        explains the command
        .SH "EXIT STATUS"
        .TP
        \fB0\fR
        the command did what it was asked for
        .TP
        \fB1\fR
        a model, a file or a value will not do; the error\(aqs line says which and what helps
        .TP
        \fB2\fR
        the command line is not of the program\(aqs form
        .TP
        \fB70\fR
        the program failed by its own fault
        .TP
        \fB130\fR
        Ctrl\-C ended the command
        .SH "EXAMPLES"
        .TP
        \fBa\-b run \-\-level high\fR
        more
        .SH "SEE ALSO"
        a\-b(1)
        """#)
  }

  @Test func scriptsQuoteWhatShellsWouldRead() {
    for shell in Shell.allCases {
      #expect(Self.odd.completions(for: shell).contains("_a_b"), "a function's name has no minus sign")
    }
    #expect(Self.odd.completions(for: .bash).contains("'run --level') _a_b_words low high; return ;;"))
    #expect(
      Self.odd.completions(for: .fish).contains(
        #"-l level -r -f -a 'low high' -d 'how '\''much'\'' [of it]: all'"#))
    #expect(
      Self.odd.completions(for: .zsh).contains(
        #"--level='[how '\''much'\'' \[of it\]\: all]:low|high:''(low high)'"#))
  }
}
