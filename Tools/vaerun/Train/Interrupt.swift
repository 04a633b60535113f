import Foundation
import Runtime

/// Turns the first Ctrl-C, or the first request of a job scheduler to end (SIGTERM), into a request to save and stop. The
/// second ends the program as if nobody listened.
///
/// A plain signal handler, and no dispatch source: where that has the signal, a second one does not end the program.
struct Interrupt: ~Copyable {
  /// One for the program: a signal handler can have no context. Training takes place once in it.
  static let stop = StopRequest()
  private static let signals = [SIGINT, SIGTERM]

  init() {
    // Made before a handler asks for it: what makes a static value takes a lock.
    _ = Self.stop
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in Interrupt.stop.request() }
    // The first signal puts the ordinary handling back; a system call that it meets goes on.
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
    // Whoever started the program may have blocked them; threads that are made from here on inherit what this one has.
    var set = sigset_t()
    sigemptyset(&set)
    for signal in Self.signals {
      sigaddset(&set, signal)
      sigaction(signal, &action, nil)
    }
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  /// The variable that `vaerun sweep` sets for the runs that it starts: its process.
  static let sweepVariable = "VAERUN_SWEEP"
  private static let sweep = ProcessInfo.processInfo.environment[sweepVariable].flatMap(Int32.init)

  /// Whether the sweep that started this run is no more, whatever ended it: nobody would wait for the run, and when the sweep
  /// goes on, it makes the run itself.
  static var isLeftAlone: Bool { sweep.map { getppid() != $0 } ?? false }

  /// Requests the stop too when the run is left alone.
  static func stopWithSweep() {
    guard sweep != nil else { return }
    let watcher = Thread {
      while !isLeftAlone { usleep(100_000) }
      stop.request()
    }
    watcher.start()
  }

  deinit {
    for number in Self.signals { signal(number, SIG_DFL) }
  }
}
