import IR
import Reference

extension HostTensor {
  /// A tensor of random values: bytes, counters from 1, and numbers.
  /// - Parameter number: makes a number of its sign, 1 or -1, and a draw from [0, 1)
  public static func random(
    _ type: TensorType, images: Int, _ random: inout SplitMix,
    number: (_ sign: Double, _ unit: Double) -> Double
  ) -> HostTensor {
    var tensor = HostTensor(zeros: type.shape(images: images))
    for index in tensor.data.indices {
      let unit = random.unit()
      switch type.element {
      case .u8: tensor.data[index] = (unit * 255).rounded()
      case .i32: tensor.data[index] = (unit * 1000).rounded() + 1
      case .f32, .bf16: tensor.data[index] = number(random.next() & 1 == 0 ? 1 : -1, unit)
      }
    }
    return tensor
  }
}
