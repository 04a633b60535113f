import Dispatch
import Synchronization

/// Work that another thread does while this one goes on.
final class Concurrently<Value: Sendable>: Sendable {
  private let group = DispatchGroup()
  /// What there is before the work is done is never seen.
  private let result = Mutex<Result<Value, any Error>>(.failure(CancellationError()))

  init(_ work: @escaping @Sendable () throws -> Value) {
    DispatchQueue.global().async(group: group) {
      let made = Result(catching: work)
      self.result.withLock { $0 = made }
    }
  }

  var isDone: Bool { group.wait(timeout: .now()) == .success }

  /// What the work has made, which is waited for.
  func get() throws -> Value {
    group.wait()
    return try result.withLock { $0 }.get()
  }
}
