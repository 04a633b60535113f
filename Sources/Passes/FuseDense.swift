import IR

extension Pass {
  /// Makes one operation of a dense layer with its bias and its activation, and of its data gradient with the
  /// gradient of the activation before it:
  ///
  ///     %1 = dense %0, @w : f32[N,3136]
  ///     %2 = add_bias %1, @b : f32[N,3136]
  ///     %3 = relu %2 : f32[N,3136]
  ///     ...
  ///     %7 = dense_data_gradient %6, @w2 : f32[N,3136]
  ///     %8 = relu_gradient %7, %3 : f32[N,3136]
  ///
  /// becomes
  ///
  ///     %1 = dense %0, @w, @b {epilogue = relu} : f32[N,3136]
  ///     ...
  ///     %5 = dense_data_gradient %4, @w2, %1 {epilogue = relu_gradient} : f32[N,3136]
  public static let fuseDense = Pass(
    name: "fuse-dense", summary: "fuses dense layers with bias and activation",
    perEntry: { entry, context in
      var fusion = ProductFusion(["dense", "dense_data_gradient"], in: entry)
      entry = fusion.run(&context)
    })
}
