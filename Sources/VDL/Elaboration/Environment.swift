import IR

/// What a name means at a place of a scope or block.
enum Meaning: Sendable {
  case tensor(ValueID)
  case constant(Constant)
  /// A word handed to a block: `same`, the name of an initializer.
  case symbol(String)
  /// Its definition was faulty; uses are not reported again.
  case invalid
}

/// The names at a place of a scope or block.
struct Environment: Sendable {
  private var meanings: [String: Meaning] = [:]

  subscript(name: String) -> Meaning? {
    get { meanings[name] }
    set { meanings[name] = newValue }
  }

  var names: [String] { Array(meanings.keys) }
}
