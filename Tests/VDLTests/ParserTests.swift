import Diagnostics
import LanguageTesting
import Testing
import VDL

@Suite struct ParserTests {
  private func parse(_ text: String) throws -> ModelSyntax {
    try parseModel(SourceText(name: "test.vdl", text: text))
  }

  private func objective(_ text: String) throws -> VDL.Expression {
    let model = try parse("model m {\n maximize \(text)\n}")
    guard case .objective(let objective)? = model.declarations.first else { throw DiagnosticList([]) }
    return objective.value
  }

  @Test(arguments: Models.names)
  func modelsOfTheRepositoryParse(name: String) throws {
    let model = try parseModel(try Models.source(name))
    #expect(model.name.text == name.split(separator: "/").last.map(String.init))
    #expect(model.documentation?.isEmpty == false)
  }

  /// Every construct of the language, also those that no op stands behind yet.
  @Test func theWholeGrammarParses() throws {
    let model = try parse(
      """
      /// Everything.
      model everything {
        config hidden = 10 * (2 + 3) / 5 - 1
        hyper beta = -1.5e-1      // a comment
        input x: image[1, 28, 28]
        input y: class[10]
        input v: vector[hidden]
        block down(h, channels) = h |> conv(channels, kernel: 3, pad: same) |> relu
        shared f = down(32)
        use encoder from "convae.vdl" frozen
        use decoder from "convae.vdl"
        corrupt x with noise(std: 0.3)
        encoder (x, y) -> z, z2 {
          /// Features.
          let h = concat(x, y)
            |> f |> dense(hidden, init: glorot_uniform) as features
            |> relu
        }
      }
      """)
    #expect(model.declarations.count == 11)
    let rest = try parse(
      """
      model rest {
        encoder (x) -> z, z2 {
          z ~ normal(mean: h |> dense(2), logvar: h |> dense(2),)
          z2 = h |> quantize(codes: 512)
        }
        prior (y) -> z { z ~ normal(mean: y |> dense(2), std: 1) }
        prior z2 ~ categorical(logits: 0)
        decoder (z, z2, y) -> x
        {
          x ~ bernoulli(logits: z |> dense(784) |> reshape(1, 28, 28))
        }
        maximize iwae(samples: 50)
          - 1e-4 * l1(h) + 0.1 * jacobian(z, x)
        train {
          optimizer: adam(rate: 1e-3)
          batch: 128, epochs: 30,
        }
      }
      """)
    #expect(rest.declarations.count == 6)
  }

  @Test func multiplicationBindsTighterThanAdditionAndThePipeLoosest() throws {
    guard case .pipeline(let pipeline) = try objective("a + b * c - d |> f"),
      case .binary(let difference) = pipeline.source,
      case .binary(let sum) = difference.left,
      case .binary(let product) = sum.right
    else {
      Issue.record("not the expected tree")
      return
    }
    #expect(pipeline.stages.map(\.name.text) == ["f"])
    #expect([difference.operation, sum.operation, product.operation] == [.subtract, .add, .multiply])
  }

  @Test func aLineThatBeginsWithAnOperatorContinuesTheStatement() throws {
    let oneLine = try objective("a - b |> f")
    let twoLines = try objective("a\n  - b\n  |> f")
    #expect(twoLines.range.start == oneLine.range.start)
    guard case .pipeline(let pipeline) = twoLines else {
      Issue.record("not a pipeline")
      return
    }
    #expect(pipeline.stages.count == 1)
  }

  @Test func rangesCoverWhatTheNodeWasMadeOf() throws {
    let text = MarkedText("model m {\n  maximize «a + b * «f(1, k: 2)»»\n}")
    let model = try parseModel(text.source)
    guard case .objective(let objective)? = model.declarations.first, case .binary(let sum) = objective.value,
      case .binary(let product) = sum.right
    else {
      Issue.record("not the expected tree")
      return
    }
    #expect([sum.range, product.right.range] == text.ranges)
  }

  @Test func theShortPriorIsAScopeWithOneDraw() throws {
    let model = try parse("model m { prior z ~ normal(mean: 0, std: 1) }")
    guard case .scope(let scope)? = model.declarations.first else {
      Issue.record("not a scope")
      return
    }
    #expect(scope.kind == .prior && scope.isShort && scope.parameters.isEmpty)
    #expect(scope.results.map(\.text) == ["z"] && scope.statements.count == 1)
  }
}
