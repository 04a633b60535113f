import Diagnostics
import IR
import Passes
import Reference
import Testing
import VDL

/// A model on a frozen part of another: what its training step computes and leaves alone, in the reference and in native code.
@Suite struct UsedPartTests {
  private static let base = """
    model base {
      input x: image[1, 6, 6]
      encoder (x) -> z {
        let h = x |> conv(3, kernel: 3, stride: 2, pad: 1) |> batch_norm |> relu |> flatten |> dropout(rate: 0.5)
        z = h |> dense(4)
      }
      decoder (z) -> x { x = z |> dense(9) |> batch_norm |> relu |> dense(36) |> reshape(1, 6, 6) }
      minimize mse(x)
    }
    """
  private static let classifier = """
    model user {
      input x: image[1, 6, 6]
      input y: class[3]
      use encoder from "base.vdl" frozen
      decoder (z) -> y { y ~ categorical(logits: z |> dense(5) |> relu |> dense(3)) }
      maximize loglik(y)
    }
    """
  /// The gradient goes through the decoder, whose numbers stay as they are.
  private static let encoder = """
    model user {
      input x: image[1, 6, 6]
      encoder (x) -> z { z = x |> flatten |> dense(7) |> tanh |> dense(4) }
      use decoder from "base.vdl" frozen
      minimize mse(x)
    }
    """
  static let texts = [classifier, encoder]

  private static func elaborated(_ text: String) throws -> Module {
    let tree = try parseModel(SourceText(name: "user.vdl", text: text)).withUsedModels { name in
      SourceText(name: name, text: base)
    }
    return try Pipeline([.inferShapes]).run(try elaborate(tree)).module
  }

  private static func values(_ module: Module, _ entry: Entry, images: Int) throws -> EntryValues {
    var values = EntryValues(module, entry: entry, images: images)
    for global in module.globals where global.name.hasSuffix("running_var") || global.kind == .state {
      let positive = (values.globals[global.name]?.data ?? []).map(abs)
      values.globals[global.name]?.data = positive
    }
    for argument in entry.arguments {
      guard let name = entry[argument.value].name else { continue }
      switch argument.role {
      case .label: values.arguments[name]?.data = (0..<images).map { Double($0 % 3) }
      case .step: values.arguments[name] = HostTensor(scalar: 3)
      case .rate: values.arguments[name] = HostTensor(scalar: Double(Float(0.01)))
      default: break
      }
    }
    return values
  }

  /// The harness looks after what no result names: frozen numbers that are written to fail the call.
  @Test(arguments: texts)
  func nativeCodeAgreesWithTheReference(text: String) throws {
    let plain = try Pipeline([.simplify, .differentiate]).run(try Self.elaborated(text)).module
    let options = PassOptions(blockImages: TestTarget.host.blockImages)
    let native = try NativeModule(
      try Pipeline.standard.run(try Self.elaborated(text), options: options).module, target: .host)
    let frozen = Set(plain.globals.filter { $0.kind == .frozen }.map(\.name))
    #expect(frozen.contains { $0.hasSuffix("norm0.running_var") })
    #expect(native.manifest.frozen?.map(\.name) == plain.globals.map(\.name).filter(frozen.contains))
    #expect(native.manifest.frozen?.allSatisfy { $0.origin == "base.vdl" } == true)
    #expect(native.manifest.parameters.allSatisfy { $0.origin == nil })
    for entry in plain.entries {
      for images in [7, 33] {
        let values = try Self.values(plain, entry, images: images)
        let made = try native.call(entry.name, values)
        for (target, value) in try values.reference(plain, entry.name) {
          #expect(!frozen.contains(target.name))
          let distance = distance(made.results[target] ?? [], value)
          #expect(distance <= Tolerance.of(target), "\(entry.name), \(target), \(images) images")
        }
      }
    }
  }

  /// Training and evaluation give the same loss where only frozen layers differ in the two.
  @Test(arguments: texts)
  func frozenLayersWorkAsOutsideOfTraining(text: String) throws {
    let module = try Self.elaborated(text)
    let evaluate = try #require(module.entry("evaluate"))
    let values = try Self.values(module, evaluate, images: 5)
    let interpreter = try Interpreter(try Pipeline([.simplify, .differentiate]).run(module).module)
    func loss(_ entry: String) throws -> [Double] {
      let outcome = try interpreter.run(
        entry, globals: values.globals, arguments: values.arguments, images: 5)
      return try #require(outcome[.metric("loss")]).data
    }
    let mean = try loss("evaluate").reduce(0, +) / 5
    #expect(abs(try loss("gradients")[0] - mean) < 1e-12)
  }
}
