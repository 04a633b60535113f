import CommandLineTable
import Foundation
import Synchronization

/// The commands that run now. Each has a process group of its own, so that a terminal's Ctrl-C does not reach it: it is
/// handed on.
enum Children {
  private static let state = Mutex<(alive: Set<Int32>, isStopping: Bool)>(([], false))
  /// How often the program was asked to stop; all that a signal handler may touch.
  private static let requests = Atomic(0)

  /// From here on the first Ctrl-C asks the commands to save and end, and the second ends everything.
  static func listen() {
    // Made before a handler asks for it: what makes a static value takes a lock.
    _ = requests.load(ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      signal(number) { _ in Children.requests.add(1, ordering: .relaxed) }
    }
    Thread {
      var handled = 0
      while true {
        usleep(100_000)
        let asked = requests.load(ordering: .relaxed)
        if asked > handled { stop() }
        if asked > 1 { exit(ExitStatus.interrupted.rawValue) }
        handled = asked
      }
    }.start()
  }

  private static func stop() {
    state.withLock { state in
      state.isStopping = true
      for child in state.alive { kill(child, SIGTERM) }
    }
  }

  static func add(_ child: Int32) {
    state.withLock { state in
      state.alive.insert(child)
      if state.isStopping { kill(child, SIGTERM) }
    }
  }

  static func remove(_ child: Int32) { _ = state.withLock { $0.alive.remove(child) } }
}
