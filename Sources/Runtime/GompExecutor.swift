import CGomp
import CModel
import Synchronization

/// A number of threads for compiled models, on the OpenMP run-time library libgomp, whose team stays alive between
/// calls: a parallel region costs about half a microsecond.
///
/// One thread needs no team: the model then gets no executor and runs serially, with the same bits.
public struct GompExecutor: Sendable {
  /// As many threads as are of use in one process here.
  public static let mostThreads = 1024

  public let threads: Int
  private let team: Team

  /// A team of 1 ... 1024 threads; numbers outside are taken to the nearest.
  public init(threads: Int) {
    self.threads = min(max(threads, 1), Self.mostThreads)
    team = Team(threads: self.threads)
  }

  /// Gives `body` the C form of the executor for the time of a call; nil means serial.
  func withExecutor<Result>(_ body: (UnsafePointer<vaec_executor>?) -> Result) -> Result {
    guard threads > 1 else { return body(nil) }
    // The team is kept alive by `self` until the call has returned, and the callbacks run within it.
    return withExtendedLifetime(team) {
      let executor = vaec_executor(
        context: Unmanaged.passUnretained(team).toOpaque(), run: runTeam, barrier: waitForTeam)
      return withUnsafePointer(to: executor) { body($0) }
    }
  }
}

/// What the callbacks share: the team's size and its barrier.
private final class Team: Sendable {
  let threads: Int
  let barrier = TeamBarrier()

  init(threads: Int) { self.threads = threads }
}

private typealias WorkerBody = @convention(c) (UnsafeMutableRawPointer?, Int32, Int32) -> Void

/// What every thread of a team is to call.
private struct TeamWork {
  var body: WorkerBody
  var argument: UnsafeMutableRawPointer?
  var team: Unmanaged<Team>
}

/// `vaec_executor.barrier`. `context` is the team, alive during the call (see `withExecutor`).
private let waitForTeam: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
  guard let context else { return }
  Unmanaged<Team>.fromOpaque(context).takeUnretainedValue().barrier.wait()
}

/// `vaec_executor.run`. `work` outlives the region, which ends before GOMP_parallel returns.
private let runTeam: @convention(c) (UnsafeMutableRawPointer?, WorkerBody, UnsafeMutableRawPointer?) -> Void = {
  context, body, argument in
  guard let context else { return }
  let team = Unmanaged<Team>.fromOpaque(context)
  var work = TeamWork(body: body, argument: argument, team: team)
  withUnsafeMutablePointer(to: &work) { pointer in
    GOMP_parallel(
      { raw in
        guard let work = raw?.assumingMemoryBound(to: TeamWork.self).pointee else { return }
        let barrier = work.team.takeUnretainedValue().barrier
        barrier.threads.store(Int(omp_get_num_threads()), ordering: .relaxed)
        work.body(work.argument, omp_get_thread_num(), omp_get_num_threads())
        // All leave together: libgomp's own wait at the region's end spins for milliseconds where a thread is late.
        barrier.wait()
      }, pointer, UInt32(truncatingIfNeeded: team.takeUnretainedValue().threads), 0)
  }
}
