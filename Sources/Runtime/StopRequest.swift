import Synchronization

/// Asks training to save and stop after the step that it is at. May be asked from any thread.
public final class StopRequest: Sendable {
  private let flag = Atomic(false)

  public init() {}

  public func request() { flag.store(true, ordering: .relaxed) }

  public var isRequested: Bool { flag.load(ordering: .relaxed) }
}
