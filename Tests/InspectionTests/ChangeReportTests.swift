import IR
import Inspection
import Passes
import Testing

@Suite struct ChangeReportTests {
  private let before = """
    entry @f(latent %x : f32[N,5]) {
      %0 = neg %x : f32[N,5]
      %1 = neg %0 : f32[N,5]
      %2 = exp %1 : f32[N,5]
      return latent y = %2
    }
    """

  @Test func onlyLinesThatDifferInMoreThanTheirNumbersShow() throws {
    let after = """
      entry @f(latent %x : f32[N,5]) {
        %0 = exp %x : f32[N,5]
        return latent y = %0
      }
      """
    #expect(
      ChangeReport.text(from: try Example.module(before), to: try Example.module(after)) == """
        entry @f
        -  %0 = neg %x : f32[N,5]
        -  %1 = neg %0 : f32[N,5]
        -  %2 = exp %1 : f32[N,5]
        +  %0 = exp %x : f32[N,5]

        """)
  }

  @Test func equalModulesGiveNothing() throws {
    let module = try Example.module(before)
    #expect(ChangeReport.text(from: module, to: module).isEmpty)
  }

  @Test func aChangedGlobalAndEntriesThatComeAndGoShow() throws {
    let old = try Example.module(before)
    var new = old
    new.globals[0].type = .f32(3, 6)
    new.entries[0].name = "g"
    #expect(
      ChangeReport.text(from: old, to: new) == """
        module
        -parameter @w : f32[3,5] init constant(0)
        +parameter @w : f32[3,6] init constant(0)
        -entry @f
        +entry @g

        """)
  }

  @Test func oneEntryAloneCanBeAskedFor() throws {
    let old = try Example.module(before)
    var new = old
    new.entries[0].operations.removeLast()
    #expect(ChangeReport.text(from: old, to: new, entry: "g").isEmpty)
    #expect(ChangeReport.text(from: old, to: new, entry: "f").hasPrefix("entry @f\n-  %2 = exp"))
  }

  @Test func theLogHeadsEachPassWithItsReport() throws {
    var text = ""
    let log = PhaseLog(printsChanges: true, verifiesRoundTrip: true) { text += $0 }
    _ = try Pipeline([.simplify, .fuseDense]).run(try Example.module(), input: "input") { try log.observe($0) }
    #expect(text == "*** input\n*** simplify: unchanged\n*** fuse-dense: unchanged\n")
    #expect(log.last?.name == "fuse-dense")
    #expect(
      log.statistics == """
        phase       operations  values  what it did
        input                4       6
        simplify             4       6  unchanged
        fuse-dense           4       6  unchanged

        """)
  }
}
