import Artifact
import Foundation
import Runtime
import Testing

@Suite struct ScheduleTests {
  @Test(arguments: [
    "constant", "linear", "linear:0.25", "cosine", "cosine:0.1", "step:0.1@10epochs", "step:0.5@500steps",
    "milestones:0.5@2epochs,3.5epochs", "milestones:0.1@30steps", "plateau:0.5@3epochs",
  ])
  func formsOfRateSchedulesReadBack(_ text: String) throws {
    #expect(RateSchedule(text)?.description == text)
  }

  @Test(arguments: [
    "", "cosin", "constant:1", "cosine:", "cosine:2", "cosine:-0.1", "cosine:nan", "step", "step:0.1",
    "step:0@5",
    "step:1@5", "step:0.1@0", "step:0.1@epochs", "plateau:0.5@3steps", "plateau:0.5@1.5epochs", "step:0.1@5@5",
    "step:0.1@5,10", "milestones:0.1", "milestones:0.1@", "milestones:0.1@5,", "milestones:0.1@5,5",
    "milestones:0.1@10,5", "milestones:0.1@5steps,1epoch", "milestones:1@5,10",
  ])
  func otherFormsAreNone(_ text: String) {
    #expect(RateSchedule(text) == nil)
  }

  @Test(arguments: [
    ("cosin", "there is no schedule 'cosin'"),
    ("constant:1", "constant takes nothing behind it"),
    ("linear:1.5", "the share of the rate at the end has to be a number from 0 to 1, not '1.5'"),
    (
      "milestones:0.1", "milestones takes a factor, one @ and when, as in milestones:0.1@200epochs,350epochs"
    ),
    ("milestones:1.5@200epochs", "the factor has to be a number above 0 and below 1, not '1.5'"),
    ("milestones:0x1p-1@200epochs", "the factor has to be a number above 0 and below 1, not '0x1p-1'"),
    (
      "milestones:0.1@20x",
      "behind the @ stand steps such as 500 or epochs such as 20epochs, above 0, not '20x'"
    ),
    (
      "milestones:0.1@200epochs,350",
      "200epochs and 350steps have different units: give all in epochs, or all in steps"
    ),
    (
      "milestones:0.1@350epochs,200epochs",
      "200epochs has to come after 350epochs: give the ends in rising order"
    ),
    ("step:0.1@5,6", "step takes one span, not 2"),
    ("plateau:0.5@3", "a plateau is waited for a whole number of epochs, such as 3epochs, not 3steps"),
  ])
  func whatIsWrongWithARateScheduleIsNamed(_ text: String, _ fault: String) {
    #expect(RateSchedule(text) == nil)
    #expect(RateSchedule.fault(of: text) == fault)
  }

  @Test func spansAndHyperSchedulesReadBack() {
    for (text, expected) in [("500", "500steps"), ("1epoch", "1epochs"), ("0.5epochs", "0.5epochs")] {
      #expect(Span(text)?.description == expected)
    }
    for text in ["", "epochs", "-1", "0", "nan", "inf", "1e300", "5 epochs", "5days", "0x10epochs"] {
      #expect(Span(text) == nil)
    }
    #expect(HyperSchedule("0:1@5epochs")?.description == "0:1@5epochs")
    #expect(HyperSchedule("-1.5:2e3@7") == HyperSchedule(from: -1.5, to: 2000, span: Span(7, .steps)))
    for text in ["", "1", "0:1", "0:1@", ":1@5", "0:1:2@5", "0:inf@5", "0:1e300@5", "a:1@5", "0:0x1@5"] {
      #expect(HyperSchedule(text) == nil, "\(text)")
    }
  }

  /// What each of 4 epochs of 5 steps was given.
  private func settings(_ change: (inout TrainingOptions) -> Void) throws -> [(rate: Double, poison: Double)] {
    try TinyModel.withInstance { instance, _ in
      var options = TrainingOptions(epochs: 4, batch: 4, rate: 0.1)
      change(&options)
      var trainer = try Trainer(instance, data: TrainingData(TinyModel.images(20)), options: options)
      var settings: [(rate: Double, poison: Double)] = []
      _ = try trainer.run { event in
        if case .step(let report) = event { settings.append((report.rate, report.hypers["poison"] ?? .nan)) }
      }
      return settings
    }
  }

