import Diagnostics
import IR
import Testing

/// A faulty line of an entry or a module and how its fault is reported.
struct FaultyText: Sendable, CustomTestStringConvertible {
  let text: String
  let report: String
  var testDescription: String { text }

  /// A line inside an entry with an argument %a and the parameters @w : f32[3,4] and @b : f32[3].
  static func line(_ line: String, _ report: String) -> FaultyText {
    FaultyText(
      text: """
        module m
        parameter @w : f32[3,4] init constant(1)
        parameter @b : f32[3] init constant(1)
        entry @e(latent %code : f32[N,4]) {
        \(line)
          return metric loss = %code
        }
        """, report: report)
  }
}

@Suite struct TextFormErrorTests {
  static let faults: [FaultyText] = [
    .line(
      "%0 = dens %code, @w : f32[N,3]",
      """
      t.vir:5:6: error: there is no op 'dens'
        %0 = dens %code, @w : f32[N,3]
             ^~~~
      note: did you mean 'dense'?
      """),
    .line(
      "%0 = dense %cod, @w : f32[N,3]",
      """
      t.vir:5:12: error: %cod is not defined before it is used
        %0 = dense %cod, @w : f32[N,3]
                   ^~~~
      note: did you mean '%code'?
      """),
    .line(
      "%0 = dense %code, @weight : f32[N,3]",
      """
      t.vir:5:19: error: there is no global @weight
        %0 = dense %code, @weight : f32[N,3]
                          ^~~~~~~
      """),
    .line(
      "%0 = dense %code : f32[N,3]",
      """
      t.vir:5:6: error: 'dense' takes 2 to 4 operands, not 1
        %0 = dense %code : f32[N,3]
             ^~~~~
      """),
    .line(
      "%0 = dense %code, @w {epilog = relu} : f32[N,3]",
      """
      t.vir:5:23: error: 'dense' has no attribute 'epilog'
        %0 = dense %code, @w {epilog = relu} : f32[N,3]
                              ^~~~~~
      note: did you mean 'epilogue'?
      """),
    .line(
      "%0 = dense %code, @w {epilogue = 3} : f32[N,3]",
      """
      t.vir:5:34: error: expected a word, not '3'
        %0 = dense %code, @w {epilogue = 3} : f32[N,3]
                                         ^
      """),
    .line(
      "%0 = constant : f32[]",
      """
      t.vir:5:6: error: 'constant' needs the attribute 'value': the number
        %0 = constant : f32[]
             ^~~~~~~~
      """),
    .line(
      "%0 = map %code {formula = add(a)} : f32[N,4]",
      """
      t.vir:5:27: error: there is no operation 'add' of 1 arguments in formulas
        %0 = map %code {formula = add(a)} : f32[N,4]
                                  ^~~
      """),
    .line(
      "%0 = map %code {formula = m} : f32[N,4]",
      """
      t.vir:5:27: error: 'm' is no operand of a formula: these are a to l
        %0 = map %code {formula = m} : f32[N,4]
                                  ^
      """),
    .line(
      "%0 = map %code {formula = \(String(repeating: "neg(", count: 100000))",
      "t.vir:5:283: error: a formula is nested at most 64 deep"),
    .line(
      "%0, %1 = neg %code : f32[N,4]",
      """
      t.vir:5:10: error: 'neg' has 1 result, not 2 names and 1 types
        %0, %1 = neg %code : f32[N,4]
                 ^~~
      """),
    .line(
      "%0 = neg %code : f64[N,4]",
      """
      t.vir:5:18: error: there is no element type 'f64'
        %0 = neg %code : f64[N,4]
                         ^~~
      """),
    .line(
      "%0 = neg %code : f32[4,N]",
      """
      t.vir:5:18: error: f32[4,N] is no type: N leads or is not there
        %0 = neg %code : f32[4,N]
                         ^~~~~~~~
      """),
    .line(
      "%0 = neg %code : f32[N,70000,70000]",
      """
      t.vir:5:18: error: f32[N,70000,70000] is no type: it is too large, the limit is 268435456 elements per image
        %0 = neg %code : f32[N,70000,70000]
                         ^~~~~~~~~~~~~~~~~~
      """),
    .line(
      "%0 = neg %code : f32[N,99999999999999999999]",
      """
      t.vir:5:24: error: '99999999999999999999' is not a whole number of 64 bits
        %0 = neg %code : f32[N,99999999999999999999]
                               ^~~~~~~~~~~~~~~~~~~~
      """),
    .line(
      "%0 = neg %code",
      """
      t.vir:6:3: error: expected ':' and the type of the result, not 'return'
          return metric loss = %code
          ^~~~~~
      """),
    .line(
      "%code = neg %code : f32[N,4]",
      """
      t.vir:5:1: error: there are two values %code
        %code = neg %code : f32[N,4]
        ^~~~~
      """),
    .line(
      "%0 = neg %code $ : f32[N,4]",
      """
      t.vir:5:16: error: the character '$' has no place here
        %0 = neg %code $ : f32[N,4]
                       ^
      """),
    FaultyText(
      text: "module m\nentry @e(pixels %x : f32[N,4]) {\n return\n}",
      report: """
        t.vir:2:10: error: an argument has no role 'pixels'
          entry @e(pixels %x : f32[N,4]) {
                   ^~~~~~
        """),
    FaultyText(
      text: "module m\nentry @e() {\n  return metrics a = %b\n}",
      report: """
        t.vir:3:10: error: there are no results of kind 'metrics'
            return metrics a = %b
                   ^~~~~~~
        note: did you mean 'metric'?
        """),
    FaultyText(
      text: "module m\nparametr @w : f32[3] init constant(1)",
      report: """
        t.vir:2:1: error: expected a declaration, not 'parametr'
          parametr @w : f32[3] init constant(1)
          ^~~~~~~~
        note: did you mean 'parameter'?
        """),
    FaultyText(
      text: "module m\nparameter @w : f32[3] init uniform(1)",
      report: """
        t.vir:2:28: error: there is no initializer 'uniform'
          parameter @w : f32[3] init uniform(1)
                                     ^~~~~~~
        note: one of constant, normal, fan_in_uniform, glorot_uniform, glorot_normal, he_uniform, he_normal
        """),
    FaultyText(
      text: "modul m",
      report: """
        t.vir:1:1: error: expected 'module' at the beginning, not 'modul'
          modul m
          ^~~~~
        """),
    FaultyText(
      text: "module m\nentry @e() {",
      report: """
        t.vir:2:13: error: expected an operation, which begins with '%', or 'return', not the end of the text
          entry @e() {
                      ^
        """),
  ]

  @Test(arguments: faults)
  func faultsAreReportedAtTheirPlace(fault: FaultyText) {
    let source = SourceText(name: "t.vir", text: fault.text)
    do {
      _ = try Module(parsing: source)
      Issue.record("accepted")
    } catch {
      let lines = DiagnosticRenderer(sources: [source]).render(error)
      #expect(lines.hasPrefix(fault.report), "\(lines)")
    }
  }

  @Test func allFaultsAreReportedAndEachOnce() {
    let text = """
      module m
      hyper beta : 1
      entry @e(latent %x : f32[N,4]) {
        %0 = ngg %x : f32[N,4]
        %1 = neg %0 : f32[N,4]
        %2 = neg %y : f32[N,4]
        return metric a = %1
      }
      entry @f() {
        return matric a = %1
      }
      """
    do {
      _ = try Module(parsing: SourceText(name: "t.vir", text: text))
      Issue.record("accepted")
    } catch {
      #expect(error.diagnostics.map { $0.range?.start.line } == [2, 4, 6, 10])
    }
  }
}
