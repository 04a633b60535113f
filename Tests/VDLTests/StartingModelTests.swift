import Diagnostics
import LanguageTesting
import Testing
import VDL

@Suite struct StartingModelTests {
  @Test(arguments: StartingModel.Kind.allCases, StartingModel.Layers.allCases)
  func modelsAreInTheCanonicalLayout(kind: StartingModel.Kind, layers: StartingModel.Layers) throws {
    for data in StartingModel.data {
      let text = try StartingModel(name: "first_1", kind: kind, layers: layers, data: data).text
      let source = SourceText(name: "first_1.vdl", text: text)
      #expect(try formatModel(source) == text)
      #expect(try elaborate(source).name == "first_1")
      #expect(lint(try parseModel(source)).isEmpty)
      #expect(text.contains("--data \(data.name)\n"))
    }
  }

  @Test(arguments: ["", "3d", "a b", "a-b", "ä", "a\n", " a", "a//", "\"a\"", "("])
  func aNameThatIsNoneIsRefused(name: String) throws {
    let data = try #require(StartingModel.data.first)
    #expect(throws: StartingModelError.noName(name)) {
      try StartingModel(name: name, kind: .vae, layers: .conv, data: data)
    }
  }

  @Test(arguments: Keyword.allCases)
  func aReservedWordIsNoName(word: Keyword) throws {
    let data = try #require(StartingModel.data.first)
    #expect(throws: StartingModelError.reserved(word.rawValue)) {
      try StartingModel(name: word.rawValue, kind: .vae, layers: .conv, data: data)
    }
  }
}
