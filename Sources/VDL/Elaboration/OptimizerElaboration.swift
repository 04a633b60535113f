import IR

/// What an optimizer's step is given besides parameters and gradients.
struct StepInputs {
  var step: ValueID
  var rate: ValueID
  /// Nil where weights do not decay.
  var decay: ValueID?
  /// The limit of the clipping; nil where gradients stay as they are.
  var clip: ValueID?
}

extension EntryElaborator {
  /// The arguments of `train_step` that the training needs.
  mutating func addStepInputs(_ training: BoundTraining) -> StepInputs {
    let step = argument("step", .step, TensorType(.i32, []))
    let rate = argument("rate", .rate, .scalar)
    let decay = training.defaults.decay > 0 ? argument("decay", .decay, .scalar) : nil
    let clip = training.clipping == nil ? nil : argument("clip", .clip, .scalar)
    return StepInputs(step: step, rate: rate, decay: decay, clip: clip)
  }

  /// One step of the optimizer for every parameter. Its parts are single operations; the compiler fuses them.
  mutating func takeStep(
    _ gradients: [(Global, ValueID)], _ inputs: StepInputs, _ training: BoundTraining
  ) throws(Recovery) {
    let clipped = try clip(gradients, inputs, training.clipping)
    let name = training.defaults.optimizer
    let isAdam = name == "adam" || name == "adamw"
    let corrections = isAdam ? try biasCorrections(inputs, training.optimizer) : nil
    for (parameter, clippedGradient) in clipped {
      let step = ParameterStep(
        optimizer: name, parameter: parameter, weight: builder.entry.reference(to: parameter),
        gradient: clippedGradient)
      if let decay = inputs.decay {
        if name == "adamw" {
          step.weight = try emit("shrink", [step.weight, inputs.rate, decay])
        } else {
          step.gradient = try emit("add", [step.gradient, try emit("mul", [decay, step.weight])])
        }
      }
      let weight =
        if let corrections { try adam(step, inputs, corrections, training.optimizer) } else {
          try emit(
            "descend", [step.weight, try direction(step, training.optimizer), inputs.rate])
        }
      addResult(.global(parameter.name), weight)
      for (state, value) in step.states { addResult(.global(state), value) }
    }
  }

  /// The step of one parameter under construction.
  private final class ParameterStep {
    let optimizer: String
    let parameter: Global
    var weight: ValueID
    var gradient: ValueID
    /// What is kept for the next step: names of globals and their new values.
    var states: [(String, ValueID)] = []

    init(optimizer: String, parameter: Global, weight: ValueID, gradient: ValueID) {
      self.optimizer = optimizer
      self.parameter = parameter
      self.weight = weight
      self.gradient = gradient
    }
  }

  /// Keeps what an op makes of the old state and other operands: `adam.m/encoder.h.conv0.weight`, zero at the beginning.
  private mutating func keep(
    _ kind: String, _ op: String, _ operand: ValueID, _ attributes: Attributes, _ step: ParameterStep
  ) throws(Recovery) -> ValueID {
    let state = registry.global(
      "\(step.optimizer).\(kind)/\(step.parameter.name)", kind: .state, type: step.parameter.type,
      initializer: .constant(0), sources: step.parameter.sources)
    let value = try emit(op, [builder.entry.reference(to: state), operand], attributes)
    step.states.append((state.name, value))
    return value
  }

  // MARK: Adam

  private mutating func biasCorrections(
    _ inputs: StepInputs, _ optimizer: BoundArguments
  ) throws(Recovery) -> [ValueID] {
    let first = try emit("bias_correction", [inputs.step], ["decay": .float(optimizer.number("beta1"))])
    return [first, try emit("bias_correction", [inputs.step], ["decay": .float(optimizer.number("beta2"))])]
  }

  /// Kingma and Ba 2015, algorithm 1; Loshchilov and Hutter 2019, algorithm 2, where the weight has decayed before.
  private mutating func adam(
    _ step: ParameterStep, _ inputs: StepInputs, _ corrections: [ValueID], _ optimizer: BoundArguments
  ) throws(Recovery) -> ValueID {
    let mean = try keep(
      "m", "decay_average", step.gradient, ["decay": .float(optimizer.number("beta1"))], step)
    let square = try keep(
      "v", "decay_average_square", step.gradient, ["decay": .float(optimizer.number("beta2"))], step)
    return try emit(
      "adam_apply", [step.weight, mean, square, inputs.rate] + corrections,
      ["epsilon": .float(optimizer.number("epsilon"))])
  }

  // MARK: The others

  /// What the rate is multiplied by.
  private mutating func direction(
    _ step: ParameterStep, _ optimizer: BoundArguments
  ) throws(Recovery) -> ValueID {
    let epsilon: Attributes = ["epsilon": .float(optimizer.number("epsilon"))]
    switch step.optimizer {
    case "rmsprop":
      let square = try keep(
        "v", "decay_average_square", step.gradient, ["decay": .float(optimizer.number("alpha"))], step)
      let scaled = try emit("divide_by_root", [step.gradient, square], epsilon)
      return try withMomentum(scaled, step, optimizer)
    case "adagrad":
      let sum = try keep("s", "add_square", step.gradient, [:], step)
      return try emit("divide_by_root", [step.gradient, sum], epsilon)
    default: return try withMomentum(step.gradient, step, optimizer)
    }
  }

  private mutating func withMomentum(
    _ direction: ValueID, _ step: ParameterStep, _ optimizer: BoundArguments
  ) throws(Recovery) -> ValueID {
    guard optimizer.number("momentum") > 0 else { return direction }
    let momentum: Attributes = ["momentum": .float(optimizer.number("momentum"))]
    let buffer = try keep("m", "momentum", direction, momentum, step)
    return optimizer.symbol("nesterov") == "yes" ? try emit("momentum", [buffer, direction], momentum) : buffer
  }

  // MARK: Clipping

  private mutating func clip(
    _ gradients: [(Global, ValueID)], _ inputs: StepInputs, _ clipping: String?
  ) throws(Recovery) -> [(Global, ValueID)] {
    guard let limit = inputs.clip else { return gradients }
    var clipped: [(Global, ValueID)] = []
    if clipping == "value" {
      for (parameter, gradient) in gradients {
        clipped.append((parameter, try emit("clip_value", [gradient, limit])))
      }
      return clipped
    }
    var squares: ValueID?
    for (_, gradient) in gradients {
      let sum = try emit("sum_elements", [try emit("square_sums", [gradient])])
      squares = if let squares { try emit("add", [squares, sum]) } else { sum }
    }
    guard let squares else { return gradients }
    let scale = try emit("clip_scale", [squares, limit], named: "clip.scale")
    for (parameter, gradient) in gradients {
      clipped.append((parameter, try emit("mul", [scale, gradient])))
    }
    return clipped
  }
}
