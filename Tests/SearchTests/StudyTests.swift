import Foundation
import Search
import Testing

@Suite struct StudyTests {
  private func withFolder<T>(_ body: (String) throws -> T) throws -> T {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vaec-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    return try body(folder)
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return "\(error)" }
  }

  private func space() throws -> SearchSpace {
    try SearchSpace([SearchParameter("rate=log(1e-3,1e-1)"), SearchParameter("optimizer=choice(adam,sgd)")])
  }

  @Test func aStudyKeepsWhatItIsTold() throws {
    try withFolder { folder in
      let path = folder + "/study.db"
      do {
        let study = try Study(creating: path, space: try space(), settings: ["model": "m.vdl", "seed": "3"])
        try study.begin(0, ["rate": .number(0.25), "optimizer": .text("sgd's")])
        try study.note(Study.Run(trial: 0, fold: 1, folder: "runs/0-1"))
        try study.note(epoch: 1, fold: 1, trial: 0, terms: ["loss": 3, "kl": 0.5, "bad": .nan])
        try study.note(epoch: 2, fold: 1, trial: 0, terms: ["loss": 2])
        try study.note(Study.Run(trial: 0, fold: 1, folder: "runs/0-1", objective: 2))
        try study.addSeconds(1.5, to: 0)
        try study.addSeconds(2, to: 0)
        try study.end(0, .complete, objective: 2)
        try study.begin(1, ["rate": .number(1), "optimizer": .text("adam")])
        try study.end(1, .failed, message: "the loss is NaN")
        try study.set("seed", to: "4")
      }
      let study = try Study(opening: path, readOnly: true)
      #expect(try study.settings == ["model": "m.vdl", "seed": "4"])
      #expect(try study.space == space())
      let trials = try study.trials
      #expect(trials.map(\.number) == [0, 1])
      #expect(trials[0].values == ["rate": .number(0.25), "optimizer": .text("sgd's")])
      #expect(trials[0].state == .complete && trials[0].objective == 2 && trials[0].seconds == 3.5)
      #expect(trials[1].state == .failed && trials[1].message == "the loss is NaN")
      #expect(try study.runs == [Study.Run(trial: 0, fold: 1, folder: "runs/0-1", objective: 2)])
      #expect(try study.points(of: "loss") == [0: [.init(fold: 1, epoch: 1): 3, .init(fold: 1, epoch: 2): 2]])
      #expect(try study.points(of: "bad").isEmpty)
    }
  }

  @Test func filesThatAreNoStudyAreRefused() throws {
    try withFolder { folder in
      let path = folder + "/study.db"
      #expect(
        message { _ = try Study(opening: path) } == "there is no study \(path): name the folder of a sweep")
      try Data("no database at all, but a text that is long enough to be looked at".utf8)
        .write(to: URL(fileURLWithPath: path))
      #expect(message { _ = try Study(opening: path) }.hasPrefix("\(path) is no study of vaerun, or damaged"))
      try FileManager.default.removeItem(atPath: path)
      try Data().write(to: URL(fileURLWithPath: path))
      #expect(message { _ = try Study(opening: path) }.hasPrefix("\(path) is no study of vaerun"))
      _ = try Study(creating: path, space: try space(), settings: [:])
      #expect(
        message { _ = try Study(creating: path, space: try space(), settings: [:]) }
          == "\(path) is there already: go on with --resume, or name another folder")
    }
  }

  @Test func theMedianRuleGivesUpWhatIsWorseThanHalfOfTheOthers() {
    let rule = MedianRule()
    func trial(_ values: Double...) -> [MedianRule.Point: Double] {
      Dictionary(
        uniqueKeysWithValues: values.enumerated().map { (.init(fold: 1, epoch: $0.offset + 1), $0.element) })
    }
    let others = [trial(9, 5, 3), trial(9, 6, 4), trial(9, 7, 5), trial(9, 8, 6)]
    let second = MedianRule.Point(fold: 1, epoch: 2)
    #expect(rule.givesUp(trial(9, 7), at: second, others: others))
    #expect(!rule.givesUp(trial(9, 6.5), at: second, others: others), "as good as the median")
    #expect(!rule.givesUp(trial(2, 7), at: second, others: others), "its least value counts")
    #expect(!rule.givesUp(trial(99), at: .init(fold: 1, epoch: 1), others: others), "grace")
    #expect(!rule.givesUp(trial(9, 99), at: second, others: Array(others.prefix(3))), "too few others")
    let short = others.prefix(3) + [trial(9)]
    #expect(!rule.givesUp(trial(9, 99), at: second, others: Array(short)), "too few have come so far")
    #expect(
      rule.givesUp(
        [.init(fold: 2, epoch: 1): 2], at: .init(fold: 2, epoch: 1),
        others: Array(repeating: [.init(fold: 2, epoch: 1): 1], count: 4)))
  }
}
