/// A module with everything that the text form knows, as it prints.
let sampleText = """
  module sample
  source "models/sample \\"1\\".vdl"
  config hidden = 100
  config share = 0.25
  hyper beta = 1.0
  train optimizer = adam, rate = 0.001, decay = 1e-05, batch = 32, epochs = 3
  parameter @encoder.h.weight : f32[4,1,3,3] init fan_in_uniform(@encoder.h.weight)       at 3:4-9
  parameter @encoder.h.bias : f32[4] init fan_in_uniform(@encoder.h.weight)
  state @adam.m/encoder.h.bias : f32[4] init constant(0)

  entry @encode(image %x : u8[N,1,5,6]) {
    %0 = decode_u8 %x : f32[N,1,5,6]                                                      at 8:9-10
    %h = conv2d %0, @encoder.h.weight, @encoder.h.bias {stride = [2, 2], pad = [1, 1, 1, 1], epilogue = relu} : f32[N,4,3,3]  at 13:20-28, 13:31-14:5, "other.vdl" 1:2-3
    %1 = relayout %h {to = n32} : f32[N,4,3,3]{n32}
    %2 = map_sum_per_image %h, %h {formula = select(neg(a), add(exp(b), -0.5), inf)} : f32[N]
    return latent h = %1
  }

  entry @train_step(
    image %x : f32[N,3],
    index %index : i32[N],
    seed %seed : i32[2],
    epoch %epoch : i32[],
    step %step : i32[],
    rate %rate : f32[],
    hyper %hyper.beta : f32[]) {
    %noise = normal_noise %seed, %epoch, %index {stream = 0x3f1c, domain = train} : ?
    %0 = constant {value = -1e-08} : f32[]
    %z, %kl = reparam_kl_given %x, %noise, %x : ?, f32[N]
    %1 = decay_average @adam.m/encoder.h.bias, @encoder.h.bias {decay = 0.9} : f32[4]
    return
      metric kl = %kl,
      gradient encoder.h.bias = %1,
      @adam.m/encoder.h.bias = %1,
      @encoder.h.bias = @encoder.h.bias,
      latent z = %z,
      metric other.long.name = %0
  }

  """
