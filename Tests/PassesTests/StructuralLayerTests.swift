import Diagnostics
import IR
import Passes
import Testing
import VDL

/// Layers that pool, normalise and rearrange.
@Suite struct StructuralLayerTests {
  /// An autoencoder of 2x8x8 images whose encoder is made of these statements.
  private func module(_ statements: String, _ declarations: String = "") throws -> Module {
    let text = """
      model m {
        input x: image[2, 8, 8]
        \(declarations)
        encoder (x) -> z {
          \(statements)
        }
        decoder (z) -> x { x = z |> dense(128) |> reshape(2, 8, 8) }
        minimize mse(x)
      }
      """
    let source = SourceText(name: "m.vdl", text: text)
    do {
      return try Pipeline([.inferShapes]).run(try elaborate(source)).module
    } catch {
      Issue.record(
        "\((error as? DiagnosticList).map(DiagnosticRenderer(sources: [source]).render) ?? "\(error)")")
      throw error
    }
  }

  /// The operation of that name in the encoder, and the type that it makes.
  private func operation(_ name: String, _ statements: String) throws -> (IR.Operation, TensorType?) {
    let entry = try #require(try module(statements).entry("encode"))
    let operation = try #require(entry.operations.first { $0.name == name })
    return (operation, entry.type(of: operation.results[0]))
  }

  @Test func poolsStepByTheirKernelUnlessToldOtherwise() throws {
    let (average, type) = try operation("sum_pool2d", "z = x |> avg_pool(kernel: 2) |> flatten |> dense(2)")
    #expect(average.attributes.ints("stride") == [2, 2])
    #expect(average.attributes.float("scale") == 0.25)
    #expect(type == .perImage(2, 4, 4))
    let (largest, overlapping) = try operation(
      "max_pool2d", "z = x |> max_pool(kernel: 3, stride: 2, pad: 1) |> flatten |> dense(2)")
    #expect(largest.attributes.ints("stride") == [2, 2])
    #expect(largest.attributes.ints("pad") == [1, 1, 1, 1])
    #expect(overlapping == .perImage(2, 4, 4))
  }

  /// Keras's padding: ceil(extent / stride) windows, the odd zero behind.
  @Test(arguments: [
    (1, 3, [1, 1]), (2, 3, [0, 1]), (2, 2, [0, 0]), (3, 4, [1, 1]), (3, 1, [0, 0]), (5, 9, [3, 3]),
  ])
  func paddingAsInKerasFollowsFromTheExtents(stride: Int, kernel: Int, pads: [Int]) throws {
    let (convolution, type) = try operation(
      "conv2d", "z = x |> conv(4, kernel: \(kernel), stride: \(stride), pad: same) |> flatten |> dense(2)")
    #expect(convolution.attributes.ints("pad") == pads + pads)
    #expect(type == .perImage(4, (8 + stride - 1) / stride, (8 + stride - 1) / stride))
  }

  @Test func layersWithoutABiasHaveNone() throws {
    let module = try module(
      "z = x |> conv(4, kernel: 3, bias: false) |> deconv(2, kernel: 2, bias: false) |> flatten |> dense(2, bias: false)"
    )
    #expect(!module.parameters.contains { $0.name.hasPrefix("encoder") && $0.name.hasSuffix("bias") })
  }

  @Test func upsamplingMultipliesTheExtents() throws {
    let (_, type) = try operation("spread2d", "z = x |> upsample(3) |> global_avg_pool |> dense(2)")
    #expect(type == .perImage(2, 24, 24))
  }

  @Test func theMeanOfEachChannelIsARow() throws {
    let (_, type) = try operation("mean_positions", "z = x |> global_avg_pool |> dense(2)")
    #expect(type == .perImage(2))
  }

  static let mistakes: [(layers: String, message: String)] = [
    (
      "x |> avg_pool(kernel: 9) |> flatten",
      "'avg_pool' has a kernel of 9 but an image of only 8 (8 with padding)"
    ),
    (
      "x |> flatten |> max_pool(kernel: 2)",
      "'max_pool' needs images f32[N,channels,height,width], not f32[N,128]"
    ),
    (
      "x |> max_pool(kernel: 2, pad: 2) |> flatten",
      "'max_pool' needs a padding below its kernel, so that each window reaches the image"
    ),
    ("x |> flatten |> upsample(2)", "'upsample' needs images f32[N,channels,height,width], not f32[N,128]"),
    (
      "x |> flatten |> global_avg_pool",
      "'global_avg_pool' needs images f32[N,channels,height,width], not f32[N,128]"
    ),
  ]

  @Test(arguments: mistakes.indices)
  func mistakesAreToldInTheWordsOfTheLanguage(index: Int) throws {
    let mistake = Self.mistakes[index]
    let text = """
      model m {
        input x: image[2, 8, 8]
        encoder (x) -> z { z = \(mistake.layers) |> dense(2) }
        decoder (z) -> x { x = z |> dense(128) |> reshape(2, 8, 8) }
        minimize mse(x)
      }
      """
    let error = #expect(throws: DiagnosticList.self) {
      _ = try Pipeline([.inferShapes]).run(try elaborate(SourceText(name: "m.vdl", text: text)))
    }
    #expect(error?.diagnostics.map(\.message) == [mistake.message])
  }
}
