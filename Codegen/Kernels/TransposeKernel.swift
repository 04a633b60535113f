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
    let (from, place) = (b.opaque(from), b.opaque(place))
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

  /// The transpose of `lanes` rows of `lanes` floats: first of every four rows within every four lanes, which stay in a
  /// quarter or half of an x86 register, where a shuffle is one instruction; then of those fours.
  func transpose(_ rows: [LLVMValue]) -> [LLVMValue] {
    let size = min(4, lanes)
    let groups = stride(from: 0, to: lanes, by: size).map { first in
      interleave(Array(rows[first..<first + size]), unit: 1, within: size)
    }
    let columns = (0..<size).map { column in
      interleave(groups.map { $0[column] }, unit: size, within: lanes)
    }
    return (0..<lanes).map { columns[$0 % size][$0 / size] }
  }

  /// The transpose of rows of units, neighbouring lanes each, in each section of `section` lanes, which hold as many units as
  /// there are rows: rounds of interleaving row r with row r + half.
  private func interleave(_ rows: [LLVMValue], unit: Int, within section: Int) -> [LLVMValue] {
    let half = rows.count / 2
    /// A half of each section, from its unit `first` on, in turn with the same lanes of another row.
    func mask(from first: Int) -> [Int] {
      stride(from: 0, to: lanes, by: section).flatMap { start in
        (first..<first + half).flatMap { number in
          let units = start + number * unit..<start + (number + 1) * unit
          return Array(units) + units.map { $0 + lanes }
        }
      }
    }
    var rows = rows
    var distance = 1
    while distance < rows.count {
      rows = (0..<half).flatMap { row in
        [mask(from: 0), mask(from: half)].map { b.shuffle(rows[row], rows[row + half], $0) }
      }
      distance *= 2
    }
    return rows
  }
}
