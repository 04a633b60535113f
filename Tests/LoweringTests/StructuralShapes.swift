import IR

/// Shapes of structural ops: windows at every kind of edge, more rows than one task does.
enum StructuralShapes {
  static let all = pooling

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
