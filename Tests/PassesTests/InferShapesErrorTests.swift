import Diagnostics
import IR
import Passes
import Testing
import VDL

/// What a user reads when shapes do not fit: the whole message, with the line and the caret.
@Suite struct InferShapesErrorTests {
  private static func model(encoder: String, decoder: String, likelihood: String = "x ~ bernoulli(logits: y)")
    -> String
  {
    """
    model m {
      input x: image[1, 28, 28]
      encoder (x) -> z {
        let h = x \(encoder)
        z ~ normal(mean: h |> dense(2), logvar: h |> dense(2))
      }
      prior z ~ normal(mean: 0, std: 1)
      decoder (z) -> x {
        let y = z \(decoder)
        \(likelihood)
      }
      maximize loglik(x) - kl(z)
      train { optimizer: adam(rate: 1e-3), batch: 4, epochs: 1 }
    }
    """
  }

  private static let encoder = "|> flatten |> dense(8) |> relu"
  private static let decoder = "|> dense(784) |> reshape(1, 28, 28)"

  private func message(_ text: String) throws -> String {
    let source = SourceText(name: "m.vdl", text: text)
    let module = try elaborate(source)
    do {
      _ = try Pipeline([.inferShapes]).run(module)
      return "no error"
    } catch let error as DiagnosticList {
      return DiagnosticRenderer(sources: [source]).render(error)
    }
  }

  @Test func theModelIsRight() throws {
    #expect(try message(Self.model(encoder: Self.encoder, decoder: Self.decoder)) == "no error")
  }