  private func expectRates(
    _ schedule: RateSchedule, warmUp: Span? = nil, _ expected: (Double) -> Double
  ) throws {
    let rates = try settings {
      $0.rateSchedule = schedule
      $0.warmUp = warmUp
    }.map(\.rate)
    #expect(rates.count == 20)
    for (index, rate) in rates.enumerated() {
      #expect(abs(rate - expected(Double(index))) < 1e-15, "\(schedule), step \(index + 1)")
    }
  }

  @Test func ratesFollowTheirFormulas() throws {
    try expectRates(.constant) { _ in 0.1 }
    try expectRates(.linear(end: 0.2)) { 0.1 * (1 - 0.8 * $0 / 20) }
    try expectRates(.cosine(end: 0)) { 0.05 * (1 + cos(.pi * $0 / 20)) }
    try expectRates(.step(factor: 0.1, every: Span(2, .epochs))) { $0 < 10 ? 0.1 : 0.01 }
    try expectRates(.step(factor: 0.5, every: Span(7, .steps))) { 0.1 * pow(0.5, ($0 / 7).rounded(.down)) }
    try expectRates(.milestones(factor: 0.5, at: [Span(1, .epochs), Span(3, .epochs)])) {
      $0 < 5 ? 0.1 : $0 < 15 ? 0.05 : 0.025
    }
    try expectRates(.constant, warmUp: Span(4, .steps)) { 0.1 * min(1, ($0 + 1) / 4) }
    try expectRates(.cosine(end: 0.1), warmUp: Span(1, .epochs)) {
      $0 < 5 ? 0.02 * ($0 + 1) : 0.1 * (0.1 + 0.45 * (1 + cos(.pi * ($0 - 5) / 15)))
    }
    // A warm-up that is longer than training.
    try expectRates(.linear(end: 0), warmUp: Span(100, .steps)) { 0.1 * ($0 + 1) / 100 }
  }

  @Test func hypersGoFromTheirFirstValueToTheirLast() throws {
    let values = try settings { $0.hyperSchedules["poison"] = HyperSchedule("-1:-5@2epochs") }.map(\.poison)
    #expect(values[..<3] == [-1, -1.4, -1.8])
    #expect(values[10...].allSatisfy { $0 == -5 })
    #expect(zip(values, values.dropFirst()).allSatisfy { $0 >= $1 })
    #expect(
      errorText { _ = try settings { $0.hyperSchedules["beta"] = HyperSchedule("0:1@5") } }
        == "tiny has no hyper beta: it has poison")
  }

  @Test func plateausLowerTheRate() throws {
    try TinyModel.withInstance { instance, folder in
      // The images held out are 128, and the weights go past them, to 255: see ValidationTests.
      let bytes = [255, 255, 255, 128].flatMap { Array(repeating: UInt8($0), count: 4) }
      let data = TrainingData(ImageArray(imageShape: [1, 2, 2], bytes: bytes), holdingOut: [3])
      try instance.set("w", to: [0, 0, 0, 0])
      var options = TrainingOptions(epochs: 14, batch: 4, rate: 0.05)
      options.rateSchedule = .plateau(factor: 0.5, patience: 2)
      var trainer = try Trainer(instance, data: data, options: options)
      var rates: [Double] = []
      let result = try trainer.run { event in
        if case .step(let report) = event { rates.append(report.rate) }
      }
      let best = try #require(result.best?.epoch)
      let expected = (1...14).map { epoch in 0.05 * pow(0.5, Double(max(0, epoch - 1 - best) / 2)) }
      #expect((3..<10).contains(best))
      #expect(rates == expected)
      #expect(
        errorText { _ = try Trainer(instance, data: TrainingData(TinyModel.images(4)), options: options) }
          == "a rate that waits for plateaus needs images that are held out: add --val 0.1")
    }
  }
}
