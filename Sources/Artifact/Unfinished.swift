import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The files and folders that are there only while something is made. A program that has called `removeOnSignals` removes
/// them when Ctrl-C or a request to end stops it.
///
/// A signal handler may do next to nothing, so it wakes a thread, which removes them and ends the program by the signal as if
/// nobody had listened. That thread keeps the lock, under which all of them are made, for good: nothing is made any more behind its
/// back, and a program that finds its files gone stops at `waitIfEnding` instead of complaining.
public enum Unfinished {
  enum Item: Hashable, Sendable {
    case file(String)
    /// Goes where nothing else is in it.
    case folder(String)
    /// Goes with all that is in it.
    case tree(String)
  }

  private static let items = Mutex<Set<Item>>([])
  private static let signals = [SIGINT, SIGTERM, SIGHUP]
  private static let received = Atomic<Int32>(0)

  /// What the handler wakes the thread by: a semaphore is among the few things that it may touch (signal-safety(7)). It lives as
  /// long as the program.
  private struct Bell: @unchecked Sendable {
    let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }

    func ring() { sem_post(semaphore) }
    func wait() { while sem_wait(semaphore) != 0 {} }
  }
  private static let bell = Bell()

  /// From here on the first signal removes what is unfinished before it ends the program; the second ends it at once. Signals
  /// that whoever started the program ignores stay ignored (nohup).
  public static func removeOnSignals() {
    // Made before a handler asks for them: what makes a static value takes a lock.
    _ = bell
    _ = received.load(ordering: .relaxed)
    let thread = Thread {
      bell.wait()
      items.withLock { items in
        remove(items)
        end(by: received.load(ordering: .acquiring))
      }
    }
    thread.start()
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { number in
      Unfinished.received.store(number, ordering: .releasing)
      Unfinished.bell.ring()
    }
    action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
    // Whoever started the program may have blocked them; threads that are made from here on inherit what this one has.
    var set = sigset_t()
    sigemptyset(&set)
    for number in signals {
      var old = sigaction()
      sigaction(number, nil, &old)
      let ignored = unsafeBitCast(SIG_IGN, to: Int.self)
      guard unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) != ignored else { continue }
      sigaction(number, &action, nil)
      sigaddset(&set, number)
    }
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  private static func end(by number: Int32) {
    signal(number, SIG_DFL)
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, number)
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
    kill(getpid(), number)
    while true { pause() }
  }

  private static func remove(_ items: Set<Item>) {
    var folders: [String] = []
    for item in items {
      switch item {
      case .file(let path): unlink(path)
      case .folder(let path): folders.append(path)
      case .tree(let path): removeTree(path)
      }
    }
    // The innermost first.
    for path in folders.sorted(by: { $0.utf8.count > $1.utf8.count }) { rmdir(path) }
  }

  /// What another program, such as a linker, adds meanwhile is removed in the next round.
  private static func removeTree(_ path: String) {
    for _ in 0..<100 where access(path, F_OK) == 0 {
      try? FileManager.default.removeItem(atPath: path)
      usleep(1000)
    }
  }

  /// Makes, or removes, things that are unfinished, and keeps account of them, while no signal ends the program; never
  /// returns where one does.
  static func whileRunning<T: Sendable>(_ body: (inout Set<Item>) -> T) -> T { items.withLock { body(&$0) } }

  /// Returns unless a signal is ending the program: to be called before an error is told, which may be that files are gone.
  public static func waitIfEnding() { items.withLock { _ in } }
}

/// Folders for temporary files.
public enum TemporaryFolder {
  /// Gives `body` a new folder in that of the environment, and removes it afterwards, also where a signal ends a program that
  /// called `Unfinished.removeOnSignals`.
  public static func with<T>(_ body: (_ folder: String) throws -> T) throws -> T {
    let random = String(UInt64.random(in: 0...UInt64.max), radix: 36)
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vaec-\(random)").path
    let code = Unfinished.whileRunning {
      guard mkdir(folder, 0o700) == 0 else { return errno }
      $0.insert(.tree(folder))
      return 0
    }
    guard code == 0 else {
      let place = splitPath(folder).folder
      let reason = FileError(.write, place, errno: code).reason
      throw FileError(.write, place, reason: "\(reason), or name another with TMPDIR")
    }
    defer {
      Unfinished.whileRunning {
        try? FileManager.default.removeItem(atPath: folder)
        $0.remove(.tree(folder))
      }
    }
    return try body(folder)
  }

  /// Lets `body` have a folder of its own as that for all temporary files, of this program and of those that it starts.
  public static func forAll<T>(_ body: () throws -> T) throws -> T {
    let variable = "TMPDIR"
    let old = ProcessInfo.processInfo.environment[variable]
    return try with { folder in
      setenv(variable, folder, 1)
      defer { if let old { setenv(variable, old, 1) } else { unsetenv(variable) } }
      return try body()
    }
  }
}
