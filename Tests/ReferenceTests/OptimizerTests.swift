import Diagnostics
import IR
import Passes
import Reference
import Testing
import VDL

/// Each optimizer of the language, with and without decay and clipping, against its algorithm written out a second time, over
/// steps of different rates. Before the fusions and behind them.
@Suite struct OptimizerTests {
  /// A setting of `train`, and the algorithm that it stands for.
  struct Case: Sendable, CustomTestStringConvertible {
    let settings: String
    /// The new parameter, and what is kept, of parameter, clipped gradient and inputs; one element at a time.
    let step: @Sendable (inout [String: Double], Double, Double, Inputs) -> Double
    var clipping: @Sendable ([[Double]], Inputs) -> [[Double]] = { gradients, _ in gradients }

    var testDescription: String { settings }
  }

  struct Inputs {
    var rate: Double
    var decay = 0.01
    var clip = 0.02
    var step: Int
  }

  private static func adam(_ state: inout [String: Double], _ g: Double, _ inputs: Inputs) -> Double {
    let m = 0.8 * state["m", default: 0] + 0.2 * g
    let v = 0.95 * state["v", default: 0] + 0.05 * g * g
    (state["m"], state["v"]) = (m, v)
    func power(_ x: Double) -> Double { (0..<inputs.step).reduce(1) { product, _ in product * x } }
    return inputs.rate * (m / (1 - power(0.8))) / ((v / (1 - power(0.95))).squareRoot() + 1e-3)
  }

  static let cases: [Case] = [
    Case(settings: "optimizer: adam(beta1: 0.8, beta2: 0.95, epsilon: 1e-3)") { state, p, g, inputs in
      p - adam(&state, g, inputs)
    },
    Case(settings: "optimizer: adam(beta1: 0.8, beta2: 0.95, epsilon: 1e-3, decay: 1)") {
      state, p, g, inputs in p - adam(&state, g + inputs.decay * p, inputs)
    },
    Case(settings: "optimizer: adamw(beta1: 0.8, beta2: 0.95, epsilon: 1e-3, decay: 1)") {
      state, p, g, inputs in p * (1 - inputs.rate * inputs.decay) - adam(&state, g, inputs)
    },
    Case(settings: "optimizer: sgd") { _, p, g, inputs in p - inputs.rate * g },
    Case(settings: "optimizer: sgd(decay: 1)") { _, p, g, inputs in
      p - inputs.rate * (g + inputs.decay * p)
    },
    Case(settings: "optimizer: sgd(momentum: 0.7, decay: 1)") { state, p, g, inputs in
      // PyTorch: the buffer begins as the first gradient.
      let g = g + inputs.decay * p
      let buffer = state["b"].map { 0.7 * $0 + g } ?? g
      state["b"] = buffer
      return p - inputs.rate * buffer
    },
    Case(settings: "optimizer: sgd(momentum: 0.7, nesterov: yes)") { state, p, g, inputs in
      let buffer = state["b"].map { 0.7 * $0 + g } ?? g
      state["b"] = buffer
      return p - inputs.rate * (g + 0.7 * buffer)
    },
    Case(settings: "optimizer: rmsprop(alpha: 0.9, epsilon: 1e-3)") { state, p, g, inputs in
      let v = 0.9 * state["v", default: 0] + 0.1 * g * g
      state["v"] = v
      return p - inputs.rate * g / (v.squareRoot() + 1e-3)
    },
    Case(settings: "optimizer: rmsprop(alpha: 0.9, epsilon: 1e-3, momentum: 0.6, decay: 1)") {
      state, p, g, inputs in
      let g = g + inputs.decay * p
      let v = 0.9 * state["v", default: 0] + 0.1 * g * g
      let buffer = 0.6 * state["b", default: 0] + g / (v.squareRoot() + 1e-3)
      (state["v"], state["b"]) = (v, buffer)
      return p - inputs.rate * buffer
    },
    Case(settings: "optimizer: adagrad(epsilon: 1e-3, decay: 1)") { state, p, g, inputs in
      let g = g + inputs.decay * p
      let sum = state["s", default: 0] + g * g
      state["s"] = sum
      return p - inputs.rate * g / (sum.squareRoot() + 1e-3)
    },
    Case(
      settings: "optimizer: sgd(decay: 1), clip: norm(1)",
      step: { _, p, g, inputs in p - inputs.rate * (g + inputs.decay * p) },
      clipping: { gradients, inputs in
        let norm = gradients.joined().reduce(0) { $0 + $1 * $1 }.squareRoot()
        return gradients.map { $0.map { $0 * min(1, inputs.clip / (norm + 1e-6)) } }
      }),
    Case(
      settings: "optimizer: adam(beta1: 0.8, beta2: 0.95, epsilon: 1e-3, decay: 1), clip: value(1)",
      step: { state, p, g, inputs in p - adam(&state, g + inputs.decay * p, inputs) },
      clipping: { gradients, inputs in
        gradients.map { $0.map { min(max($0, -inputs.clip), inputs.clip) } }
      }),
  ]

