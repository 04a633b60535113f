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

  /// The variable that `vaerun sweep` sets for the runs that it starts.
  static let sweepVariable = "VAERUN_SWEEP"

  /// Requests the stop too when the sweep that started this run is no more, whatever ended it: nobody would wait for the run.
  static func stopWithSweep() {
    guard ProcessInfo.processInfo.environment[sweepVariable] != nil else { return }
    let parent = getppid()
    let watcher = Thread {
      while getppid() == parent { usleep(100_000) }
      stop.request()
    }
    watcher.start()
  }

  deinit {
    for number in Self.signals { signal(number, SIG_DFL) }
  }
}
