import IR

/// What other libraries call the things of the language, for suggestions: whoever writes `linear` means `dense`, though no
/// misspelling leads from one to the other.
enum ForeignNames {
  private static let ours: [String: [String]] = [
    "conv": ["conv2d", "convolution", "convolution2d"],
    "deconv": ["conv2d_transpose", "conv_transpose", "convtranspose", "convtranspose2d", "deconv2d", "upconv"],
    "dense": ["linear", "fc", "fully_connected", "affine"],
    "reshape": ["view", "unflatten"],
    "avg_pool": ["avgpool", "avgpool2d", "avg_pool2d", "average_pooling", "averagepooling2d"],
    "max_pool": ["maxpool", "maxpool2d", "max_pool2d", "max_pooling", "maxpooling2d"],
    "global_avg_pool": ["gap", "global_average_pooling", "globalaveragepooling2d", "adaptiveavgpool2d"],
    "batch_norm": [
      "batchnorm", "batchnorm1d", "batchnorm2d", "batch_normalization", "batchnormalization", "bn",
    ],
    "upsample": ["upsampling", "upsampling2d", "interpolate", "unpool"],
    "kernel": ["kernel_size", "filter_size", "ksize"],
    "stride": ["strides"],
    "pad": ["padding"],
    "channels": ["filters", "out_channels"],
    "units": ["out_features", "features"],
    "slope": ["negative_slope"],
    "init": ["initializer", "kernel_initializer", "weight_init"],
    "fan_in_uniform": ["pytorch", "default", "kaiming_uniform"],
    "glorot_uniform": ["xavier", "glorot", "xavier_uniform"],
    "glorot_normal": ["xavier_normal"],
    "he_normal": ["he", "kaiming", "kaiming_normal"],
    "zeros": ["zero"],
    "normal": ["gaussian"],
    "mean": ["mu", "loc"],
    "logvar": ["log_var", "log_variance", "logsigma2", "log_sigma2"],
    "std": ["sigma", "stddev", "scale", "sd"],
    "logits": ["p", "probs", "probabilities", "logit"],
    "kl": ["kld", "kl_divergence", "kl_loss"],
    "loglik": ["log_likelihood", "log_prob", "logprob", "bce", "crossentropy", "reconstruction"],
    "mse": ["mean_squared_error", "l2_loss", "mseloss"],
    "sse": ["sum_squared_error"],
    "maximize": ["elbo"],
    "minimize": ["loss", "cost", "objective"],
    "sgd": ["momentum_sgd", "gradient_descent"],
    "rate": ["lr", "learning_rate"],
    "decay": ["weight_decay", "l2"],
    "epsilon": ["eps"],
    "batch": ["batch_size"],
    "image": ["img", "images", "tensor"],
  ]

  private static let meant = Dictionary(
    (ours.map { ($0.key, $0.value) } + OpTable.activations.map { ($0.name, $0.layer?.otherNames ?? []) })
      .flatMap { our, theirs in theirs.map { ($0, our) } }, uniquingKeysWith: { first, _ in first })

  /// Our name for another library's.
  static func translation(of name: String) -> String? { meant[name.lowercased()] }
}
