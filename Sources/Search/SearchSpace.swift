/// What a parameter of a search may be.
public enum SearchDomain: Equatable, Sendable {
  /// A real number of an interval; the points are for a grid.
  case uniform(low: Double, high: Double, points: Int?)
  /// A real number above 0 whose logarithm is spread evenly over an interval.
  case log(low: Double, high: Double, points: Int?)
  /// A whole number, both ends included.
  case integer(low: Int, high: Int)
  /// One of some texts.
  case choice([String])
}

/// The value of a parameter.
public enum SearchValue: Equatable, Hashable, Sendable {
  case number(Double)
  case text(String)

  /// As it is given to a command: whole numbers without a fraction.
  public var text: String {
    switch self {
    case .number(let number): Int(exactly: number).map(String.init) ?? "\(number)"
    case .text(let text): text
    }
  }
}

/// A parameter of a search.
public struct SearchParameter: Equatable, Sendable {
  public let name: String
  public let domain: SearchDomain

  public init(_ name: String, _ domain: SearchDomain) {
    self.name = name
    self.domain = domain
  }
}

/// Why a text is no space, and what to do.
public struct SpaceError: Error, Equatable, CustomStringConvertible {
  public let problem: String
  public let remedy: String

  init(_ problem: String, _ remedy: String) {
    self.problem = problem
    self.remedy = remedy
  }

  public var description: String { "\(problem): \(remedy)" }
}

extension SearchParameter: CustomStringConvertible {
  /// What the text has to be: completes "takes ...".
  public static let forms =
    "NAME=int(8,10), NAME=uniform(0,1), NAME=log(1e-3,1e-1) or NAME=choice(a,b); for a grid NAME=log(1e-3,1e-1,5)"
  /// No number of a grid is larger, and no list of choices longer.
  private static let most = 1000

  /// Reads `rate=log(1e-3, 1e-1)`.
  public init(_ text: String) throws(SpaceError) {
    let remedy = "write \(Self.forms)"
    guard let sign = text.firstIndex(of: "="), let open = text[sign...].firstIndex(of: "("),
      text.trimmed.hasSuffix(")")
    else { throw SpaceError("'\(text)' is no space", remedy) }
    let name = text[..<sign].trimmed
    guard let first = name.first, first.isLetter || first == "_",
      name.allSatisfy({ $0.isLetter || $0.isNumber || "_.".contains($0) })
    else { throw SpaceError("'\(name)' is no name of a parameter", remedy) }
    let kind = text[text.index(after: sign)..<open].trimmed
    let items = Self.items(text[text.index(after: open)...].trimmed.dropLast())
    func fail(_ problem: String) -> SpaceError { SpaceError("\(name): \(problem)", remedy) }
    self.name = name
    switch kind {
    case "uniform", "log":
      let numbers = items.prefix(2).compactMap { decimal($0) }
      let points = items.count == 3 ? Int(items[2]) : nil
      guard numbers.count == 2, items.count == 2 || points != nil, items.count <= 3 else {
        throw fail("'\(kind)' takes two numbers, and for a grid how many points")
      }
      guard numbers[0] < numbers[1] else { throw fail("the first number has to be below the second") }
      if let points, !(2...Self.most).contains(points) { throw fail("a grid has 2 to \(Self.most) points") }
      if kind == "log", numbers[0] <= 0 { throw fail("the numbers of 'log' have to be above 0") }
      domain =
        kind == "log"
        ? .log(low: numbers[0], high: numbers[1], points: points)
        : .uniform(low: numbers[0], high: numbers[1], points: points)
    case "int":
      let numbers = items.compactMap { Int($0) }
      guard items.count == 2, numbers.count == 2 else { throw fail("'int' takes two whole numbers") }
      guard numbers[0] < numbers[1], numbers[0] >= -Self.largest, numbers[1] <= Self.largest else {
        throw fail("the first number has to be below the second, both within \(Self.largest)")
      }
      domain = .integer(low: numbers[0], high: numbers[1])
    case "choice":
      guard items.count >= 2, items.count <= Self.most, !items.contains(""), Set(items).count == items.count
      else {
        throw fail("'choice' takes two different words or more")
      }
      domain = .choice(items)
    default: throw fail("there is no kind of space '\(kind)'")
    }
  }

  /// Beyond it neighbouring whole numbers would be one in float64.
  private static let largest = 1 << 40

  /// Parts at commas that stand in no parentheses: a choice may be a call, `sgd(rate: 0.1, momentum: 0.9)`.
  private static func items(_ text: Substring) -> [String] {
    var items = [""]
    var depth = 0
    for character in text {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if character == ",", depth == 0 { items.append("") } else { items[items.count - 1].append(character) }
    }
    return items.map { $0[...].trimmed }
  }

  public var description: String {
    func plain(_ number: Double) -> String { SearchValue.number(number).text }
    func grid(_ points: Int?) -> String { points.map { ",\($0)" } ?? "" }
    return switch domain {
    case .uniform(let low, let high, let points): "\(name)=uniform(\(plain(low)),\(plain(high))\(grid(points)))"
    case .log(let low, let high, let points): "\(name)=log(\(plain(low)),\(plain(high))\(grid(points)))"
    case .integer(let low, let high): "\(name)=int(\(low),\(high))"
    case .choice(let items): "\(name)=choice(\(items.joined(separator: ",")))"
    }
  }
}

/// The parameters of a search, in their order; names differ.
public struct SearchSpace: Equatable, Sendable {
  public let parameters: [SearchParameter]

  /// - Throws: `SpaceError` where there is none, or a name comes twice.
  public init(_ parameters: [SearchParameter]) throws(SpaceError) {
    guard !parameters.isEmpty else {
      throw SpaceError("there is nothing to search", "give a space, such as --space 'rate=log(1e-4,1e-2)'")
    }
    var names: Set<String> = []
    for parameter in parameters where !names.insert(parameter.name).inserted {
      throw SpaceError("\(parameter.name) has two spaces", "give it one")
    }
    self.parameters = parameters
  }

  /// Reads a text with a space in each line, `NAME = FORM`; what follows a `#` is a remark.
  ///
  /// - Parameter file: what errors call the text.
  public static func parameters(lines text: String, file: String) throws(SpaceError) -> [SearchParameter] {
    var parameters: [SearchParameter] = []
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let content = line.prefix { $0 != "#" }.trimmed
      guard !content.isEmpty else { continue }
      do {
        parameters.append(try SearchParameter(content))
      } catch {
        throw SpaceError("\(file):\(number + 1): \(error.problem)", error.remedy)
      }
    }
    return parameters
  }
}

/// The finite number that a text of decimal digits says; nil for all else, such as `0x10` and `nan`.
private func decimal(_ text: String) -> Double? {
  guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || "+-.eE".utf8.contains($0) }) else { return nil }
  return Double(text).flatMap { $0.isFinite ? $0 : nil }
}

extension StringProtocol {
  /// Without spaces, tabs and carriage returns at the ends.
  fileprivate var trimmed: String {
    let spaces: Set<Character> = [" ", "\t", "\r", "\r\n", "\n"]
    let rest = drop { spaces.contains($0) }
    return String(String(rest).reversed().drop { spaces.contains($0) }.reversed())
  }
}
