import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A barrier for a team's threads that is quick where each has a core and harmless where they have not: who waits looks
/// for about a microsecond and then offers its core to others at every look. libgomp's own barrier keeps the core for
/// milliseconds, which makes two threads on a busy machine slower than one.
final class TeamBarrier: Sendable {
  /// The threads that take part. libgomp may start fewer than it was asked for (OMP_THREAD_LIMIT), so the team's members
  /// say how many they are; all say the same.
  let threads = Atomic<Int>(1)
  private let arrived = Atomic<Int>(0)
  /// Counts the times that all have arrived; who waits sees it change.
  private let turn = Atomic<Int>(0)

  private static let looksBeforeYielding = 2000

  /// Returns when all threads of the team have called it.
  func wait() {
    let current = turn.load(ordering: .acquiring)
    if arrived.add(1, ordering: .acquiringAndReleasing).newValue == threads.load(ordering: .relaxed) {
      arrived.store(0, ordering: .relaxed)
      turn.add(1, ordering: .releasing)
      return
    }
    var looks = 0
    while turn.load(ordering: .acquiring) == current {
      looks += 1
      if looks > Self.looksBeforeYielding { sched_yield() }
    }
  }
}
