import CModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What the machine can do at most, measured by the loops of a library that `vaec peak` wrote.
///
/// Unsafe like `SharedLibrary`: functions are taken for the types that their version stands for.
public final class MachineProbe {
  private typealias Version = @convention(c) () -> Int32
  fileprivate typealias Multiply = @convention(c) (Int64, UnsafeMutablePointer<Float>?) -> Int64
  fileprivate typealias Stream =
    @convention(c) (
      Int64, UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, UnsafePointer<Float>?, Int64
    ) -> Int64

  /// The version of the library's functions that this code calls.
  private static let version = 1

  /// No cache holds so many bytes. Fresh memory comes page by page from the system, which may take longer than all else.
  private static let mostStreamed = 1 << 29

  private let handle: UnsafeMutableRawPointer
  private let multiply: Multiply
  private let stream: Stream

  /// - Parameter path: absolute, or relative with a slash in it.
  public init(path: String) throws {
    guard let handle = dlopen(path, RTLD_NOW | RTLD_LOCAL) else {
      throw ModelError.library(path: path, reason: dlerror().map { String(cString: $0) } ?? "unknown reason")
    }
    func find<Function>(_ symbol: String, as type: Function.Type) throws -> Function {
      guard let address = dlsym(handle, symbol) else {
        throw ModelError.missingSymbol(library: path, symbol: symbol)
      }
      return unsafeBitCast(address, to: type)
    }
    do {
      let found = try find("vaec_probe_version", as: Version.self)()
      guard found == Self.version else {
        throw ModelError.library(path: path, reason: "it is a probe of version \(found), not \(Self.version)")
      }
      multiply = try find("vaec_probe_multiply", as: Multiply.self)
      stream = try find("vaec_probe_stream", as: Stream.self)
    } catch {
      dlclose(handle)
      throw error
    }
    self.handle = handle
  }

  deinit { dlclose(handle) }

  /// Floating-point operations a second of multiply-adds in registers.
  public func flopsPerSecond(threads: Int, seconds: Double = 0.02) throws -> Double {
    let sinks = try (0..<threads).map { _ in try AlignedMemory(bytes: 64) }
    return rate(threads: threads, seconds: seconds) { [multiply] turns, worker in
      multiply(turns, sinks[worker].start.assumingMemoryBound(to: Float.self))
    }
  }

  /// Bytes a second that go through memory where that many bytes are worked on, the threads' parts together: the speed of
  /// whatever cache holds them, or of the main memory, for which part of it will do.
  public func bytesPerSecond(threads: Int, workingSet: Int, seconds: Double = 0.02) throws -> Double {
    // Three arrays of whole turns of the loop for each thread.
    let count = max(1, min(workingSet, Self.mostStreamed) / (threads * 3 * 4 * 64)) * 64
    let arrays = try (0..<threads * 3).map { _ in try AlignedMemory(bytes: count * 4) }
    return rate(threads: threads, seconds: seconds) { [stream] turns, worker in
      let (a, b, c) = (arrays[worker * 3].start, arrays[worker * 3 + 1].start, arrays[worker * 3 + 2].start)
      return stream(
        turns, a.assumingMemoryBound(to: Float.self), b.assumingMemoryBound(to: Float.self),
        c.assumingMemoryBound(to: Float.self), Int64(count))
    }
  }

  /// What a team does a second at best: the number of turns grows until they would take the time that is asked for, and then
  /// they are made three times. Where other programs take the processor, the best is what the machine can do.
  private func rate(
    threads: Int, seconds: Double, _ work: @escaping (_ turns: Int64, _ worker: Int) -> Int64
  ) -> Double {
    let clock = ContinuousClock()
    var (turns, best, runs) = (Int64(1), 0.0, 0)
    while runs < 3, turns < 1 << 40 {
      let team = ProbeTeam(threads: threads, turns: turns, work: work)
      let elapsed = clock.measure { team.run() } / .seconds(1)
      let done = Double(team.done)
      best = max(best, done / max(elapsed, 1e-9))
      if done >= best * seconds / 2 {
        runs += 1
      } else {
        turns = Int64(Double(turns) * min(max(best * seconds / max(done, 1), 2), 1000))
      }
    }
    return best
  }
}

/// A measurement's work on each worker of a team.
private final class ProbeTeam {
  private let threads: Int
  private let turns: Int64
  private let work: (Int64, Int) -> Int64
  /// What each worker did; each writes its own element alone.
  private let results: UnsafeMutableBufferPointer<Int64>

  init(threads: Int, turns: Int64, work: @escaping (Int64, Int) -> Int64) {
    self.threads = threads
    self.turns = turns
    self.work = work
    results = .allocate(capacity: max(1, threads))
    results.initialize(repeating: 0)
  }

  deinit { results.deallocate() }

  var done: Int64 { results.reduce(0, +) }

  func run() {
    let argument = Unmanaged.passUnretained(self).toOpaque()
    // The team is done before this returns, so that the argument outlives it.
    GompExecutor(threads: threads).run(
      { raw, worker, _ in
        guard let raw else { return }
        let team = Unmanaged<ProbeTeam>.fromOpaque(raw).takeUnretainedValue()
        guard team.results.indices.contains(Int(worker)) else { return }
        team.results[Int(worker)] = team.work(team.turns, Int(worker))
      }, argument)
  }
}
