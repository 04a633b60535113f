import Dispatch
import Synchronization

/// Results of a body for as many equal runs of `0 ..< count` as there are threads, in order. What a run gives must not
/// depend on where it begins and ends other than element by element.
package func parallelRuns<Result: Sendable>(
  _ count: Int, threads: Int, _ body: @Sendable (Range<Int>) -> Result
) -> [Result] {
  let runs = max(1, min(threads, count))
  if runs == 1 { return [body(0..<count)] }
  let results = Mutex<[Result?]>(Array(repeating: nil, count: runs))
  DispatchQueue.concurrentPerform(iterations: runs) { run in
    let result = body(count * run / runs..<count * (run + 1) / runs)
    results.withLock { $0[run] = result }
  }
  return results.withLock { $0.compactMap { $0 } }
}

/// Processors of this machine.
public let processorCount: Int = {
  #if canImport(Glibc)
    return max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
  #else
    return 1
  #endif
}()

#if canImport(Glibc)
  import Glibc
#endif
