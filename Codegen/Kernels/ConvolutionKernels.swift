import IR
import LLVM

/// Convolution and transposed convolution over blocks of images, one output pixel after the other: with images in the
/// lanes, edges only shorten the loops over taps, strides only change their steps, and any number of channels fills the
/// vectors. Taps in the padding are skipped, and a transposed convolution multiplies no inserted zeros: a pixel visits the
/// taps of its own phase alone.
public enum ConvolutionKernels {
  /// `y[o] = epilogue(sum over kh, kw, i of w[o, i, kh, kw] x[i])` for each pixel of the map.
  ///
  /// One task is one row of the map for one block.
  public static func forward(
    _ name: String, operation: Operation, x: TensorSlot, w: TensorSlot, third: TensorSlot?, y: TensorSlot,
    geometry g: ConvolutionGeometry
  ) -> Kernel {
    let epilogue = ProductEpilogue(operation)
    return Kernel(name, tasks: .perBlock(g.outputHeight)) { k, task in
      let b = k.b
      let row = k.rowBytes
      let outStep = g.outputHeight * g.outputWidth * row
      let product = ProductRows(
        k, rows: g.outputChannels,
        broadcastRowStep: g.inputChannels * g.kernelHeight * g.kernelWidth * 4, epilogue: epilogue,
        outStep: outStep,
        depth: g.inputChannels, vectorStep: g.inputHeight * g.inputWidth * row,
        broadcastStep: g.kernelHeight * g.kernelWidth * 4,
        outer: .init(vectorStep: g.inputWidth * row, broadcastStep: g.kernelWidth * 4),
        inner: .init(vectorStep: row, broadcastStep: 4))
      let (from, weights, to) = (k.address(x, block: task.block), k.address(w), k.address(y, block: task.block))
      let thirdBase = third.map { k.address($0, block: task.block) } ?? to

      // Taps t of an output position p reach input p * stride - pad + t, which has to lie in [0, extent).
      func taps(_ position: LLVMValue, _ stride: Int, _ pad: Int, _ extent: Int, _ kernel: Int) -> Taps {
        let origin = b.sub(b.mulIndex(position, stride), pad)
        let first = k.clamp(b.neg(origin), 0, kernel)
        let end = k.clamp(b.sub(b.i64(extent), origin), 0, kernel)
        return Taps(first: first, count: b.sub(end, first), start: b.add(origin, first))
      }
      let rows = taps(task.part, g.strideHeight, g.padTop, g.inputHeight, g.kernelHeight)
      b.forLoop(from: 0, to: b.i64(g.outputWidth), name: "column") { column in
        let columns = taps(column, g.strideWidth, g.padLeft, g.inputWidth, g.kernelWidth)
        let inputPixel = b.add(b.mulIndex(rows.start, g.inputWidth), columns.start)
        let tap = b.add(b.mulIndex(rows.first, g.kernelWidth), columns.first)
        let outputPixel = b.mulIndex(b.add(b.mulIndex(task.part, g.outputWidth), column), row)
        product.callAll(
          k,
          ProductFunction.Call(
            vectors: b.offset(from, bytes: b.mulIndex(inputPixel, row)),
            broadcasts: b.offset(weights, bytes: b.mulIndex(tap, 4)), outerCount: rows.count,
            innerCount: columns.count, out: b.offset(to, bytes: outputPixel),
            third: epilogue.third == .activationOutput ? b.offset(thirdBase, bytes: outputPixel) : thirdBase))
      }
    }
  }

  /// `x[i] = epilogue(sum over kh, kw, o of w[o, i, kh, kw] y[o])` for each pixel of the image: convolution's gradient by
  /// its input.
  ///
  /// One task is one row of the image for one block.
  public static func transposed(
    _ name: String, operation: Operation, y: TensorSlot, w: TensorSlot, third: TensorSlot?, x: TensorSlot,
    geometry g: ConvolutionGeometry
  ) -> Kernel {
    let epilogue = ProductEpilogue(operation)
    return Kernel(name, tasks: .perBlock(g.inputHeight)) { k, task in
      let b = k.b
      let row = k.rowBytes
      let outStep = g.inputHeight * g.inputWidth * row
      let tapBytes = g.kernelHeight * g.kernelWidth * 4
      let product = ProductRows(
        k, rows: g.inputChannels, broadcastRowStep: tapBytes, epilogue: epilogue, outStep: outStep,
        depth: g.outputChannels, vectorStep: g.outputHeight * g.outputWidth * row,
        broadcastStep: g.inputChannels * tapBytes,
        outer: .init(vectorStep: -g.outputWidth * row, broadcastStep: g.strideHeight * g.kernelWidth * 4),
        inner: .init(vectorStep: -row, broadcastStep: g.strideWidth * 4))
      let (from, weights, to) = (k.address(y, block: task.block), k.address(w), k.address(x, block: task.block))
      let thirdBase = third.map { k.address($0, block: task.block) } ?? to

      // Image position p meets map position (p + pad - t) / stride for the taps t = phase, phase + stride, ...: the
      // map position falls by one from tap to tap, and has to lie in [0, extent).
      func taps(_ position: LLVMValue, _ stride: Int, _ pad: Int, _ extent: Int, _ kernel: Int) -> Taps {
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
      let rows = taps(task.part, g.strideHeight, g.padTop, g.outputHeight, g.kernelHeight)
      b.forLoop(from: 0, to: b.i64(g.inputWidth), name: "column") { column in
        let columns = taps(column, g.strideWidth, g.padLeft, g.outputWidth, g.kernelWidth)
        let mapPixel = b.add(b.mulIndex(rows.start, g.outputWidth), columns.start)
        let tap = b.add(b.mulIndex(rows.first, g.kernelWidth), columns.first)
        let imagePixel = b.mulIndex(b.add(b.mulIndex(task.part, g.inputWidth), column), row)
        product.callAll(
          k,
          ProductFunction.Call(
            vectors: b.offset(from, bytes: b.mulIndex(mapPixel, row)),
            broadcasts: b.offset(weights, bytes: b.mulIndex(tap, 4)), outerCount: rows.count,
            innerCount: columns.count, out: b.offset(to, bytes: imagePixel),
            third: epilogue.third == .activationOutput ? b.offset(thirdBase, bytes: imagePixel) : thirdBase))
      }
    }
  }

  /// The taps that one position visits along an axis.
  private struct Taps {
    /// The first tap's number in the kernel.
    let first: LLVMValue
    let count: LLVMValue
    /// The position that the first tap reads.
    let start: LLVMValue
  }
}

extension KernelBuilder {
  /// An i64 between two bounds.
  func clamp(_ value: LLVMValue, _ low: Int, _ high: Int) -> LLVMValue {
    let raised = b.select(b.icmp(.slt, value, low), b.i64(low), value)
    return b.select(b.icmp(.slt, raised, high), raised, b.i64(high))
  }
}
