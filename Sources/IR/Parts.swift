import Dispatch

/// Makes an array of numbers in parts of equal size (to within one), at the same time where there are cores for it.
///
/// The body fills one part, which is zero before. It gets the part's number, the range of the array that it stands for and the
/// memory of that range. Parts are cut by `count` and `parts` alone and each is filled by one call, so that the numbers do not
/// depend on how many cores there are.
func filled(
  count: Int, parts: Int,
  _ body: @Sendable (_ part: Int, _ range: Range<Int>, _ memory: UnsafeMutableBufferPointer<Double>) -> Void
) -> [Double] {
  var data = [Double](repeating: 0, count: count)
  guard count > 0, parts > 0 else { return data }
  data.withUnsafeMutableBufferPointer { memory in
    // Invariant: the parts' ranges are disjoint and lie inside the array, each is written by one call of the body alone,
    // and concurrentPerform returns only when all calls have returned, so the memory outlives them.
    nonisolated(unsafe) let memory = memory
    DispatchQueue.concurrentPerform(iterations: parts) { part in
      let range = part * count / parts..<(part + 1) * count / parts
      body(part, range, UnsafeMutableBufferPointer(rebasing: memory[range]))
    }
  }
  return data
}
