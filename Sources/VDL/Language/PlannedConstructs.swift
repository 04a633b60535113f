/// What the grammar and the design know and no op stands behind yet: refused by name, not as unknown.
enum PlannedConstructs {
  static let layers: Set<String> = ["quantize"]
  static let terms: Set<String> = ["iwae", "l1", "jacobian"]
  static let inputTypes: Set<String> = ["class", "vector"]

  static func message(_ construct: String) -> String { "'\(construct)' is not supported yet" }
}
