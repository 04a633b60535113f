import Diagnostics
import IR
import Passes
import Testing

@Suite struct DifferentiateTests {
  /// Central differences of the loss of `gradients`, in float64, by some elements of every parameter.
  @Test(arguments: SmallModel.allCases)
  func gradientsAreTheSlopesOfTheLoss(model: SmallModel) throws {
    let seed: UInt64 = 11
    let module = try Pipeline(names: ["infer-shapes", "differentiate"]).run(try model.module()).module
    var evaluation = Evaluation(seed: seed, images: 3)
    let inputs = evaluation.inputs(of: module)
    let entry = try #require(module.entry("gradients"))
    let results = try evaluation.run(entry, inputs)
    let step = 1e-5
    for (result, gradient) in zip(entry.results, results) {
      guard case .gradient(let name) = result.target else { continue }
      for element in stride(from: 0, to: gradient.count, by: max(1, gradient.count / 7)) {
        func loss(_ change: Double) throws -> Double {
          var changed = inputs
          changed.globals[name]?.data[element] += change
          return try evaluation.run(entry, changed)[0].data[0]
        }
        let slope = (try loss(step) - loss(-step)) / (2 * step)
        #expect(
          abs(slope - gradient.data[element]) < 1e-6 * max(1, abs(slope)), "\(name)[\(element)], seed \(seed)")
      }
    }
  }

  @Test func onlyWantedGradientsAreBuilt() throws {
    let text = try run(
      [.differentiate],
      on: """
        parameter @w : f32[3,5] init constant(0)
        entry @f(latent %x : f32[N,5]) {
          %0 = dense %x, @w : f32[N,3]
          %1 = tanh %0 : f32[N,3]
          %2 = sum_elements %1 : f32[]
          %3 = gradient %2, @w : f32[3,5]
          return gradient w = %3
        }
        """)
    #expect(
      text == """
        entry @f(latent %x : f32[N,5]) {
          %0 = dense %x, @w : f32[N,3]
          %1 = tanh %0 : f32[N,3]
          %2 = sum_elements %1 : f32[]
          %3 = constant {value = 1.0} : f32[]
          %4 = broadcast_like %3, %1 : f32[N,3]
          %5 = tanh_gradient %4, %1 : f32[N,3]
          %6 = dense_weight_gradient %5, %x : f32[3,5]
          return gradient w = %6
        }

        """)
  }

  @Test func gradientsThatMeetAreAdded() throws {
    let text = try run(
      [.differentiate, .simplify],
      on: """
        parameter @w : f32[3] init constant(0)
        entry @f() {
          %0 = exp @w : f32[3]
          %1 = mul %0, @w : f32[3]
          %2 = sum_elements %1 : f32[]
          %3 = gradient %2, @w : f32[3]
          return gradient w = %3
        }
        """)
    #expect(
      text == """
        entry @f() {
          %0 = exp @w : f32[3]
          %1 = mul @w, %0 : f32[3]
          %2 = add %0, %1 : f32[3]
          return gradient w = %2
        }

        """)
  }

  @Test func aGradientCanBeDifferentiated() throws {
    // f = sum x^3, f' = 3 x^2, sum f' differentiated again is 6 x.
    let module = try Module(
      parsing: SourceText(
        name: "test.vir",
        text: """
          module test
          parameter @x : f32[4] init constant(0)
          entry @f() {
            %0 = square @x : f32[4]
            %1 = mul %0, @x : f32[4]
            %2 = sum_elements %1 : f32[]
            %3 = gradient %2, @x : f32[4]
            %4 = sum_elements %3 : f32[]
            %5 = gradient %4, @x : f32[4]
            return gradient x = %5
          }
          """))
    let result = try Pipeline([.differentiate, .simplify]).run(module).module
    var evaluation = Evaluation(seed: 3, images: 1)
    let inputs = evaluation.inputs(of: result)
    let value = try evaluation.run(result.entries[0], inputs)[0]
    let x = try #require(inputs.globals["x"])
    for (second, x) in zip(value.data, x.data) { #expect(abs(second - 6 * x) < 1e-12, "seed 3") }
  }

  @Test func theGradientByWhatDoesNotMatterIsZero() throws {
    let text = try run(
      [.differentiate],
      on: """
        parameter @a : f32[3] init constant(0)
        parameter @b : f32[2] init constant(0)
        entry @f() {
          %0 = sum_elements @a : f32[]
          %1 = gradient %0, @b : f32[2]
          return gradient b = %1
        }
        """)
    #expect(
      text == """
        entry @f() {
          %0 = sum_elements @a : f32[]
          %1 = constant {value = 0.0} : f32[]
          %2 = broadcast_like %1, @b : f32[2]
          return gradient b = %2
        }

        """)
  }

  @Test func whatCannotBeDifferentiatedIsAnErrorAtItsPlace() throws {
    let source = SourceText(name: "m.vdl", text: "average(w)\nminimize it\n")
    let module = try Module(
      parsing: SourceText(
        name: "test.vir",
        text: """
          module test
          source "m.vdl"
          parameter @w : f32[3] init constant(0)
          entry @f() {
            %0 = decay_average @w, @w {decay = 0.9} : f32[3]  at 1:1-11
            %1 = sum_elements %0 : f32[]  at 2:10-12
            %2 = gradient %1, @w : f32[3]  at 2:1-12
            return gradient w = %2
          }
          """))
    let error = #expect(throws: DiagnosticList.self) { try Pipeline([.differentiate]).run(module) }
    #expect(
      error.map { DiagnosticRenderer(sources: [source]).render($0) } == """
        m.vdl:1:1: error: the objective cannot be differentiated: 'decay_average' has no gradient
          average(w)
          ^~~~~~~~~~
        m.vdl:2:1: note: the gradient is asked for here
          minimize it
          ^~~~~~~~~~~
        """)
  }

  @Test func fusedSamplingCannotBeDifferentiated() throws {
    let text = """
      parameter @w : f32[3,5] init constant(0)
      entry @f(latent %x : f32[N,5]) {
        %0 = dense %x, @w {epilogue = relu} : f32[N,3]
        %z, %kl = reparam_kl_given %0, %0, %0 : f32[N,3], f32[N]
        %1 = mean_images %kl : f32[]
        %2 = gradient %1, @w : f32[3,5]
        return gradient w = %2
      }
      """
    let error = #expect(throws: DiagnosticList.self) { try run([.differentiate], on: text) }
    #expect(error?.diagnostics.first?.message.contains("'reparam_kl_given' has no gradient") == true)
  }
}
