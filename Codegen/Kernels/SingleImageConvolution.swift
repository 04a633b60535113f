import IR
import LLVM

/// Convolution and transposed convolution of one image at a time, neighbouring pixels in the lanes and single weights
/// broadcast from where they lie.
///
/// Neighbouring positions have to read neighbouring floats. So the source is first copied into planes with its padding
/// written out: for a convolution of stride s, s x s planes of every s-th row and column, in each of which a tap is the
/// same displacement for all positions; for its transpose one plane, and the positions of the result are done phase by
/// phase, s x s of them, each with the taps that reach it. `SingleImageProduct` goes through the planes.
public struct SingleImageConvolution {
  let pass: ConvolutionPass
  let target: KernelTarget
  private let planeRows: Int
  let planeColumns: Int
  /// Between the source's rows of a plane: row r of plane (a, b) is row `r * spread + a - border` of the source.
  private let spread: (rows: Int, columns: Int)
  private let border: (rows: Int, columns: Int)
  /// Row by row, those of a row by the first column of the result that they have.
  let phases: [Phase]
  /// Phases of a row.
  let columnPhases: Int

  /// Positions of the result that have the same taps: position (m, n) is row `m * step + row`, column `n * step + column`.
  struct Phase {
    var row: Int
    var column: Int
    var rows: Range<Int>
    var columns: Range<Int>
    /// For each tap its displacement in the planes, in floats from position (0, 0), and its number in the kernel.
    var taps: [(displacement: Int, weight: Int)]
  }

  public init(_ geometry: ConvolutionGeometry, isTransposed: Bool, target: KernelTarget) {
    let g = geometry
    pass = ConvolutionPass(geometry: g, isTransposed: isTransposed)
    self.target = target.singleImage
    let vertical = Axis(
      isTransposed, kernel: g.kernelHeight, stride: g.strideHeight, pad: g.padTop, result: pass.height)
    let horizontal = Axis(
      isTransposed, kernel: g.kernelWidth, stride: g.strideWidth, pad: g.padLeft, result: pass.width)
    (planeRows, planeColumns) = (vertical.length, horizontal.length)
    spread = (vertical.planes, horizontal.planes)
    border = (vertical.border, horizontal.border)
    let plane = planeRows * planeColumns
    var phases: [Phase] = []
    let columns = horizontal.phases.filter { !$0.positions.isEmpty }.sorted {
      $0.positions.lowerBound * horizontal.step + $0.offset < $1.positions.lowerBound * horizontal.step
        + $1.offset
    }
    columnPhases = columns.count
    for row in vertical.phases where !row.positions.isEmpty {
      for column in columns {
        let taps = row.taps.flatMap { v in
          column.taps.map { h in
            (
              displacement: (v.plane * horizontal.planes + h.plane) * plane + v.shift * horizontal.length
                + h.shift, weight: v.tap * g.kernelWidth + h.tap
            )
          }
        }
        phases.append(
          Phase(
            row: row.offset, column: column.offset, rows: row.positions, columns: column.positions, taps: taps))
      }
    }
    self.phases = phases
  }

  /// What the planes and phases are along one axis.
  private struct Axis {
    struct Phase {
      var offset: Int
      var positions: Range<Int>
      var taps: [(plane: Int, shift: Int, tap: Int)]
    }
    let planes: Int
    let border: Int
    let length: Int
    /// From one position of a phase to the next in the result.
    let step: Int
    let phases: [Phase]

    init(_ isTransposed: Bool, kernel: Int, stride: Int, pad: Int, result: Int) {
      guard isTransposed else {
        // Tap t of position p reads padded row p * stride + t: row p + t / stride of plane t % stride.
        planes = stride
        step = 1
        border = pad
        length = result + (kernel - 1) / stride
        let taps = (0..<kernel).map { (plane: $0 % stride, shift: $0 / stride, tap: $0) }
        phases = [Phase(offset: 0, positions: 0..<result, taps: taps)]
        return
      }
      // Position stride * m + f - pad of phase f meets source row m - j with tap f + j * stride.
      let reach = (kernel - 1) / stride
      planes = 1
      step = stride
      border = reach
      length = (result - 1 + pad) / stride + 1 + reach
      phases = (0..<stride).map { f in
        let first = max(0, (pad - f + stride - 1) / stride)
        let end = result - 1 + pad - f < 0 ? first : (result - 1 + pad - f) / stride + 1
        let taps = Swift.stride(from: f, to: max(f, kernel), by: stride).enumerated().map { j, tap in
          (plane: 0, shift: reach - j, tap: tap)
        }
        return Phase(offset: f - pad, positions: first..<max(first, end), taps: taps)
      }
    }
  }

