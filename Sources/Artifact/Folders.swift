import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Makes a folder, and those that it lies in, where they are not there yet.
public func makeFolder(_ path: String) throws(FileError) { _ = try makeFolders(path) }

/// The same.
/// - Returns: the folders that it has made, the innermost last.
private func makeFolders(_ path: String) throws(FileError) -> [String] {
  if mkdir(path, 0o777) == 0 { return [path] }
  let parent = splitPath(path).folder
  var code = errno
  var made: [String] = []
  if code == ENOENT, parent != path {
    made = try makeFolders(parent)
    if mkdir(path, 0o777) == 0 { return made + [path] }
    code = errno
  }
  var status = stat()
  let isThere = stat(path, &status) == 0
  if isThere, status.st_mode & S_IFMT == S_IFDIR { return made }
  // A slash at the end or a dangling link: its parent alone could be made.
  for folder in made.reversed() { rmdir(folder) }
  if isThere { throw FileError(.write, path, reason: "a file has this name: choose another") }
  if code == ENOENT {
    throw FileError(.write, path, reason: "no folder can be made there: choose another place")
  }
  throw FileError(.write, path, errno: code)
}

/// Writes files of a folder, which is made where it is not there. Where `body` throws, those files that were not there before are
/// removed again, and so are the folders that were made for them; and where a signal ends a program that called
/// `Unfinished.removeOnSignals`.
public func writeFolder<T>(_ folder: String, files: [String], _ body: () throws -> T) throws -> T {
  let new = files.map { folder + "/" + $0 }.filter { access($0, F_OK) != 0 }
  let outcome = Unfinished.whileRunning { unfinished in
    Result { () throws(FileError) in
      let made = try makeFolders(folder)
      unfinished.formUnion(new.map { .file($0) } + made.map { .folder($0) })
      return made
    }
  }
  let made = try outcome.get()
  defer { Unfinished.whileRunning { $0.subtract(new.map { .file($0) } + made.map { .folder($0) }) } }
  do {
    return try body()
  } catch {
    for path in new { unlink(path) }
    // What somebody else has put there in the meantime keeps them.
    for path in made.reversed() { rmdir(path) }
    throw error
  }
}

/// Whether `writeFolder` could write these files, found out without leaving anything.
/// - Throws: what it would throw.
public func checkFolder(_ folder: String, files: [String]) throws {
  struct Checked: Error {}
  do {
    try writeFolder(folder, files: []) {
      for file in files { _ = try NewFile(for: folder + "/" + file) }
      throw Checked()
    }
  } catch is Checked {}
}
