import Diagnostics
import Inspection
import LanguageTesting
import Testing
import VDL

@Suite struct ModelCheckTests {
  private func expect(
    _ text: MarkedText, _ messages: [String], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try ModelCheck.diagnostics(text.source)
    #expect(found.diagnostics.map(\.message) == messages, sourceLocation: sourceLocation)
    let rendered = DiagnosticRenderer(sources: [text.source]).render(found)
    #expect(found.diagnostics.map(\.range) == text.ranges, "\(rendered)", sourceLocation: sourceLocation)
  }

  @Test(arguments: Models.names)
  func modelsOfTheRepositoryAreInOrder(name: String) throws {
    let found = try ModelCheck.diagnostics(try Models.source(name), read: Models.reader(for: name))
    #expect(found.diagnostics.isEmpty, "\(found)")
  }

  @Test(arguments: StartingModel.Kind.allCases, StartingModel.Layers.allCases)
  func modelsToBeginWithAreInOrder(kind: StartingModel.Kind, layers: StartingModel.Layers) throws {
    for data in StartingModel.data {
      let model = try StartingModel(name: "first", kind: kind, layers: layers, data: data)
      let source = SourceText(name: "first.vdl", text: model.text)
      #expect(try ModelCheck.diagnostics(source).diagnostics.isEmpty)
    }
  }

  @Test func errorsOfNamesArgumentsAndShapesComeTogether() throws {
    let text = MarkedText(
      """
      model m {
        input x: image[1, 28, 28]
        encoder (x) -> z {
          let h = x |> «flaten» |> dense(8)
          let k = x |> «conv(3, kernel: 40)» |> flatten
          z = x |> flatten |> dense(8)
        }
        decoder (z) -> x {
          let a = z |> dense(784) |> «reshape(1, 27, 28)»
          let b = z |> dense(«0»)
          x = a |> sigmoid
        }
        minimize «mes»(x)
        train { «bacth»: 3 }
      }
      """)
    try expect(
      text,
      [
        "unknown layer 'flaten'", "'conv' has a kernel of 40 but an image of only 28 (28 with padding)",
        "'reshape' cannot turn f32[N,784] into f32[N,1,27,28]", "'units' must be 1 or more, not 0",
        "unknown term 'mes'", "unknown setting 'bacth'",
      ])
  }

  @Test func whatDependsOnAnErrorIsNotReported() throws {
    let text = MarkedText(
      """
      model m {
        input x: image[1, 28, 28]
        encoder (x) -> z {
          let h = x |> «flaten» |> dense(8)
          z ~ normal(mean: h |> conv(1, kernel: 1), logvar: h |> dense(2))
        }
        prior z ~ normal(mean: 0, std: 1)
        decoder (z) -> x { x ~ bernoulli(logits: z) }
        maximize loglik(x) - kl(z)
      }
      """)
    try expect(text, ["unknown layer 'flaten'"])
  }

  @Test func shapeErrorsOfARightTextArePlaced() throws {
    let text = MarkedText(
      """
      model m {
        input x: image[1, 28, 28]
        encoder (x) -> z { z = x |> «dense(8)» }
        decoder (z) -> x { x = z |> dense(784) |> reshape(1, 28, 28) }
        minimize mse(x)
      }
      """)
    try expect(text, ["'dense' needs a row of numbers per image, f32[N,features], not f32[N,1,28,28]"])
  }

  @Test func anErrorOfTheGrammarStandsAlone() throws {
    try expect(
      MarkedText("model m {\n config a =«»\n input y: imgae[1]\n}"),
      ["expected a value, found the end of the line"])
  }

  @Test func warningsAreOfModelsWithoutErrors() throws {
    let right = """
      model m {
        config «unused» = 3
        input x: image[1, 28, 28]
        encoder (x) -> z { z = x |> flatten |> dense(8) }
        decoder (z) -> x { x = z |> dense(784) |> reshape(1, 28, 28) }
        minimize mse(x)
      }
      """
    try expect(MarkedText(right), ["config 'unused' is never used"])
    let wrong = right.replacing("«unused»", with: "unused").replacing("flatten", with: "«flaten»")
    try expect(MarkedText(wrong), ["unknown layer 'flaten'"])
  }

  @Test func settingsAreChecked() throws {
    let source = try Models.source("convvae")
    let faulty = try ModelCheck.diagnostics(source, settings: ["hiden": "3"])
    #expect(faulty.diagnostics.map(\.message) == ["the model has no config 'hiden' to set"])
    let large = try ModelCheck.diagnostics(source, settings: ["hidden": "100000000"])
    #expect(large.diagnostics.first?.message.contains("too large") == true)
  }
}
