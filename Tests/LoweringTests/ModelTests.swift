import GraphTesting
import IR
import Reference
import Runtime
import Testing

/// The models of the repository: every entry native against the reference interpreter, which runs the model as its text
/// says it, before anything is fused.
@Suite struct ModelTests {
  /// Every model on this machine, one of them at every vector width.
  static let entries =
    ModelEntry.all(ModelFixture.allCases, [.host])
    + ModelEntry.all([.convvae], TestTarget.available.filter { $0 != .host })

  @Test(arguments: ModelEntry.all(ModelFixture.allCases, [.host]))
  func everyEntryAgreesWithTheReference(run: ModelEntry) throws {
    let runs = Self.entries.filter { $0.model == run.model && $0.entry == run.entry }
    let plain = try run.model.plain()
    // Two images are for the kernels that take few of them, which no entry that trains has: there batch normalization of two
    // numbers makes -1 and 1 of them, whatever they are, and its gradient is what rounding leaves of a difference of nearly
    // equal numbers.
    let trains = ["train_step", "gradients"].contains(run.entry)
    for images in batchSizes where images != 2 || !trains {
      let values = try run.model.values(run.entry, images: images)
      let wanted = try values.reference(plain, run.entry)
      for run in runs {
        let made = try run.model.native(run.target).call(run.entry, values)
        expectAgreement(made, wanted, "\(run), \(images) images")
      }
    }
  }

  @Test(arguments: entries)
  func workersChangeNoBit(run: ModelEntry) throws {
    let native = try run.model.native(run.target)
    for images in batchSizes {
      let values = try run.model.values(run.entry, images: images)
      let alone = try native.call(run.entry, values).bits
      for team in [TurnTakingTeam(workers: 2), TurnTakingTeam(workers: 3, descends: true)] {
        #expect(try native.call(run.entry, values, team: team).bits == alone, "\(run), \(images) images")
        #expect(team.workersLeftFlushing.isEmpty)
      }
    }
  }

  @Test(arguments: ModelEntry.all(ModelFixture.allCases, [.host]))
  func theRunnersThreadsChangeNoBit(run: ModelEntry) throws {
    let native = try run.model.native()
    for images in batchSizes {
      let values = try run.model.values(run.entry, images: images)
      let alone = try native.call(run.entry, values)
      for threads in [1, 2] {
        let made = try native.callByRunner(run.entry, values, threads: threads)
        for (target, floats) in made {
          #expect(alone.results[target]?.map(\.bitPattern) == floats.map(\.bitPattern), "\(run), \(target)")
        }
        #expect(!made.isEmpty)
      }
    }
  }

  @Test(arguments: ModelEntry.all([.convvae, .convae], [.host]))
  func fusionChangesResultsByRoundingAlone(run: ModelEntry) throws {
    let values = try run.model.values(run.entry, images: 33)
    let fused = try run.model.native().call(run.entry, values)
    let unfused = try run.model.native(isFused: false).call(run.entry, values)
    expectAgreement(
      fused, unfused.results.mapValues { HostTensor(shape: [$0.count], data: $0.map(Double.init)) }, "\(run)")
  }

  @Test(arguments: ModelFixture.allCases, [7])
  func threeStepsOfTrainingAgreeWithTheReference(model: ModelFixture, images: Int) throws {
    let native = try model.native()
    let interpreter = try Interpreter(try model.plain())
    var values = try model.values("train_step", images: images)
    var wanted = values
    for step in 1...3 {
      values.arguments["step"] = HostTensor(scalar: Double(step))
      wanted.arguments["step"] = HostTensor(scalar: Double(step))
      let outcome = try interpreter.run(
        "train_step", globals: wanted.globals, arguments: wanted.arguments, images: images)
      let made = try native.call("train_step", values)
      expectAgreement(
        made, Dictionary(uniqueKeysWithValues: outcome.results.map { ($0.target, $0.value) }),
        "\(model), step \(step), \(images) images")
      wanted.globals = outcome.updating(wanted.globals)
      for case (.global(let name), let floats) in made.results {
        values.globals[name]?.data = floats.map(Double.init)
      }
    }
  }

  /// Holds each result within its tolerance: gradients and their averages, and what is not one.
  private func expectAgreement(
    _ made: NativeModule.Outcome, _ wanted: [ResultTarget: HostTensor], _ what: String,
    sourceLocation: Testing.SourceLocation = #_sourceLocation
  ) {
    #expect(made.results.count == wanted.count, "\(what)", sourceLocation: sourceLocation)
    for (target, value) in wanted {
      let distance = distance(made.results[target] ?? [], value)
      #expect(
        distance <= Tolerance.of(target), "\(what), \(target), seed \(testSeed)", sourceLocation: sourceLocation
      )
    }
  }
}

extension NativeModule {
  /// The results that the runner's own way of calling an entry hands out.
  fileprivate func callByRunner(
    _ name: String, _ values: EntryValues, threads: Int
  ) throws -> [ResultTarget: [Float]] {
    let instance = try ModelInstance(compiled, threads: threads)
    for parameter in manifest.weights {
      try instance.set(parameter.name, to: (values.globals[parameter.name]?.data ?? []).map { Float($0) })
    }
    guard let entry = module.entry(name) else { return [:] }
    var arguments: [String: EntryValue] = [:]
    for argument in entry.arguments {
      guard let argumentName = entry[argument.value].name, let tensor = values.arguments[argumentName] else {
        continue
      }
      arguments[[.decay, .clip].contains(argument.role) ? "hyper.\(argumentName)" : argumentName] =
        switch entry.type(of: argument.value)?.element {
        case .u8: .u8(tensor.data.map { UInt8($0) })
        case .i32: .i32(tensor.data.map { Int32($0) })
        default: .f32(tensor.data.map { Float($0) })
        }
    }
    let made = try instance.call(name, arguments, count: values.images)
    var results: [ResultTarget: [Float]] = [:]
    for result in entry.results {
      switch result.target {
      case .global(let global): results[result.target] = try? instance.values(of: global)
      case .metric(let name), .latent(let name), .image(let name), .probabilities(let name),
        .gradient(let name):
        results[result.target] = made[name]?.floats
      }
    }
    return results
  }
}
