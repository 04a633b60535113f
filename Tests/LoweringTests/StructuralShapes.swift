import IR

/// Shapes of structural ops: windows at every kind of edge, more rows than one task does.
enum StructuralShapes {
  static let all = pooling + normalization + channels + codebooks

  /// One row of a channel, two, an odd number, more channels than one task does; with an activation and its gradient.
  private static let normalization: [OpCase] = [[3], [67], [2, 3], [3, 2], [5, 3, 3], [70, 7]].flatMap {
    extents -> [OpCase] in
    let name = extents.map(String.init).joined(separator: "x")
    let x = TensorType(.f32, [.images] + extents.map { .fixed($0) })
    let numbers = TensorType.f32(extents[0])
    let relu: Attributes = ["formula": .formula(maximum(.operand(0), 0))]
    let masked: Attributes = ["formula": .formula(.selectPositive(.operand(1), .operand(0), 0))]
    return [
      OpCase.of("channel_statistics", name, [x]),
      OpCase.of("affine_channels", "scale_" + name, [x, numbers]),
      OpCase.of("affine_channels", "bias_" + name, [x, numbers, numbers]),
      OpCase.of("affine_channels", "relu_" + name, [x, numbers, numbers, numbers], relu),
      OpCase.of("channel_sums", "plain_" + name, [x, x]), OpCase.of("channel_sums", name, [x, x, numbers]),
      OpCase.of("channel_sums", "masked_" + name, [x, x, numbers, numbers, numbers], masked),
      OpCase.of(
        "normalization_gradient", "plain_" + name, [x, x, numbers, numbers, numbers, numbers], [:]),
      OpCase.of(
        "normalization_gradient", name, [x, x, numbers, numbers, numbers, numbers, numbers], masked),
      OpCase.of("inverse_count", name, [x]), OpCase.of("bessel_correction", name, [x]),
    ].flatMap { $0 }
  }

  /// Parts that begin and end inside a task's 64 rows, that fill it and that go over it; one part, eight.
  private static let channels: [OpCase] =
    [[1, 1], [64, 3], [63, 2], [5, 130, 1], [1, 2, 3, 4, 5, 6, 7, 60]].flatMap { counts in
      OpCase.of("concat", counts.map(String.init).joined(separator: "_"), counts.map { .perImage($0) })
    }
    + OpCase.of("concat", "one", [.perImage(3, 2)])
    + OpCase.of("concat", "images", [.perImage(3, 5, 5), .perImage(1, 5, 5)])
    + [(0, 1), (3, 64), (63, 67), (0, 130)].flatMap { from, count -> [OpCase] in
      OpCase.of("slice", "\(from)_\(count)", [.perImage(130)], ["from": .int(from), "count": .int(count)])
        + OpCase.of(
          "place", "\(from)_\(count)", [.perImage(count)], ["from": .int(from), "channels": .int(130)])
    }
    + [2, 65].flatMap {
      OpCase.of("one_hot", "\($0)", [TensorType(.i32, [.images])], ["classes": .int($0)])
    }
    + [1, 2, 10, 67].flatMap {
      OpCase.of("log_softmax", "\($0)", [.perImage($0)], ["classes": .int($0)])
    }
    + OpCase.of(
      "log_softmax", "samples", [TensorType(.f32, [.images(3), .fixed(5)])], ["classes": .int(5)])

  /// Rows and images, few and many codes and channels.
  private static let codebooks: [OpCase] = [(2, 1, 1), (3, 5, 1), (17, 3, 6)].flatMap {
    codes, channels, positions in
    let name = "\(codes)_\(channels)_\(positions)"
    func type(_ channels: Int) -> TensorType {
      positions == 1 ? .perImage(channels) : .perImage(channels, positions)
    }
    let book = TensorType.f32(codes, channels)
    return OpCase.of("nearest_code", name, [type(channels), book]) + OpCase.of("lookup", name, [type(1), book])
      + OpCase.of("lookup_gradient", name, [type(channels), type(1)], ["codes": .int(codes)])
  }

  private struct Window {
    let name: String
    let image: [Int]
    let map: [Int]
    let kernel: [Int]
    let stride: [Int]
    var pad = [0, 0, 0, 0]
  }

  /// Side by side, with rows and columns left over, apart, overlapping, padded, more taps than are written out, one window.
  private static let windows: [Window] = [
    Window(name: "side_by_side", image: [3, 6, 8], map: [3, 3, 4], kernel: [2, 2], stride: [2, 2]),
    Window(name: "rows_left", image: [2, 7, 5], map: [2, 3, 2], kernel: [2, 2], stride: [2, 2]),
    Window(name: "apart", image: [2, 8, 7], map: [2, 3, 2], kernel: [2, 1], stride: [3, 4]),
    Window(name: "overlapping", image: [2, 6, 9], map: [2, 4, 4], kernel: [3, 3], stride: [1, 2]),
    Window(
      name: "padded", image: [2, 5, 4], map: [2, 3, 3], kernel: [3, 3], stride: [2, 2], pad: [1, 1, 1, 2]),
    Window(name: "large", image: [1, 9, 7], map: [1, 2, 1], kernel: [5, 5], stride: [4, 3]),
    Window(name: "whole", image: [3, 4, 3], map: [3, 1, 1], kernel: [4, 3], stride: [1, 1]),
    Window(name: "many_rows", image: [67, 4, 2], map: [67, 2, 1], kernel: [2, 2], stride: [2, 2]),
  ]

  private static func cases(_ window: Window) -> [OpCase] {
    func type(_ extents: [Int]) -> TensorType { TensorType(.f32, [.images] + extents.map { .fixed($0) }) }
    let (image, map) = (type(window.image), type(window.map))
    let forward: Attributes = [
      "kernel": .ints(window.kernel), "stride": .ints(window.stride), "pad": .ints(window.pad),
    ]
    var back = forward
    back["output_padding"] = .ints(
      (0..<2).map { axis -> Int in
        let pads = window.pad[2 * axis] + window.pad[2 * axis + 1]
        let reached = (window.map[1 + axis] - 1) * window.stride[axis] + window.kernel[axis] - pads
        return window.image[1 + axis] - reached
      })
    var cases = OpCase.of("sum_pool2d", window.name, [image], forward)
    cases += OpCase.of("spread2d", window.name, [map], back)
    cases += OpCase.of("max_pool2d", window.name, [image], forward)
    cases += OpCase.of("max_pool2d_gradient", window.name, [map, image], forward)
    cases += OpCase.of("max_pool2d_select", window.name, [image, image], forward)
    return cases
  }

  private static let pooling: [OpCase] = [
    windows.flatMap(cases),
    OpCase.of("mean_positions", "many", [.perImage(67, 3)]),
    OpCase.of("mean_positions", "one", [.perImage(3, 1, 1)]),
    OpCase.of("mean_positions", "large", [.perImage(2, 9, 9)]),
    OpCase.of("repeat_positions", "many", [.perImage(67)], ["shape": .ints([2])]),
    OpCase.of("repeat_positions", "large", [.perImage(2)], ["shape": .ints([9, 9])]),
  ].flatMap { $0 }
}