  private var planeCount: Int { spread.rows * spread.columns }
  /// Floats from one channel of the planes to the next: an odd number of lines, so that the channels of a position do not crowd
  /// a few sets of the caches.
  var channelFloats: Int {
    // The last row's last vector may reach behind it.
    let lines = (planeCount * planeRows * planeColumns + target.lanes - 1 + 15) / 16
    return (lines | 1) * 16
  }

  /// Bytes of the planes of an image, and of what the product reads behind them.
  public var planeBytes: Int {
    (pass.depth * channelFloats + SingleImageProduct(self).floatsBehind) * 4
  }

  /// The kernels: the planes, then the product.
  public func kernels(
    _ name: String, operation: Operation, from: TensorSlot, w: TensorSlot, epilogue: EpilogueSlots,
    to: TensorSlot, planes: Place
  ) -> [Kernel] {
    [
      fillPlanes(name + "_planes", from: from, to: TensorSlot(type: from.type, place: planes)),
      SingleImageProduct(self).kernel(
        name, ProductEpilogue(operation), planes: TensorSlot(type: from.type, place: planes), w: w,
        epilogue, to: to),
    ]
  }

  /// One task is one channel. A plane's rows are written in order, in whole vectors: what one has too much belongs to the next.
  private func fillPlanes(_ name: String, from: TensorSlot, to: TensorSlot) -> Kernel {
    Kernel(name, tasks: .perBlock(pass.depth)) { k, task in
      let k = k.with(target)
      let b = k.b
      let (height, width) = (pass.sourceHeight, pass.sourceWidth)
      let source = b.offset(
        k.address(from, block: task.block), bytes: b.mulIndex(task.part, height * width * 4))
      let planes = b.offset(k.address(to, block: task.block), bytes: b.mulIndex(task.part, channelFloats * 4))
      for (vertical, horizontal) in (0..<spread.rows).flatMap({ v in (0..<spread.columns).map { (v, $0) } }) {
        let plane = (vertical * spread.columns + horizontal) * planeRows * planeColumns
        b.forLoop(from: 0, to: b.i64(planeRows), name: "row") { planeRow in
          let row = b.addIndex(b.mulIndex(planeRow, spread.rows), vertical - border.rows)
          let isInside = b.icmp(.ult, row, b.i64(height))
          let line = b.offset(source, bytes: b.mulIndex(row, width * 4))
          let to = b.offset(planes, bytes: b.mulIndex(b.addIndex(b.mulIndex(planeRow, planeColumns), plane), 4))
          for first in stride(from: 0, to: planeColumns, by: k.lanes) {
            let column = first * spread.columns + horizontal - border.columns
            let values = b.ifThen(
              isInside, name: "inside", { [pixels(k, line, from: column)] }, else: { [k.vector.zero] })
            b.store(values[0], to: b.offset(to, bytes: first * 4))
          }
        }
      }
    }
  }

  /// The pixels of a row that are `spread` columns apart, from a column on; zeros outside the row.
  private func pixels(_ k: KernelBuilder, _ line: LLVMValue, from column: Int) -> LLVMValue {
    let b = k.b
    let step = spread.columns
    func load(_ first: Int) -> LLVMValue {
      let inside = (first..<first + k.lanes).map { (0..<pass.sourceWidth).contains($0) }
      guard inside.contains(true) else { return k.vector.zero }
      let address = b.offset(line, bytes: first * 4)
      guard inside.contains(false) else { return b.load(k.vector, from: address) }
      let mask = k.vector.with(element: b.context.i1).constant(lanes: inside.map { $0 ? 1 : 0 })
      return b.maskedLoad(k.vector, from: address, mask: mask)
    }
    guard step > 1 else { return load(column) }
    // Each part gives the lanes whose pixels are in it.
    return (0..<step).reduce(k.vector.zero) { values, part in
      let places = (0..<k.lanes).map { $0 * step - part * k.lanes }
      let lanes = places.enumerated().map { lane, place in
        (0..<k.lanes).contains(place) ? k.lanes + place : lane
      }
      return b.shuffle(values, load(column + part * k.lanes), lanes)
    }
  }
}
