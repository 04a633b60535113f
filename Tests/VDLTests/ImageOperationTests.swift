import Diagnostics
import Foundation
import IR
import LanguageTesting
import Testing
import VDL

/// What is done to the data, and to what the encoder sees.
@Suite struct ImageOperationTests {
  private static let base = """
    model m {
      input x: image[1, 4, 4] |> threshold(0.5)
      corrupt x with noise(std: 0.3)
      encoder (x) -> z { z = x |> flatten |> dense(3) }
      decoder (z) -> x { x = z |> dense(16) |> reshape(1, 4, 4) }
      minimize mse(x)
    }
    """

  static let cases: [(String, String, String)] = [
    ("threshold(0.5)", "«treshold»(0.5)", "unknown operation on images 'treshold'"),
    ("threshold(0.5)", "«relu»", "'relu' is a layer, not an operation on images"),
    ("threshold(0.5)", "binarize(«twice»)", "'draw' must be fixed or dynamic"),
    ("threshold(0.5)", "«threshold»", "'threshold' needs 'level'"),
    ("noise(std: 0.3)", "mask(rate: «1»)", "'rate' must be from 0 up to, not including, 1, not 1.0"),
    ("corrupt x", "corrupt «v»", "'v' is not an input of the model"),
    (
      "corrupt x with noise(std: 0.3)", "corrupt x with noise(std: 0.3)\n  corrupt «x» with mask(rate: 0.5)",
      "'x' is corrupted twice"
    ),
    (
      "corrupt x", "input y: class[3]\n  corrupt «y»", "'y' is a class, and images alone are corrupted"
    ),
    (
      "corrupt x", "input y: class[3] |> «threshold(0.5)»\n  corrupt x",
      "'y' is a class, which takes no operation on images"
    ),
    (
      "encoder (x) -> z { z = x |> flatten", "input y: class[3]\n  encoder (y) -> z { z = one_hot(y)",
      "'x' is corrupted, but the encoder does not take it"
    ),
    ("|> threshold(0.5)", "|> «0.5»", "expected an operation, such as threshold(0.5), after '|>', found '0.5'"),
    (
      "threshold(0.5)", "threshold(0.5) «as» a",
      "expected the end of the line after the operation, found the keyword 'as'"
    ),
  ]

  @Test(arguments: cases)
  func anErrorPointsAtItsCharacters(original: String, marked: String, message: String) throws {
    try #require(Self.base.contains(original))
    var text = Self.base.replacing(original, with: marked)
    // Where the encoder takes the class, the corruption is what is wrong.
    if message.contains("does not take") { text = text.replacing("corrupt x", with: "corrupt «x»") }
    let source = MarkedText(text)
    var found: [Diagnostic] = []
    do { _ = try elaborate(source.source) } catch { found = error.diagnostics }
    #expect(found.first?.message == message)
    #expect(found.first?.range == source.ranges.first)
  }

  private func entry(_ name: String, _ change: (String) -> String = { $0 }) throws -> Entry {
    let module = try elaborate(SourceText(name: "m.vdl", text: change(Self.base)))
    return try #require(module.entry(name))
  }

  private func operations(_ entry: Entry, _ name: String) -> [IR.Operation] {
    entry.operations.filter { $0.name == name }
  }

  /// The encoder's input and the objective's target differ, and `encode` sees the data as they are.
  @Test func corruptionIsForTheEncoderAlone() throws {
    let training = try entry("train_step")
    let noise = try #require(operations(training, "normal_noise").first)
    #expect(noise.attributes.symbol("domain") == "train")
    let target = try #require(operations(training, "sub").first).operands[0]
    #expect(target == operations(training, "map").first?.results[0])
    let evaluation = try #require(operations(try entry("evaluate"), "normal_noise").first)
    #expect(evaluation.attributes.symbol("domain") == "evaluate")
    #expect(evaluation.attributes.int("stream") == noise.attributes.int("stream"))
    #expect(operations(try entry("encode"), "normal_noise").isEmpty)
    #expect(try entry("encode").arguments.map(\.role) == [.image])
    let reconstruction = try entry("reconstruct")
    #expect(reconstruction.arguments.map(\.role) == [.image, .index, .seed, .epoch])
    #expect(reconstruction.results.map(\.target) == [.image("x"), .image("x.corrupted")])
  }

  @Test func operationsOnDataAreForAll() throws {
    let fixed = try entry("train_step") { $0.replacing("threshold(0.5)", with: "binarize(fixed)") }
    let draw = try #require(operations(fixed, "bernoulli_draw").first)
    #expect(draw.attributes.symbol("domain") == "data" && draw.attributes.symbol("draws") == "once")
    for name in ["evaluate", "encode", "reconstruct"] {
      let other = try entry(name) { $0.replacing("threshold(0.5)", with: "binarize(fixed)") }
      #expect(operations(other, "bernoulli_draw").first?.attributes == draw.attributes)
    }
    let dynamic = try entry("train_step") { $0.replacing("threshold(0.5)", with: "binarize(dynamic)") }
    #expect(operations(dynamic, "bernoulli_draw").first?.attributes.symbol("draws") == "each_epoch")
    let both = try entry("encode") { $0.replacing("threshold(0.5)", with: "threshold(0.5) |> mask(rate: 0.1)") }
    #expect(both.operations.prefix(3).map(\.name) == ["decode_u8", "map", "dropout"])
  }

  @Test func dropoutIsForTrainingAlone() throws {
    let change = { (text: String) in text.replacing("dense(3)", with: "dense(3) |> dropout(rate: 0.2)") }
    let drop = try #require(operations(try entry("train_step", change), "dropout").first)
    #expect(drop.attributes.float("scale") == 1.25 && drop.attributes.symbol("domain") == "train")
    #expect(operations(try entry("evaluate", change), "dropout").isEmpty)
  }

  @Test func usesOfASharedDropoutDrawNumbersOfTheirOwn() throws {
    let drops = operations(
      try entry("train_step") {
        $0.replacing("corrupt", with: "shared drop = dropout(rate: 0.2)\n  corrupt").replacing(
          "dense(3)", with: "dense(3) |> drop |> drop")
      }, "dropout")
    #expect(Set(drops.map { $0.attributes.int("stream") }).count == 2)
  }
}
