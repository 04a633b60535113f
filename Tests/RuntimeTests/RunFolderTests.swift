import Artifact
import Foundation
import Runtime
import Testing

@Suite struct RunFolderTests {
  private let configuration: RunConfiguration = {
    var configuration = RunConfiguration(
      model: "tiny", modelFolder: "build/tiny", digests: .init(TinyModel.manifest(), data: "dd"),
      data: "digits",
      limit: 15, trainingImages: 10, validationImages: 5, testImages: 5, epochs: 1, batch: 4, rate: 0.1,
      hypers: ["poison": 0], seed: .max, threads: 2)
    configuration.rateSchedule = .cosine(end: 0)
    configuration.warmUp = Span(2, .epochs)
    configuration.hyperSchedules = ["poison": HyperSchedule(from: 0, to: 1, span: Span(5, .steps))]
    configuration.patience = 3
    configuration.steps = 7
    return configuration
  }()

  @Test func runsAreNumberedAndTheNewestIsFound() throws {
    try withTemporaryFolder { folder in
      let first = try RunFolder.make(in: folder, model: "tiny")
      let second = try RunFolder.make(in: folder, model: "tiny")
      #expect(first.path == folder + "/tiny-001")
      #expect(second.path == folder + "/tiny-002")
      #expect(
        errorText { _ = try RunFolder.newest(model: "tiny", in: folder) }.hasPrefix(
          "there is no run of tiny under \(folder): train it first"))
      try first.write(configuration)
      #expect(try RunFolder.newest(model: "tiny", in: folder) == first)
      #expect(try first.readConfiguration() == configuration)
      #expect(
        errorText { _ = try RunFolder.newest(model: "other", in: folder) }.hasPrefix("there is no run of other")
      )
    }
  }

  @Test func placesThatWillNotDoAreNamed() throws {
    try withTemporaryFolder { folder in
      let run = try RunFolder.make(at: folder + "/a/b")
      try run.write(configuration)
      #expect(
        errorText { _ = try RunFolder.make(at: folder + "/a/b") }
          == "\(folder)/a/b holds a run already: name another folder with --output")
      #expect(errorText { _ = try RunFolder(existing: folder) }.hasPrefix("\(folder) is not a run of vaerun: "))
      try Data().write(to: URL(fileURLWithPath: folder + "/file"))
      #expect(
        errorText { _ = try RunFolder.make(at: folder + "/file") }.contains(
          "a file has this name: choose another"))
    }
  }

  /// What is wrong with a configuration after a change of its text.
  private func problem(_ change: (inout String) -> Void) throws -> String {
    try withTemporaryFolder { folder in
      let path = folder + "/config.json"
      try configuration.write(to: path)
      var text = try String(contentsOfFile: path, encoding: .utf8)
      change(&text)
      try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      return errorText { _ = try RunConfiguration(contentsOf: path) }
        .replacingOccurrences(of: path, with: "config.json")
    }
  }

  @Test(arguments: [
    ("\"epochs\" : 1,", "", "it lacks epochs"),
    ("\"library\" : \"", "\"librari\" : \"", "it lacks digests.library"),
    ("\"epochs\" : 1,", "\"epochs\" : \"one\",", "epochs has a value of another type"),
    ("\"epochs\" : 1,", "\"epochs\" : null,", "epochs has no value"),
    ("\"epochs\" : 1,", "\"epochs\" : 0,", "epochs is 0"),
    ("\"epochs\" : 1,", "\"epochs\" : 1e300,", "it is not JSON of the form that vaerun writes"),
    ("\"batch\" : 4,", "\"batch\" : -4,", "batch is -4"),
    ("\"rate\" : 0.1,", "\"rate\" : 0,", "rate is 0.0"),
    ("\"threads\" : 2", "\"threads\" : 5000", "threads is 5000"),
    ("\"limit\" : 15", "\"limit\" : 0", "limit is 0"),
    ("\"patience\" : 3", "\"patience\" : 0", "patience is 0"),
    ("\"steps\" : 7", "\"steps\" : 0", "steps is 0"),
    ("\"validationImages\" : 5", "\"validationImages\" : -1", "validationImages is -1"),
    ("\"cosine\"", "\"cosin\"", "rateSchedule has a value of another form"),
    ("\"2epochs\"", "2", "warmUp has a value of another type"),
    ("\"0:1@5steps\"", "\"0:1\"", "hyperSchedules.poison has a value of another form"),
    ("\"threads\" : 2", "\"threads\" : 2,,", "it is not JSON of the form that vaerun writes"),
  ])
  func damageOfAConfigurationIsNamed(_ old: String, _ new: String, _ what: String) throws {
    let found = try problem { text in
      #expect(text.contains(old))
      text = text.replacingOccurrences(of: old, with: new)
    }
    #expect(
      found == "config.json is damaged, \(what): mend it, or take the config.json of another run")
  }

  @Test func aConfigurationThatIsCutOffIsDamaged() throws {
    let whole = try configuration.text()
    for length in stride(from: 0, to: whole.count - 2, by: 61) {
      let found = try problem { $0 = String($0.prefix(length)) }
      #expect(
        found.hasPrefix("config.json is damaged, it is not JSON of the form that vaerun writes: "),
        "\(length) characters")
    }
  }

  @Test func aConfigurationOfAnotherFormatIsNamed() throws {
    #expect(
      try problem { $0 = $0.replacingOccurrences(of: "\"format\" : 2", with: "\"format\" : 3") }
        == "config.json has the format 3 and this vaerun reads the format 2: train again with this vaerun")
    #expect(
      try problem { $0 = "{}" }
        == "config.json has the format 1 and this vaerun reads the format 2: train again with this vaerun")
  }

  @Test func aDamagedRunIsNotPassedOver() throws {
    try withTemporaryFolder { folder in
      let runs = try (1...3).map { _ in try RunFolder.make(in: folder, model: "tiny") }
      for (age, run) in runs.enumerated() {
        try run.write(configuration)
        let date = Date(timeIntervalSince1970: 1e9 + Double(age))
        try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: run.configuration)
      }
      func damage(_ run: RunFolder) throws {
        let date = try FileManager.default.attributesOfItem(atPath: run.configuration)[.modificationDate]
        try Data("{".utf8).write(to: URL(fileURLWithPath: run.configuration))
        try FileManager.default.setAttributes(
          [.modificationDate: try #require(date)], ofItemAtPath: run.configuration)
      }
      try damage(runs[0])
      #expect(try RunFolder.newest(model: "tiny", in: folder) == runs[2])
      try damage(runs[2])
      #expect(
        errorText { _ = try RunFolder.newest(model: "tiny", in: folder) }.hasPrefix(
          "\(runs[2].configuration) is damaged, it is not JSON of the form that vaerun writes: "))
      #expect(
        errorText { _ = try RunFolder.newest(model: "other", in: folder) }.hasPrefix("there is no run of other")
      )
    }
  }

  @Test func oneProcessTrainsARunAtATime() throws {
    try withTemporaryFolder { folder in
      let run = try RunFolder.make(in: folder, model: "tiny")
      #expect(!run.isTraining)
      let lock = try run.lock()
      withExtendedLifetime(lock) {
        #expect(run.isTraining)
        #expect(
          errorText { _ = try run.lock() }
            == "\(run.path) is being trained by another process: wait for its end, or stop it")
      }
    }
  }

  @Test func sessionsReadBack() throws {
    try withTemporaryFolder { folder in
      let run = try RunFolder.make(in: folder, model: "tiny")
      #expect(run.sessions.isEmpty)
      var session = RunSession(
        fromStep: 3, commandLine: ["vaerun", "train"], threads: 2, runner: "vaerun 1", compiler: "vaec 1")
      session.end("finished", step: 9)
      try run.write([session])
      #expect(run.sessions == [session])
      #expect(session.machine.processors >= 1)
      #expect(session.began.hasSuffix("Z"))
    }
  }

  @Test func theProcessorsNameIsThatOfTheKernel() {
    let text = "processor\t: 0\nmodel name\t: AMD EPYC 9B45: 2 GHz\nflags\t: fpu\n"
    #expect(MachineDescription.processorName(text) == "AMD EPYC 9B45: 2 GHz")
    #expect(MachineDescription.processorName("") == "unknown")
  }

  @Test func theRunKeepsItsModel() throws {
    try withTemporaryFolder { folder in
      let model = try CompiledModel(folder: try TinyModel.make(in: folder))
      let run = try RunFolder.make(in: folder, model: "tiny")
      try run.begin(with: model, configuration)
      #expect(try run.readConfiguration() == configuration)
      #expect(try CompiledModel(folder: run.compiledModel).manifest == model.manifest)
      try AtomicFile.write(Data("another".utf8), to: model.folder + "/tiny.so")
      // Of a run that cannot begin nothing stays, but for what is somebody else's.
      let mixed = "tiny.so and its manifest come from different compilations: compile the model again"
      let next = try RunFolder.make(in: folder, model: "tiny")
      #expect(errorText { try next.begin(with: model, configuration) } == mixed)
      #expect(!FileManager.default.fileExists(atPath: next.path))
      let shared = try RunFolder.make(at: folder + "/shared")
      try Data("mine".utf8).write(to: URL(fileURLWithPath: folder + "/shared/notes.txt"))
      #expect(errorText { try shared.begin(with: model, configuration) } == mixed)
      #expect(try FileManager.default.contentsOfDirectory(atPath: shared.path) == ["notes.txt"])
    }
  }
}

extension RunConfiguration {
  fileprivate func text() throws -> String {
    try withTemporaryFolder { folder in
      try write(to: folder + "/config.json")
      return try String(contentsOfFile: folder + "/config.json", encoding: .utf8)
    }
  }
}