  @Test func aDenseLayerOnImagesAsksForFlatten() throws {
    let text = Self.model(encoder: "|> conv(4, kernel: 3) |> dense(8)", decoder: Self.decoder)
    #expect(
      try message(text)
        == """
        m.vdl:4:40: error: 'dense' needs a row of numbers per image, f32[N,features], not f32[N,4,26,26]
              let h = x |> conv(4, kernel: 3) |> dense(8)
                                                 ^~~~~~~~
        m.vdl:4:18: note: this is f32[N,4,26,26]
              let h = x |> conv(4, kernel: 3) |> dense(8)
                           ^~~~~~~~~~~~~~~~~~
        note: put 'flatten' before it: f32[N,4,26,26] has 2704 elements per image
        """)
  }

  @Test func aDeconvolutionThatMissesTheImageByOneProposesOutputPadding() throws {
    let text = Self.model(
      encoder: Self.encoder,
      decoder: "|> dense(784) |> reshape(4, 14, 14) |> deconv(1, kernel: 3, stride: 2, pad: 1)")
    #expect(
      try message(text)
        == """
        m.vdl:12:12: error: 'bernoulli' needs equal shapes, not f32[N,1,27,27] and f32[N,1,28,28]
            maximize loglik(x) - kl(z)
                     ^~~~~~~~~
        m.vdl:3:12: note: this is f32[N,1,28,28]
            encoder (x) -> z {
                     ^
        m.vdl:9:54: note: this makes f32[N,1,27,27]; with output_padding: 1 it makes f32[N,1,28,28]
              let y = z |> dense(784) |> reshape(4, 14, 14) |> deconv(1, kernel: 3, stride: 2, pad: 1)
                                                               ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
        """)
  }

  @Test func aReshapeToAnotherNumberOfElements() throws {
    let text = Self.model(encoder: Self.encoder, decoder: "|> dense(785) |> reshape(1, 28, 28)")
    #expect(
      try message(text)
        == """
        m.vdl:9:32: error: 'reshape' cannot turn f32[N,785] into f32[N,1,28,28]
              let y = z |> dense(785) |> reshape(1, 28, 28)
                                         ^~~~~~~~~~~~~~~~~~
        note: f32[N,785] has 785 elements per image, f32[N,1,28,28] has 784
        m.vdl:9:18: note: with 784 units it fits
              let y = z |> dense(785) |> reshape(1, 28, 28)
                           ^~~~~~~~~~
        """)
  }

  @Test func aKernelLargerThanItsImage() throws {
    let text = Self.model(
      encoder: "|> conv(4, kernel: 3, stride: 16) |> conv(4, kernel: 5) |> flatten", decoder: Self.decoder)
    #expect(
      try message(text)
        == """
        m.vdl:4:52: error: 'conv' has a kernel of 5 but an image of only 2 (2 with padding)
              let h = x |> conv(4, kernel: 3, stride: 16) |> conv(4, kernel: 5) |> flatten
                                                             ^~~~~~~~~~~~~~~~~~
        """)
  }

  @Test func aConvolutionOfRows() throws {
    let text = Self.model(encoder: "|> flatten |> conv(4, kernel: 3)", decoder: Self.decoder)
    #expect(
      try message(text)
        == """
        m.vdl:4:29: error: 'conv' needs images f32[N,channels,height,width], not f32[N,784]
              let h = x |> flatten |> conv(4, kernel: 3)
                                      ^~~~~~~~~~~~~~~~~~
        m.vdl:4:18: note: this is f32[N,784]
              let h = x |> flatten |> conv(4, kernel: 3)
                           ^~~~~~~
        note: put 'reshape(channels, height, width)' before it: f32[N,784] has 784 elements per image
        """)
  }

  @Test func anImageOfAnotherSize() throws {
    let text = Self.model(encoder: Self.encoder, decoder: "|> dense(900) |> reshape(1, 30, 30)")
    #expect(
      try message(text)
        == """
        m.vdl:12:12: error: 'bernoulli' needs equal shapes, not f32[N,1,30,30] and f32[N,1,28,28]
            maximize loglik(x) - kl(z)
                     ^~~~~~~~~
        m.vdl:9:32: note: this is f32[N,1,30,30]
              let y = z |> dense(900) |> reshape(1, 30, 30)
                                         ^~~~~~~~~~~~~~~~~~
        m.vdl:3:12: note: this is f32[N,1,28,28]
            encoder (x) -> z {
                     ^
        """)
  }

  @Test func meanAndLogvarOfDifferentSizes() throws {
    let text = Self.model(encoder: Self.encoder, decoder: Self.decoder)
      .replacing("logvar: h |> dense(2)", with: "logvar: h |> dense(3)")
    #expect(
      try message(text)
        == """
        m.vdl:5:5: error: 'normal' needs equal shapes, not f32[N,2] and f32[N,3]
              z ~ normal(mean: h |> dense(2), logvar: h |> dense(3))
              ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
        m.vdl:5:27: note: this is f32[N,2]
              z ~ normal(mean: h |> dense(2), logvar: h |> dense(3))
                                    ^~~~~~~~
        m.vdl:5:50: note: this is f32[N,3]
              z ~ normal(mean: h |> dense(2), logvar: h |> dense(3))
                                                           ^~~~~~~~
        """)
  }

  @Test func termsAndOperatorsAreNamedAsTheyAreWritten() throws {
    let autoencoder = """
      model m {
        input x: image[1, 28, 28]
        encoder (x) -> z { z = x |> flatten |> dense(8) }
        decoder (z) -> x { x = z |> dense(49) |> reshape(1, 7, 7) |> deconv(1, kernel: 3, stride: 4) }
        minimize mse(x)
      }
      """
    let expected = """
      m.vdl:5:12: error: 'mse' needs equal shapes, not f32[N,1,28,28] and f32[N,1,27,27]
          minimize mse(x)
                   ^~~~~~
      m.vdl:3:12: note: this is f32[N,1,28,28]
          encoder (x) -> z { z = x |> flatten |> dense(8) }
                   ^
      m.vdl:4:64: note: this makes f32[N,1,27,27]; with output_padding: 1 it makes f32[N,1,28,28]
          decoder (z) -> x { x = z |> dense(49) |> reshape(1, 7, 7) |> deconv(1, kernel: 3, stride: 4) }
                                                                       ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
      """
    #expect(try message(autoencoder) == expected)
    let squared = try message(autoencoder.replacing("mse(x)", with: "sse(x)"))
    #expect(squared.contains("error: the squared error needs equal shapes"))
    let sum = try message(Self.model(encoder: "|> flatten |> dense(8)", decoder: "* (z |> dense(3))"))
    #expect(sum.contains("m.vdl:9:13: error: '*' needs equal shapes, not f32[N,2] and f32[N,3]"))
  }

  @Test func aLayerTooLarge() throws {
    let text = Self.model(encoder: "|> flatten |> dense(1000000) |> relu", decoder: Self.decoder)
    #expect(
      try message(text)
        == """
        m.vdl:4:29: error: 'dense' is given f32[1000000,784]: it is too large, the limit is 268435456 elements per image
              let h = x |> flatten |> dense(1000000) |> relu
                                      ^~~~~~~~~~~~~~
        """)
  }

  @Test func independentMistakesAreAllReported() throws {
    let text = Self.model(encoder: Self.encoder, decoder: Self.decoder)
      .replacing("h |> dense(2)", with: "h |> conv(2, kernel: 1)")
    #expect(
      try message(text)
        == """
        m.vdl:5:27: error: 'conv' needs images f32[N,channels,height,width], not f32[N,8]
              z ~ normal(mean: h |> conv(2, kernel: 1), logvar: h |> conv(2, kernel: 1))
                                    ^~~~~~~~~~~~~~~~~~
        m.vdl:4:41: note: this is f32[N,8]
              let h = x |> flatten |> dense(8) |> relu
                                                  ^~~~
        note: put 'reshape(channels, height, width)' before it: f32[N,8] has 8 elements per image
        m.vdl:5:60: error: 'conv' needs images f32[N,channels,height,width], not f32[N,8]
              z ~ normal(mean: h |> conv(2, kernel: 1), logvar: h |> conv(2, kernel: 1))
                                                                     ^~~~~~~~~~~~~~~~~~
        m.vdl:4:41: note: this is f32[N,8]
              let h = x |> flatten |> dense(8) |> relu
                                                  ^~~~
        note: put 'reshape(channels, height, width)' before it: f32[N,8] has 8 elements per image
        """)
  }

  @Test func logitsAreAsManyAsClasses() throws {
    let text = """
      model m {
        input x: image[1, 4, 4]
        input y: class[10]
        encoder (x) -> z { z = x |> flatten |> dense(4) }
        decoder (z) -> y {
          let h = z |> dense(9)
          y ~ categorical(logits: h)
        }
        maximize loglik(y)
      }
      """
    #expect(
      try message(text)
        == """
        m.vdl:7:5: error: 'categorical' needs f32[N,10], a number for each class, not f32[N,9]
              y ~ categorical(logits: h)
              ^~~~~~~~~~~~~~~~~~~~~~~~~~
        m.vdl:6:18: note: with 10 units it fits
              let h = z |> dense(9)
                           ^~~~~~~~
        """)
  }
}
