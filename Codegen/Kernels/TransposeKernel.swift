import IR
import LLVM

/// Turns a block from images in the lanes to channels in the lanes: what a weight gradient's product, which sums over
/// images, needs on its vector side.
public enum TransposeKernel {
  /// Where a transposed block lies: `[positions][images of the block][channels, padded]`, floats.
  public struct Target: Sendable {
    public let place: Place
    public let channels: Int
    public let positions: Int
    /// Floats from one image's row of channels to the next.
    public let rowFloats: Int

    /// A row is padded to whole vectors, and by one vector more where it would be a multiple of 1 KiB: such strides crowd
    /// a few sets of the L1 cache.
    public init(place: Place, channels: Int, positions: Int, target: KernelTarget) {
      self.place = place
      self.channels = channels
      self.positions = positions
      rowFloats = Self.rowFloats(channels, target)
    }

    static func rowFloats(_ channels: Int, _ target: KernelTarget) -> Int {
      let whole = (channels + target.lanes - 1) / target.lanes * target.lanes
      return whole % 256 == 0 ? whole + target.lanes : whole
    }

    /// Bytes of a block.
    public static func byteCount(channels: Int, positions: Int, target: KernelTarget) -> Int {
      // The last tile of a product may read a whole tile behind the last row's channels.
      positions * target.blockImages * rowFloats(channels, target) * 4 + target.blockImages * 4
    }
  }

  /// One task is one position of one block.
  public static func kernel(_ name: String, from: TensorSlot, to: Target) -> Kernel {
    Kernel(name, tasks: .perBlock(to.positions)) { k, task in
      let b = k.b
      let slot = TensorSlot(type: from.type, place: to.place)
      let source = b.offset(k.address(from, block: task.block), bytes: b.mulIndex(task.part, k.rowBytes))
      let rowBytes = to.rowFloats * 4
      let target = b.offset(
        k.address(slot, block: task.block), bytes: b.mulIndex(task.part, k.target.blockImages * rowBytes))
      let channelStep = to.positions * k.rowBytes

      func tile(_ firstChannel: LLVMValue, _ channels: Int) {
        for vector in 0..<k.target.tileVectors {
          let rows = (0..<k.lanes).map { channel in
            channel < channels
              ? k.loadVector(
                b.offset(
                  source, bytes: b.addIndex(b.mulIndex(firstChannel, channelStep), channel * channelStep)),
                vector)
              : k.vector.zero
          }
          for (image, row) in k.transpose(rows).enumerated() {
            let place = b.offset(
              target, bytes: b.addIndex(b.mulIndex(firstChannel, 4), (vector * k.lanes + image) * rowBytes))
            b.store(row, to: place)
          }
        }
      }
      let whole = to.channels / k.lanes
      b.forLoop(from: 0, to: b.i64(whole), name: "channels") { tile(b.mulIndex($0, k.lanes), k.lanes) }
      if to.channels % k.lanes > 0 { tile(b.i64(whole * k.lanes), to.channels % k.lanes) }
    }
  }
}

extension KernelBuilder {
  /// The transpose of `lanes` rows of `lanes` floats: log2(lanes) rounds of interleaving row r with row r + lanes/2.
  func transpose(_ rows: [LLVMValue]) -> [LLVMValue] {
    var rows = rows
    var round = 1
    while round < lanes {
      let half = lanes / 2
      var next: [LLVMValue] = []
      for row in 0..<half {
        let low = (0..<half).flatMap { [$0, lanes + $0] }
        let high = (half..<lanes).flatMap { [$0, lanes + $0] }
        next.append(b.shuffle(rows[row], rows[row + half], low))
        next.append(b.shuffle(rows[row], rows[row + half], high))
      }
      rows = next
      round *= 2
    }
    return rows
  }
}
