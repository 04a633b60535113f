import Inspection
import Testing

@Suite struct StageTimesTests {
  @Test func sharesAddUpToTheWhole() {
    var times = StageTimes()
    times.add("parse", .microseconds(500))
    times.add("LLVM passes", .microseconds(1500))
    #expect(
      times.text == """
        stage           time    share
        parse        0.50 ms   25.0 %
        LLVM passes  1.50 ms   75.0 %
        -----------------------------
        total        2.00 ms  100.0 %

        """)
  }

  @Test func noStagesTakeNoTime() {
    #expect(StageTimes().text.hasSuffix("total  0.00 ms  100.0 %\n"))
  }

  @Test func aStageIsTimedAlsoWhereItThrows() {
    struct Failure: Error {}
    var times = StageTimes()
    #expect(throws: Failure.self) { try times.measure("stage") { throw Failure() } }
    #expect(times.stages.map(\.name) == ["stage"])
  }
}
