import IR

extension Pass {
  /// Makes one operation of a convolution with its bias and its activation, in either direction, and of a data
  /// gradient with the gradient of the activation before it:
  ///
  ///     %1 = conv2d %0, @w {stride = [2, 2], pad = [1, 1, 1, 1]} : f32[N,32,14,14]
  ///     %2 = add_bias %1, @b : f32[N,32,14,14]
  ///     %3 = relu %2 : f32[N,32,14,14]
  ///     ...
  ///     %8 = conv2d_transpose %7, @w2 {stride = [2, 2], pad = [1, 1, 1, 1], output_padding = [1, 1]} : f32[N,32,14,14]
  ///     %9 = relu_gradient %8, %3 : f32[N,32,14,14]
  ///
  /// becomes
  ///
  ///     %1 = conv2d %0, @w, @b {stride = [2, 2], pad = [1, 1, 1, 1], epilogue = relu} : f32[N,32,14,14]
  ///     ...
  ///     %7 = conv2d_transpose %6, @w2, %1 {stride = [2, 2], pad = [1, 1, 1, 1], output_padding = [1, 1], epilogue = relu_gradient} : f32[N,32,14,14]
  ///
  /// The pre-activation is never stored: gradients of activations read the output. A reshape between a product
  /// and the activation moves behind both.
  public static let fuseConvolution = Pass(
    name: "fuse-convolution", summary: "fuses convolutions and deconvolutions with bias and activation",
    perEntry: { entry, context in
      var fusion = ProductFusion(["conv2d", "conv2d_transpose"], in: entry)
      entry = fusion.run(&context)
    })
}
