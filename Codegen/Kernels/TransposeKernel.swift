import IR
import LLVM

/// Turns a block from images in the lanes to channels in the lanes: what a weight gradient's product, which sums over
/// images, needs on its vector side.
public enum TransposeKernel {
  /// Where a transposed block lies: `[strip of channels][position][image of the block][channel of the strip]`, floats. A strip
  /// is what a product's tile holds in its vectors, so that a tile reads memory in order. Channels that the last strip lacks
  /// are zero.
  public struct Target: Sendable {
    public let place: Place
    public let channels: Int
    public let positions: Int
    /// Vectors of a strip.
    public let vectors: Int

    public init(place: Place, channels: Int, positions: Int, vectors: Int) {
      self.place = place
      self.channels = channels
      self.positions = positions
      self.vectors = vectors
    }

    public func strips(_ target: KernelTarget) -> Int { Self.strips(channels, vectors: vectors, target) }
    func stripBytes(_ target: KernelTarget) -> Int { positions * positionBytes(target) }
    func positionBytes(_ target: KernelTarget) -> Int { target.blockImages * vectors * target.lanes * 4 }

    static func strips(_ channels: Int, vectors: Int, _ target: KernelTarget) -> Int {
      let width = vectors * target.lanes
      return (channels + width - 1) / width
    }

    /// Bytes of a block.
    public static func byteCount(channels: Int, positions: Int, vectors: Int, target: KernelTarget) -> Int {
      strips(channels, vectors: vectors, target) * positions * target.blockImages * vectors * target.lanes * 4
    }
  }

  /// Neighbouring positions of a task: their lines are neighbours in memory, which is read a channel's stride apart.
  private static let positionsPerTask = 8

  /// One task is some positions of one block.
  public static func kernel(_ name: String, from: TensorSlot, to: Target) -> Kernel {
    let tasks = (to.positions + positionsPerTask - 1) / positionsPerTask
    return Kernel(name, tasks: .perBlock(tasks)) { k, task in
      let b = k.b
      let slot = TensorSlot(type: from.type, place: to.place)
      let source = k.address(from, block: task.block)
      let target = k.address(slot, block: task.block)
      let channelStep = to.positions * k.rowBytes
      let first = b.mulIndex(task.part, positionsPerTask)
      let past = b.addIndex(first, positionsPerTask)
      let end = b.select(b.icmp(.slt, past, to.positions), past, b.i64(to.positions))

      func strip(_ index: LLVMValue, channels: Int) {
        let strip = b.offset(target, bytes: b.mulIndex(index, to.stripBytes(k.target)))
        let channel = b.offset(source, bytes: b.mulIndex(index, to.vectors * k.lanes * channelStep))
        b.forLoop(from: first, to: end, name: "position") { position in
          k.transposePosition(
            b.offset(channel, bytes: b.mulIndex(position, k.rowBytes)), channelStep: channelStep,
            channels: channels,
            vectors: to.vectors,
            to: b.offset(strip, bytes: b.mulIndex(position, to.positionBytes(k.target))))
        }
      }
      let width = to.vectors * k.lanes
      let whole = to.channels / width
      b.forLoop(from: 0, to: b.i64(whole), name: "strip") { strip($0, channels: width) }
      if to.channels % width > 0 { strip(b.i64(whole), channels: to.channels % width) }
    }
  }
}

extension KernelBuilder {
  /// Turns one position of a strip of channels, `channelStep` bytes apart, to `[image][channel of the strip]`. Channels that
  /// are not there become zero.
  func transposePosition(
    _ from: LLVMValue, channelStep: Int, channels: Int, vectors: Int, to place: LLVMValue
  ) {
    for number in 0..<vectors {
      for vector in 0..<target.tileVectors {
        let rows = (0..<lanes).map { lane in
          let index = number * lanes + lane
          return index < channels
            ? loadVector(b.offset(from, bytes: index * channelStep), vector) : self.vector.zero
        }
        for (image, row) in transpose(rows).enumerated() {
          b.store(
            row, to: b.offset(place, bytes: ((vector * lanes + image) * vectors + number) * lanes * 4))
        }
      }
    }
  }

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
