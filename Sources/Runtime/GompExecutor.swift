import CModel

/// A number of threads for compiled models, on the OpenMP run-time library libgomp, whose team stays alive between
/// calls: a parallel region costs about half a microsecond, a barrier less.
///
/// One thread needs no team: the model then gets no executor and runs serially, with the same bits.
public struct GompExecutor: Sendable {
  /// As many threads as are of use in one process here.
  public static let mostThreads = 1024

  public let threads: Int

  /// A team of 1 ... 1024 threads; numbers outside are taken to the nearest. Where there is no libgomp, one thread.
  public init(threads: Int) {
    let wanted = min(max(threads, 1), Self.mostThreads)
    self.threads = wanted > 1 && GompLibrary.shared == nil ? 1 : wanted
  }

  /// Gives `body` the C form of the executor for the time of a call; nil means serial.
  func withExecutor<Result>(_ body: (UnsafePointer<vaec_executor>?) -> Result) -> Result {
    guard threads > 1 else { return body(nil) }
    // The context is the number itself: no memory has to outlive the call.
    let executor = vaec_executor(
      context: UnsafeMutableRawPointer(bitPattern: threads), run: runTeam,
      barrier: { _ in GompLibrary.shared?.barrier() }, profile: nil)
    return withUnsafePointer(to: executor) { body($0) }
  }

  /// Calls a function once on each worker at the same time; returns when all have returned.
  func run(
    _ body: @convention(c) (UnsafeMutableRawPointer?, Int32, Int32) -> Void,
    _ argument: UnsafeMutableRawPointer?
  ) {
    guard threads > 1 else { return body(argument, 0, 1) }
    runTeam(UnsafeMutableRawPointer(bitPattern: threads), body, argument)
  }
}

/// What every thread of a team is to call.
private struct TeamWork {
  var body: @convention(c) (UnsafeMutableRawPointer?, Int32, Int32) -> Void
  var argument: UnsafeMutableRawPointer?
  var library: GompLibrary
}

/// `vaec_executor.run`. `work` outlives the region, which ends before GOMP_parallel returns.
private let runTeam:
  @convention(c) (
    UnsafeMutableRawPointer?, @convention(c) (UnsafeMutableRawPointer?, Int32, Int32) -> Void,
    UnsafeMutableRawPointer?
  ) -> Void = { context, body, argument in
    guard let library = GompLibrary.shared else { return body(argument, 0, 1) }
    var work = TeamWork(body: body, argument: argument, library: library)
    let threads = UInt32(truncatingIfNeeded: UInt(bitPattern: context))
    withUnsafeMutablePointer(to: &work) { pointer in
      library.parallel(
        { raw in
          guard let work = raw?.assumingMemoryBound(to: TeamWork.self).pointee else { return }
          work.body(work.argument, work.library.threadNumber(), work.library.threadCount())
        }, pointer, threads, 0)
    }
  }
