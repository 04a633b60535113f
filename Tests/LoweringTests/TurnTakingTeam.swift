import CModel
import Foundation

/// An executor whose workers never run at the same time: each runs alone up to the next barrier, then the next one, in
/// ascending or descending order. A barrier that is missing between two kernels then shows every time, because one
/// worker reads what another has not yet written; with threads that run as they like it would show now and then.
final class TurnTakingTeam: @unchecked Sendable {
  let workers: Int
  private let descends: Bool
  private let isProfiled: Bool
  // Guarded by `condition`.
  private var turn = 0
  private var barriers = 0
  private var flushing: [Int] = []
  private var events: [KernelEvent] = []
  private let condition = NSCondition()

  /// - Parameter isProfiled: asks the code to tell of each kernel.
  init(workers: Int, descends: Bool = false, isProfiled: Bool = false) {
    self.workers = workers
    self.descends = descends
    self.isProfiled = isProfiled
  }

  /// What the code told of one worker's way through a kernel.
  struct KernelEvent: Equatable {
    var worker: Int
    var kernel: Int
    var isEnd: Bool
  }

  /// What was told, each worker's events in their order.
  var kernelEvents: [KernelEvent] { events }

  /// Workers that went on flushing denormal numbers to zero behind their work.
  var workersLeftFlushing: [Int] { flushing }
  /// How often a worker waited for all others, all workers together.
  var barrierCount: Int { barriers }

  /// Gives `body` the C form of the executor for the time of a call.
  func withExecutor<Result>(_ body: (UnsafePointer<vaec_executor>) -> Result) -> Result {
    // `self` is alive until the call has returned, and the callbacks run within it.
    withExtendedLifetime(self) {
      let executor = vaec_executor(
        context: Unmanaged.passUnretained(self).toOpaque(), run: runTeam, barrier: waitForTeam,
        profile: isProfiled ? noteKernel : nil)
      return withUnsafePointer(to: executor) { body($0) }
    }
  }

  fileprivate func run(_ body: @escaping WorkerBody, _ argument: UnsafeMutableRawPointer?) {
    // The argument outlives the threads, which are waited for below.
    nonisolated(unsafe) let argument = argument
    let finished = DispatchGroup()
    turn = 0
    for position in 0..<workers {
      finished.enter()
      let worker = descends ? workers - 1 - position : position
      let thread = Thread {
        self.wait(for: position)
        body(argument, Int32(worker), Int32(self.workers))
        let isFlushing = denormalsAreFlushed()
        self.endTurn { if isFlushing { self.flushing.append(worker) } }
        finished.leave()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    finished.wait()
  }

  /// Called by the worker whose turn it is.
  fileprivate func barrier() {
    var position = 0
    endTurn {
      position = turn
      barriers += 1
    }
    wait(for: position)
  }

  fileprivate func note(_ event: KernelEvent) {
    condition.lock()
    events.append(event)
    condition.unlock()
  }

  private func wait(for position: Int) {
    condition.lock()
    while turn != position { condition.wait() }
    condition.unlock()
  }

  private func endTurn(_ body: () -> Void) {
    condition.lock()
    body()
    turn = (turn + 1) % workers
    condition.broadcast()
    condition.unlock()
  }
}

/// True where this thread takes denormal numbers for zero.
func denormalsAreFlushed() -> Bool {
  // The factor is not known to the compiler, so that the product is made by the machine.
  let denormal = Float(bitPattern: UInt32(0x0040_0000) | UInt32(truncatingIfNeeded: getpid() & 1))
  return denormal * denormalFactor == 0
}

@inline(never) private func opaque(_ value: Float) -> Float { value }
private var denormalFactor: Float { opaque(Float(getpid() > 0 ? 1 : 2)) }

private typealias WorkerBody = @convention(c) (UnsafeMutableRawPointer?, Int32, Int32) -> Void

private let waitForTeam: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
  guard let context else { return }
  Unmanaged<TurnTakingTeam>.fromOpaque(context).takeUnretainedValue().barrier()
}

private let noteKernel: @convention(c) (UnsafeMutableRawPointer?, Int32, Int32, Int32) -> Void = {
  context, worker, kernel, isEnd in
  guard let context else { return }
  Unmanaged<TurnTakingTeam>.fromOpaque(context).takeUnretainedValue().note(
    .init(worker: Int(worker), kernel: Int(kernel), isEnd: isEnd != 0))
}

private let runTeam: @convention(c) (UnsafeMutableRawPointer?, WorkerBody, UnsafeMutableRawPointer?) -> Void = {
  context, body, argument in
  guard let context else { return }
  Unmanaged<TurnTakingTeam>.fromOpaque(context).takeUnretainedValue().run(body, argument)
}
