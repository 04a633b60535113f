/// The geometry of a two-dimensional correlation from an image `x` [I, H, W] to `y` [O, H', W'].
public struct ConvolutionGeometry: Sendable, Hashable {
  public var inputChannels: Int
  public var inputHeight: Int
  public var inputWidth: Int
  public var outputChannels: Int
  public var outputHeight: Int
  public var outputWidth: Int
  public var kernelHeight: Int
  public var kernelWidth: Int
  public var strideHeight: Int
  public var strideWidth: Int
  public var padTop: Int
  public var padLeft: Int

  /// From the image side, the map side and the weights `[O, I, kh, kw]` of a verified operation.
  public init(input: TensorType, output: TensorType, kernel: [Int], attributes: Attributes) {
    let x = input.extents
    let y = output.extents
    (inputChannels, inputHeight, inputWidth) = (x[0], x[1], x[2])
    (outputChannels, outputHeight, outputWidth) = (y[0], y[1], y[2])
    (kernelHeight, kernelWidth) = (kernel[0], kernel[1])
    let stride = attributes.ints("stride")
    let pad = attributes.ints("pad")
    (strideHeight, strideWidth) = (stride[0], stride[1])
    (padTop, padLeft) = (pad[0], pad[2])
  }

  /// Multiply-adds x 2 of the product, taps in the padding counted.
  public var flops: Int {
    2 * outputChannels * inputChannels * kernelHeight * kernelWidth * outputHeight * outputWidth
  }

  /// The output rows that a kernel row reaches inside the image, and the same for columns.
  public func validRows(tap: Int) -> Range<Int> {
    Self.valid(tap: tap, stride: strideHeight, pad: padTop, input: inputHeight, output: outputHeight)
  }

  public func validColumns(tap: Int) -> Range<Int> {
    Self.valid(tap: tap, stride: strideWidth, pad: padLeft, input: inputWidth, output: outputWidth)
  }

  /// 0 <= position * stride + tap - pad < input.
  private static func valid(tap: Int, stride: Int, pad: Int, input: Int, output: Int) -> Range<Int> {
    let first = max(0, (pad - tap + stride - 1) / stride)
    let offset = input - 1 + pad - tap
    guard offset >= 0 else { return 0..<0 }
    let end = min(output, offset / stride + 1)
    return first < end ? first..<end : 0..<0
  }
}

/// The attributes of the convolution family.
public enum ConvolutionAttributes {
  static let stride = AttributeDefinition("stride", .ints, default: .ints([1, 1]), "rows, columns")
  static let pad = AttributeDefinition("pad", .ints, default: .ints([0, 0, 0, 0]), "top, bottom, left, right")
  static let outputPadding = AttributeDefinition(
    "output_padding", .ints, default: .ints([0, 0]), "rows and columns of the image that no window reaches")
  static let kernel = AttributeDefinition("kernel", .ints, "height, width")

  /// Stands for the padding of `samePadding` until shapes are known.
  public static let same = [-1, -1, -1, -1]

  /// Values in the order above; nil where they cannot be meant.
  static func read(_ attributes: Attributes) -> (stride: [Int], pad: [Int], outputPadding: [Int])? {
    let stride = attributes.ints("stride")
    let pad = attributes.ints("pad")
    let outputPadding = attributes["output_padding"].map { _ in attributes.ints("output_padding") } ?? [0, 0]
    guard stride.count == 2, pad.count == 4, outputPadding.count == 2,
      stride.allSatisfy({ $0 > 0 && $0 <= 4096 }),
      pad.allSatisfy({ $0 >= 0 && $0 <= 4096 }), outputPadding.allSatisfy({ $0 >= 0 && $0 <= 4096 })
    else { return nil }
    return (stride, pad, outputPadding)
  }
}

extension Dimension {
  var fixedExtent: Int? { if case .fixed(let extent) = self { extent } else { nil } }
}

