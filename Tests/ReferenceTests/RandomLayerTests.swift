import Diagnostics
import IR
import Passes
import Reference
import Testing
import VDL

/// What dropout, binarization and layer normalization do to numbers.
@Suite struct RandomLayerTests {
  private func encode(
    _ input: String, _ layers: String, _ x: [Double], images: Int, epoch: Double = 1, entry: String = "encode"
  ) throws -> [Double] {
    let text = """
      model m {
        input x: image[1, 1, \(x.count / images)] \(input)
        encoder (x) -> z { z = x |> flatten \(layers) }
        decoder (z) -> x { x = z |> reshape(1, 1, \(x.count / images)) }
        minimize sse(x)
      }
      """
    let module = try Pipeline([.inferShapes, .differentiate]).run(
      try elaborate(SourceText(name: "m.vdl", text: text))
    ).module
    let globals = try module.initialValues(seed: 1)
    var arguments = ["x": HostTensor(shape: [images, 1, 1, x.count / images], data: x)]
    let all = [
      "index": HostTensor(shape: [images], data: (0..<images).map { Double($0 + 5) }),
      "seed": HostTensor(shape: [2], data: [3, 4]), "epoch": HostTensor(scalar: epoch),
      "step": HostTensor(scalar: 1), "rate": HostTensor(scalar: 0.1),
    ]
    let taken = try #require(module.entry(entry))
    for argument in taken.arguments {
      if let name = taken[argument.value].name, let value = all[name] { arguments[name] = value }
    }
    let outcome = try Interpreter(module).run(entry, globals: globals, arguments: arguments, images: images)
    return outcome.results.first?.value.data ?? []
  }

  @Test func binarizationHasTheProbabilityOfTheGreyLevel() throws {
    let grey = [0.0, 51, 102, 153, 204, 255]
    let x = (0..<400).flatMap { _ in grey }
    let z = try encode("|> binarize(dynamic)", "", x, images: 400)
    #expect(Set(z) == [0, 1])
    for (place, level) in grey.enumerated() {
      let share = stride(from: place, to: z.count, by: 6).map { z[$0] }.reduce(0, +) / 400
      let probability = level / 255
      // Four standard deviations of the share.
      #expect(abs(share - probability) <= 4 * (probability * (1 - probability) / 400).squareRoot())
    }
  }

  @Test func aFixedDrawIsTheSameInEveryEpoch() throws {
    let x = [Double](repeating: 127, count: 64)
    func draw(_ kind: String, _ epoch: Double) throws -> [Double] {
      try encode("|> binarize(\(kind))", "", x, images: 4, epoch: epoch)
    }
    #expect(try draw("fixed", 1) == draw("fixed", 2))
    #expect(try draw("dynamic", 1) != draw("dynamic", 2))
    #expect(try draw("fixed", 1) != draw("dynamic", 1))
  }

  @Test func dropoutKeepsTheMean() throws {
    // The loss of what dropout makes of ones: (1 - y)^2 is 1 where y is 0, and (1 / 3)^2 / ... where it is 4 / 3.
    let x = [Double](repeating: 255, count: 8000)
    let loss = try encode("", "|> dropout(rate: 0.25)", x, images: 4, entry: "train_step")
    let expected = 2000 * (0.25 * 1 + 0.75 / 9)
    #expect(abs((loss.first ?? 0) - expected) < 0.06 * expected)
    #expect(try encode("", "|> dropout(rate: 0.25)", x, images: 4) == x.map { $0 / 255 })
  }

  @Test func aNormalizedRowHasMeanZeroAndVarianceOne() throws {
    let x = (0..<60).map { Double($0 * $0 % 251) }
    let z = try encode("", "|> layer_norm(epsilon: 1e-9)", x, images: 3)
    for image in 0..<3 {
      let row = z[image * 20..<(image + 1) * 20]
      let mean = row.reduce(0, +) / 20
      #expect(abs(mean) < 1e-9)
      #expect(abs(row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 20 - 1) < 1e-6)
    }
  }

  @Test func aThresholdIsAboveItsLevel() throws {
    #expect(try encode("|> threshold(0.5)", "", [0, 127, 128, 255], images: 1) == [0, 0, 1, 1])
  }
}
