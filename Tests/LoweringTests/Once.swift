import Synchronization

/// A value that is made for the first who asks while the others wait, such as a compiled module.
final class Once<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)
  private let make: @Sendable () throws -> Value

  init(_ make: @escaping @Sendable () throws -> Value) { self.make = make }

  /// - Throws: what making it threw, every time.
  func get() throws -> Value {
    try result.withLock { result in
      let made = result ?? Result { try make() }
      result = made
      return made
    }.get()
  }
}
