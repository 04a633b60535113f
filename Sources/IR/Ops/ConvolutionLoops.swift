/// The three products of convolution as plain loops: the definition that compiled kernels are held against. The images of a
/// call, or the channels of a weight gradient, are worked on side by side.
///
/// Invariant of the unchecked buffers here: `fit` has compared every tensor's size with the geometry's, and a tap's rows and
/// columns are those for which its position lies inside the image and inside the map.

/// y[n,o,r,c] = sum over i, kh, kw of x[n, i, r*s + kh - top, c*s + kw - left] * w[o, i, kh, kw].
func convolve(_ x: HostTensor, _ w: HostTensor, _ g: ConvolutionGeometry) throws -> HostTensor {
  let shape = [x.shape[0], g.outputChannels, g.outputHeight, g.outputWidth]
  try g.fit(images: shape[0], image: x.count, map: shape.reduce(1, *), weights: w.count)
  let taps = Tap.all(of: g)
  let data = filled(count: shape.reduce(1, *), parts: shape[0]) { n, _, y in
    x.data.withUnsafeBufferPointer { x in
      forEachChannelPair(g) { o, i, weights in
        let (image, map) = ((n * g.inputChannels + i) * g.inputArea, o * g.outputArea)
        for tap in taps {
          let weight = w.data[weights + tap.index]
          for row in tap.rows {
            let from = image + tap.offset + row * tap.rowStep
            let to = map + row * g.outputWidth
            for column in tap.columns { y[to + column] += weight * x[from + column * g.strideWidth] }
          }
        }
      }
    }
  }
  return HostTensor(shape: shape, data: data)
}

/// The adjoint of `convolve` by x.
func convolveTransposed(_ y: HostTensor, _ w: HostTensor, _ g: ConvolutionGeometry) throws -> HostTensor {
  let shape = [y.shape[0], g.inputChannels, g.inputHeight, g.inputWidth]
  try g.fit(images: shape[0], image: shape.reduce(1, *), map: y.count, weights: w.count)
  let taps = Tap.all(of: g)
  let data = filled(count: shape.reduce(1, *), parts: shape[0]) { n, _, x in
    y.data.withUnsafeBufferPointer { y in
      forEachChannelPair(g) { o, i, weights in
        let (image, map) = (i * g.inputArea, (n * g.outputChannels + o) * g.outputArea)
        for tap in taps {
          let weight = w.data[weights + tap.index]
          for row in tap.rows {
            let to = image + tap.offset + row * tap.rowStep
            let from = map + row * g.outputWidth
            for column in tap.columns { x[to + column * g.strideWidth] += weight * y[from + column] }
          }
        }
      }
    }
  }
  return HostTensor(shape: shape, data: data)
}

/// The adjoint of `convolve` by w.
func convolveWeights(_ dy: HostTensor, _ x: HostTensor, _ g: ConvolutionGeometry) throws -> HostTensor {
  let shape = [g.outputChannels, g.inputChannels, g.kernelHeight, g.kernelWidth]
  try g.fit(images: x.shape[0], image: x.count, map: dy.count, weights: shape.reduce(1, *))
  let taps = Tap.all(of: g)
  let images = x.shape[0]
  let data = filled(count: shape.reduce(1, *), parts: g.outputChannels) { o, _, w in
    withBuffers(dy.data, x.data) { dy, x in
      for n in 0..<images {
        let map = (n * g.outputChannels + o) * g.outputArea
        for i in 0..<g.inputChannels {
          let image = (n * g.inputChannels + i) * g.inputArea
          for tap in taps {
            var sum = 0.0
            for row in tap.rows {
              let from = image + tap.offset + row * tap.rowStep
              let at = map + row * g.outputWidth
              for column in tap.columns { sum += dy[at + column] * x[from + column * g.strideWidth] }
            }
            w[i * taps.count + tap.index] += sum
          }
        }
      }
    }
  }
  return HostTensor(shape: shape, data: data)
}

/// One position of the kernel.
private struct Tap {
  /// Its place among the weights of a pair of channels.
  var index: Int
  /// The rows and columns of the map for which it lies inside the image.
  var rows: Range<Int>
  var columns: Range<Int>
  /// Where it lies in a channel of the image for the map's first row and column; may be before the channel's beginning.
  var offset: Int
  /// From one row of the map to the next, in the image.
  var rowStep: Int

  static func all(of g: ConvolutionGeometry) -> [Tap] {
    (0..<g.kernelHeight * g.kernelWidth).map { index in
      let (kh, kw) = (index / g.kernelWidth, index % g.kernelWidth)
      return Tap(
        index: index, rows: g.validRows(tap: kh), columns: g.validColumns(tap: kw),
        offset: (kh - g.padTop) * g.inputWidth + kw - g.padLeft, rowStep: g.strideHeight * g.inputWidth)
    }
  }
}

extension ConvolutionGeometry {
  fileprivate var inputArea: Int { inputHeight * inputWidth }
  fileprivate var outputArea: Int { outputHeight * outputWidth }

  /// Compares numbers of elements with what the geometry makes of a number of images.
  fileprivate func fit(images: Int, image: Int, map: Int, weights: Int) throws {
    guard image == images * inputChannels * inputArea, map == images * outputChannels * outputArea,
      weights == outputChannels * inputChannels * kernelHeight * kernelWidth
    else { throw TypeError("a convolution is given tensors that do not fit its geometry") }
  }
}

/// Calls the body for every channel of the map and of the image, with the place of their weights.
private func forEachChannelPair(_ g: ConvolutionGeometry, _ body: (_ o: Int, _ i: Int, _ weights: Int) -> Void)
{
  for o in 0..<g.outputChannels {
    for i in 0..<g.inputChannels {
      body(o, i, (o * g.inputChannels + i) * g.kernelHeight * g.kernelWidth)
    }
  }
}

private func withBuffers(
  _ a: [Double], _ b: [Double], _ body: (UnsafeBufferPointer<Double>, UnsafeBufferPointer<Double>) -> Void
) {
  a.withUnsafeBufferPointer { a in b.withUnsafeBufferPointer { b in body(a, b) } }
}