  private static func module(_ settings: String, isFused: Bool) throws -> Module {
    let text = """
      model m {
        input x: image[1, 2, 2]
        encoder (x) -> z { z = x |> flatten |> dense(3) |> tanh }
        decoder (z) -> x { x = z |> dense(4) |> reshape(1, 2, 2) }
        minimize sse(x)
        train { \(settings) }
      }
      """
    let passes = isFused ? Pipeline.standard.passes : [.inferShapes, .simplify, .differentiate]
    return try Pipeline(passes).run(
      try elaborate(SourceText(name: "m.vdl", text: text)), options: PassOptions(blockImages: 8)
    ).module
  }

  @Test(arguments: cases, [false, true])
  func fourStepsAreThoseOfTheAlgorithm(optimizer: Case, isFused: Bool) throws {
    let module = try Self.module(optimizer.settings, isFused: isFused)
    if isFused {
      let names = try #require(module.entry("train_step")).operations.map(\.name)
      let steps = names.count { ["map", "map2", "map3", "descend"].contains($0) }
      #expect(
        steps >= module.parameters.count && !names.contains { $0.hasSuffix("_apply") || $0 == "momentum" })
    }
    let interpreter = try Interpreter(module)
    var globals = try module.initialValues(seed: 3)
    var parameters = module.parameters.map { ($0.name, globals[$0.name]?.data ?? []) }
    var states = parameters.map { $0.1.map { _ in [String: Double]() } }
    let images = HostTensor(shape: [5, 1, 2, 2], data: (0..<20).map { Double(($0 * 37 + 11) % 256) })
    for step in 1...4 {
      let inputs = Inputs(rate: 0.3 / Double(step), step: step)
      let gradients = try interpreter.run(
        "gradients", globals: globals, arguments: ["x": images], images: 5)
      let clipped = optimizer.clipping(
        parameters.map { gradients[.gradient($0.0)]?.data ?? [] }, inputs)
      for index in parameters.indices {
        for element in parameters[index].1.indices {
          parameters[index].1[element] = optimizer.step(
            &states[index][element], parameters[index].1[element], clipped[index][element], inputs)
        }
      }
      let numbers = ["rate": inputs.rate, "decay": inputs.decay, "clip": inputs.clip, "step": Double(step)]
      let entry = try #require(module.entry("train_step"))
      var arguments = ["x": images]
      for argument in entry.arguments {
        if let name = entry[argument.value].name, let number = numbers[name] {
          arguments[name] = HostTensor(scalar: number)
        }
      }
      globals = try interpreter.run("train_step", globals: globals, arguments: arguments, images: 5)
        .updating(globals)
      for (name, wanted) in parameters {
        let made = try #require(globals[name]?.data)
        #expect(
          zip(made, wanted).allSatisfy { abs($0 - $1) <= 1e-12 * max(1, abs($1)) }, "\(name), step \(step)")
        #expect(!wanted.isEmpty)
      }
    }
  }

  @Test func anOptimizerOfTheCommandLineTakesThePlaceOfTheModels() throws {
    let text = """
      model m {
        input x: image[1, 2, 2]
        encoder (x) -> z { z = x |> flatten |> dense(3) }
        decoder (z) -> x { x = z |> dense(4) |> reshape(1, 2, 2) }
        minimize sse(x)
        TRAIN
      }
      """
    func defaults(_ train: String, _ optimizer: String) throws -> TrainingDefaults {
      let source = SourceText(name: "m.vdl", text: text.replacing("TRAIN", with: train))
      return try elaborate(try parseModel(source).replacingOptimizer(optimizer)).training
    }
    let kept = try defaults("train { optimizer: adam(rate: 0.5, beta1: 0.8, decay: 0.25), batch: 7 }", "sgd")
    #expect(kept.optimizer == "sgd" && kept.rate == 0.5 && kept.decay == 0.25 && kept.batch == 7)
    let given = try defaults(
      "train { optimizer: adam(rate: 0.5, decay: 0.25) }", "rmsprop(decay: 0, alpha: 0.5)")
    #expect(given.optimizer == "rmsprop" && given.rate == 0.5 && given.decay == 0)
    let alone = try defaults("", "adagrad")
    #expect(alone.optimizer == "adagrad" && alone.rate == 0.01)
    #expect(try defaults("train { batch: 3 }", "adamw").decay == 0.01)
  }
}
