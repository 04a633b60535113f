/// Why something cannot be computed from points.
public enum StatisticsError: Error, Equatable, CustomStringConvertible {
  case noLibrary
  case tooFew(what: String, needed: Int, found: Int)
  case notFinite(what: String)
  case shape(what: String)
  case noConvergence(what: String)

  public var description: String {
    switch self {
    case .noLibrary:
      return "\(OpenBLAS.libraryName) is not found: install it (Debian: apt-get install libopenblas0)"
    case .tooFew(let what, let needed, let found):
      return "\(what) needs at least \(needed) points and gets \(found): take more images"
    case .notFinite(let what): return "\(what) gets numbers that are NaN or infinite"
    case .shape(let what): return "\(what) gets points of another size than it was made for"
    case .noConvergence(let what): return "\(what) does not converge"
    }
  }
}

extension OpenBLAS {
  /// - Throws: `StatisticsError.noLibrary` where the machine has none.
  static func required() throws -> OpenBLAS {
    guard let library = shared else { throw StatisticsError.noLibrary }
    return library
  }
}
