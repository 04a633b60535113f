import IR
import LLVM

/// One of the two directions through a convolution, as a product for each position of its result: from the image to the map, or
/// from the map to the image (transposed), which is the first's gradient by its input.
struct ConvolutionPass {
  let geometry: ConvolutionGeometry
  let isTransposed: Bool

  private var g: ConvolutionGeometry { geometry }
  private var tapBytes: Int { g.kernelHeight * g.kernelWidth * 4 }

  /// Channels of the result, which are the product's rows, and of the source, which it sums over.
  var rows: Int { isTransposed ? g.inputChannels : g.outputChannels }
  var depth: Int { isTransposed ? g.outputChannels : g.inputChannels }
  var height: Int { isTransposed ? g.inputHeight : g.outputHeight }
  var width: Int { isTransposed ? g.inputWidth : g.outputWidth }
  var sourceHeight: Int { isTransposed ? g.outputHeight : g.inputHeight }
  var sourceWidth: Int { isTransposed ? g.outputWidth : g.inputWidth }

  /// Bytes in the weights `[o, i, kh, kw]` between the product's rows, and between its steps of depth.
  var weightRowStep: Int { isTransposed ? tapBytes : g.inputChannels * tapBytes }
  var weightDepthStep: Int { isTransposed ? g.inputChannels * tapBytes : tapBytes }

  /// From one tap that a position visits to the next: this many rows and columns of the kernel, and one row or column of the
  /// source in this direction.
  var kernelStep: (rows: Int, columns: Int) { isTransposed ? (g.strideHeight, g.strideWidth) : (1, 1) }
  var direction: Int { isTransposed ? -1 : 1 }

  /// Taps along an axis that one position visits at most.
  private func visited(_ kernel: Int, _ stride: Int) -> Int {
    isTransposed ? (kernel + stride - 1) / stride : kernel
  }
  var visitedRows: Int { visited(g.kernelHeight, g.strideHeight) }
  var visitedTaps: Int { visitedRows * visited(g.kernelWidth, g.strideWidth) }

  /// Columns of the source that `columns` neighbouring positions reach at most.
  func reach(columns: Int) -> Int {
    isTransposed
      ? (columns + g.strideWidth - 2) / g.strideWidth + visited(g.kernelWidth, g.strideWidth)
      : (columns - 1) * g.strideWidth + g.kernelWidth
  }

  /// The first and the end of the source's columns that the positions `first ..< end` reach, within the source.
  func columns(_ k: KernelBuilder, from first: LLVMValue, to end: LLVMValue) -> (LLVMValue, LLVMValue) {
    let b = k.b
    let (stride, pad) = (g.strideWidth, g.padLeft)
    let last = b.sub(end, 1)
    if isTransposed {
      let lowest = b.sub(
        b.udiv(b.add(first, pad), stride), visited(g.kernelWidth, stride) - 1)
      let highest = b.udiv(b.add(last, pad), stride)
      return (k.clamp(lowest, 0, sourceWidth), k.clamp(b.add(highest, 1), 0, sourceWidth))
    }
    let lowest = b.sub(b.mulIndex(first, stride), pad)
    let highest = b.add(b.sub(b.mulIndex(last, stride), pad), g.kernelWidth)
    return (k.clamp(lowest, 0, sourceWidth), k.clamp(highest, 0, sourceWidth))
  }

  /// The taps that one position visits along an axis.
  struct Taps {
    /// The first tap's number in the kernel.
    let first: LLVMValue
    let count: LLVMValue
    /// The source's position that the first tap reads.
    let start: LLVMValue
  }

  func rowTaps(_ k: KernelBuilder, _ position: LLVMValue) -> Taps {
    taps(
      k, position, stride: g.strideHeight, pad: g.padTop, extent: sourceHeight, kernel: g.kernelHeight)
  }

  func columnTaps(_ k: KernelBuilder, _ position: LLVMValue) -> Taps {
    taps(k, position, stride: g.strideWidth, pad: g.padLeft, extent: sourceWidth, kernel: g.kernelWidth)
  }

  private func taps(
    _ k: KernelBuilder, _ position: LLVMValue, stride: Int, pad: Int, extent: Int, kernel: Int
  ) -> Taps {
    let b = k.b
    guard isTransposed else {
      // Taps t of a map position p reach image position p * stride - pad + t, which has to lie in [0, extent).
      let origin = b.sub(b.mulIndex(position, stride), pad)
      let first = k.clamp(b.neg(origin), 0, kernel)
      let end = k.clamp(b.sub(b.i64(extent), origin), 0, kernel)
      return Taps(first: first, count: b.sub(end, first), start: b.add(origin, first))
    }
    // Image position p meets map position (p + pad - t) / stride for the taps t = phase, phase + stride, ...: the map
    // position falls by one from tap to tap, and has to lie in [0, extent).
    let padded = b.add(position, pad)
    let phase = b.urem(padded, stride)
    let nearest = b.udiv(padded, stride)
    let all = b.sdiv(b.add(b.sub(b.i64(kernel), phase), stride - 1), stride)
    let skipped = k.clamp(b.sub(nearest, extent - 1), 0, kernel)
    let reached = b.add(nearest, 1)
    let end = b.select(b.icmp(.slt, reached, all), reached, all)
    let count = b.sub(end, skipped)
    return Taps(
      first: b.add(phase, b.mulIndex(skipped, stride)),
      count: b.select(b.icmp(.slt, count, 0), b.i64(0), count), start: b.sub(nearest, skipped))
  }
}

extension KernelBuilder {
  /// An i64 between two bounds.
  func clamp(_ value: LLVMValue, _ low: Int, _ high: Int) -> LLVMValue {
    let raised = b.select(b.icmp(.slt, value, low), b.i64(low), value)
    return b.select(b.icmp(.slt, raised, high), raised, b.i64(high))
  }
}