extension TypingContext {
  /// Requires an image `f32[N,C,H,W]` whose height and width are known.
  func requireImage(_ index: Int, _ op: String) throws -> (height: Int, width: Int) {
    let type = operands[index]
    guard type.element.isFloat, type.rank == 4, type.isPerImage, let height = type.dimensions[2].fixedExtent,
      let width = type.dimensions[3].fixedExtent
    else { throw TypeError("'\(op)' needs images f32[N,channels,height,width], not \(type)") }
    return (height, width)
  }

  func requireKernel(_ index: Int, _ op: String) throws -> (height: Int, width: Int) {
    let type = operands[index]
    guard type.element.isFloat, type.rank == 4, let height = type.dimensions[2].fixedExtent,
      let width = type.dimensions[3].fixedExtent
    else { throw TypeError("'\(op)' needs weights f32[out,in,height,width], not \(type)") }
    return (height, width)
  }

  /// The stride, padding and output padding, or an error where they are out of range.
  ///
  /// - Parameter same: what the padding is where it is left to the extents.
  func convolutionAttributes(
    _ op: String, same: (_ stride: [Int]) -> [Int]? = { _ in nil }
  ) throws -> (stride: [Int], pad: [Int], outputPadding: [Int]) {
    var attributes = attributes
    let stride = attributes.ints("stride")
    if attributes.ints("pad") == ConvolutionAttributes.same, stride.count == 2, stride.allSatisfy({ $0 > 0 }),
      let pad = same(stride)
    {
      attributes["pad"] = .ints(pad)
    }
    guard let values = ConvolutionAttributes.read(attributes) else {
      throw TypeError("'\(op)' needs a stride from 1 and paddings from 0, both up to 4096")
    }
    return values
  }
}

/// The padding (top, bottom, left, right) that Keras calls `same`: as few zeros as make ceil(extent / stride) windows, the odd one
/// behind.
func samePadding(extents: [Int], kernel: [Int], stride: [Int]) -> [Int] {
  (0..<2).flatMap { axis in
    let windows = (extents[axis] - 1) / stride[axis] + 1
    let zeros = max(0, (windows - 1) * stride[axis] + kernel[axis] - extents[axis])
    return [zeros / 2, zeros - zeros / 2]
  }
}

extension Operation {
  /// Writes the padding out that an operation leaves to the extents of its operands, once they are known.
  public mutating func resolvePadding(operands: [TensorType]) {
    let stride = attributes.ints("stride")
    guard name == "conv2d", attributes.ints("pad") == ConvolutionAttributes.same, stride.count == 2,
      stride.allSatisfy({ $0 > 0 }), operands.count >= 2, operands[0].extents.count == 3
    else { return }
    attributes["pad"] = .ints(
      samePadding(
        extents: Array(operands[0].extents.suffix(2)), kernel: Array(operands[1].extents.suffix(2)),
        stride: stride))
  }
}

/// The extent of a convolution's map along one axis.
func convolvedExtent(_ input: Int, kernel: Int, stride: Int, pads: Int, _ op: String) throws -> Int {
  let room = input + pads - kernel
  guard room >= 0 else {
    throw TypeError(
      "'\(op)' has a kernel of \(kernel) but an image of only \(input) (\(input + pads) with padding)")
  }
  return room / stride + 1
}

/// The extent of the image whose convolution gives a map: the inverse of `convolvedExtent`.
func transposedExtent(
  _ map: Int, kernel: Int, stride: Int, pads: Int, outputPadding: Int, _ op: String
) throws -> Int {
  let extent = (map - 1) * stride + kernel - pads + outputPadding
  guard extent > 0, extent <= elementLimit else {
    throw TypeError("'\(op)' would make an image of extent \(extent)")
  }
  guard outputPadding < max(stride, 1) || outputPadding == 0 else {
    throw TypeError("'\(op)' needs an output_padding below its stride \(stride), not \(outputPadding)")
  }
  return extent
}
