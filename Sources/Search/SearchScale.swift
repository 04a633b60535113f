#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where the values of a domain that are numbers lie on a line on which they are spread evenly.
struct SearchScale {
  let low: Double
  let high: Double
  private let domain: SearchDomain

  /// Nil for choices.
  init?(_ domain: SearchDomain) {
    switch domain {
    case .uniform(let low, let high, _): (self.low, self.high) = (low, high)
    case .log(let low, let high, _): (self.low, self.high) = (logarithm(low), logarithm(high))
    // Half a unit beyond both ends, so that the last numbers are as likely as the others.
    case .integer(let low, let high): (self.low, self.high) = (Double(low) - 0.5, Double(high) + 0.5)
    case .choice: return nil
    }
    self.domain = domain
  }

  var isInteger: Bool { if case .integer = domain { true } else { false } }

  func place(of value: SearchValue) -> Double? {
    guard case .number(let number) = value else { return nil }
    if case .log = domain { return number > 0 ? logarithm(number) : nil }
    return number
  }

  /// The value at a place, in four digits where it is not whole: more would tell nothing.
  func value(at place: Double) -> SearchValue {
    switch domain {
    case .uniform(let low, let high, _): .number(min(max(rounded(place), low), high))
    case .log(let low, let high, _): .number(min(max(rounded(exp(place)), low), high))
    case .integer(let low, let high): .number(min(max(place.rounded(), Double(low)), Double(high)))
    case .choice: .number(place)
    }
  }

  private func rounded(_ value: Double) -> Double {
    guard value != 0, value.isFinite else { return value }
    let scale = pow(10, 3 - floor(log10(abs(value))))
    guard scale.isFinite, scale > 0 else { return value }
    return (value * scale).rounded() / scale
  }
}

/// The C library's function under a name that no case of an enumeration hides.
func logarithm(_ x: Double) -> Double { log(x) }
