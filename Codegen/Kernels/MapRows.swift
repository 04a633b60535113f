import IR
import LLVM

/// The rows of a map, all channels one below the other, split into tasks: a batch of one block still has work for every
/// thread.
struct MapRows {
  let channels: Int
  let height: Int
  let width: Int

  /// From a type `[N, channels, height, width]`.
  init(_ type: TensorType) {
    (channels, height, width) = (type.extents[0], type.extents[1], type.extents[2])
  }

  /// About 64 elements of all images: a few hundred loads and stores, beside some ten instructions that a task costs.
  private var rowsPerTask: Int { max(1, 64 / width) }

  var tasks: TaskCount { .perBlock((channels * height + rowsPerTask - 1) / rowsPerTask) }

  /// Runs `body` with the channel and the row of each of a task's rows.
  func forEach(_ k: KernelBuilder, _ task: TaskIndex, _ body: (_ channel: LLVMValue, _ row: LLVMValue) -> Void)
  {
    let b = k.b
    let first = b.mulIndex(task.part, rowsPerTask)
    let past = b.addIndex(first, rowsPerTask)
    let end = b.minimum(past, b.i64(channels * height))
    b.forLoop(from: first, to: end, name: "maprow") { body(b.udiv($0, height), b.urem($0, height)) }
  }
}

/// Runs of whole channels that tasks do: enough of them that a task has about 64 rows of a block.
struct ChannelRuns {
  let channels: Int
  /// Rows of a block that one channel has.
  let positions: Int

  /// From a type `[N, channels, ...]`.
  init(_ type: TensorType) {
    channels = type.extents.first ?? 1
    positions = type.count / max(1, channels)
  }

  private var channelsPerTask: Int { max(1, 64 / max(1, positions)) }

  /// Tasks for all channels.
  var count: Int { (channels + channelsPerTask - 1) / channelsPerTask }

  /// Runs `body` with each of a task's channels.
  func forEach(_ k: KernelBuilder, _ part: LLVMValue, _ body: (_ channel: LLVMValue) -> Void) {
    guard channelsPerTask > 1 else { return body(part) }
    let b = k.b
    let first = b.mulIndex(part, channelsPerTask)
    let end = b.minimum(b.addIndex(first, channelsPerTask), b.i64(channels))
    b.forLoop(from: first, to: end, name: "channel") { body($0) }
  }
}
