internal import CSQLite

/// What went wrong with a study's file, and what to do.
public struct StudyError: Error, Equatable, CustomStringConvertible {
  public let description: String

  public init(_ problem: String, _ remedy: String) { description = "\(problem): \(remedy)" }
}

/// A value of a column.
enum Column: Equatable {
  case null
  case integer(Int)
  case real(Double)
  case text(String)

  var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  var text: String? { if case .text(let value) = self { value } else { nil } }
  var number: Double? {
    switch self {
    case .real(let value): value
    case .integer(let value): Double(value)
    case .null, .text: nil
    }
  }
}

/// An SQLite file. This class is where memory is handed to SQLite: it copies every text that it is given
/// (SQLITE_TRANSIENT), and texts that it gives are copied before the next call.
final class Database {
  let path: String
  private var handle: OpaquePointer?

  /// Opens a file, or makes it.
  init(_ path: String, readOnly: Bool = false) throws(StudyError) {
    self.path = path
    let flags = readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
    let status = sqlite3_open_v2(path, &handle, flags | SQLITE_OPEN_FULLMUTEX, nil)
    guard status == SQLITE_OK else { throw failure(status) }
    // Another process may read the study while it grows.
    sqlite3_busy_timeout(handle, 10_000)
  }

  deinit { sqlite3_close_v2(handle) }

  private func failure(_ status: Int32) -> StudyError {
    let reason = handle.flatMap { sqlite3_errmsg($0) }.map { String(cString: $0) } ?? "out of memory"
    switch status & 0xFF {
    case SQLITE_NOTADB, SQLITE_CORRUPT:
      return StudyError("\(path) is no study of vaerun, or damaged (\(reason))", "name the folder of a sweep")
    case SQLITE_CANTOPEN: return StudyError("cannot open \(path)", "name the folder of a sweep")
    case SQLITE_FULL:
      return StudyError("cannot write \(path): the disk is full", "make room and go on with --resume")
    case SQLITE_READONLY, SQLITE_PERM: return StudyError("cannot write \(path)", "change its permissions")
    case SQLITE_BUSY, SQLITE_LOCKED: return StudyError("\(path) is in use", "wait for the other program's end")
    default: return StudyError("\(path): \(reason)", "name the folder of a sweep that this vaerun wrote")
    }
  }

  /// Runs one statement and gives its rows.
  @discardableResult
  func run(_ statement: String, _ values: [Column] = []) throws(StudyError) -> [[Column]] {
    var prepared: OpaquePointer?
    let status = sqlite3_prepare_v2(handle, statement, -1, &prepared, nil)
    guard status == SQLITE_OK else { throw failure(status) }
    defer { sqlite3_finalize(prepared) }
    for (index, value) in values.enumerated() {
      let status = bind(value, to: prepared, at: Int32(index + 1))
      guard status == SQLITE_OK else { throw failure(status) }
    }
    var rows: [[Column]] = []
    while true {
      let status = sqlite3_step(prepared)
      guard status == SQLITE_ROW else {
        guard status == SQLITE_DONE else { throw failure(status) }
        return rows
      }
      rows.append((0..<sqlite3_column_count(prepared)).map { column(prepared, $0) })
    }
  }

  /// Runs statements as one: all of what they change is in the file, or nothing.
  func transaction(_ body: () throws(StudyError) -> Void) throws(StudyError) {
    try run("BEGIN IMMEDIATE")
    do {
      try body()
      try run("COMMIT")
    } catch {
      // The error itself is what has to be told.
      _ = try? run("ROLLBACK")
      throw error
    }
  }

  private func bind(_ value: Column, to statement: OpaquePointer?, at place: Int32) -> Int32 {
    switch value {
    case .null: return sqlite3_bind_null(statement, place)
    case .integer(let number): return sqlite3_bind_int64(statement, place, Int64(number))
    case .real(let number): return sqlite3_bind_double(statement, place, number)
    case .text(let text):
      let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
      return sqlite3_bind_text(statement, place, text, -1, transient)
    }
  }

  private func column(_ statement: OpaquePointer?, _ index: Int32) -> Column {
    switch sqlite3_column_type(statement, index) {
    case SQLITE_INTEGER: .integer(Int(sqlite3_column_int64(statement, index)))
    case SQLITE_FLOAT: .real(sqlite3_column_double(statement, index))
    case SQLITE_TEXT: .text(sqlite3_column_text(statement, index).map { String(cString: $0) } ?? "")
    default: .null
    }
  }
}
