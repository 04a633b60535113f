#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The number that a standard normal variable stays below with this probability; infinite for 0 and 1, NaN outside of them.
public func normalQuantile(_ probability: Double) -> Double {
  guard probability >= 0, probability <= 1 else { return .nan }
  // erfc keeps its digits in its right tail alone, so the lower half is solved for and mirrored.
  if probability > 0.5 { return -normalQuantile(1 - probability) }
  if probability == 0 { return -.infinity }
  var (low, high) = (-40.0, 0.0)
  while true {
    let middle = (low + high) / 2
    if middle <= low || middle >= high { return middle }
    if 0.5 * erfc(-middle / 2.0.squareRoot()) < probability { low = middle } else { high = middle }
  }
}
