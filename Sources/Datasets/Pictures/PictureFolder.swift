internal import Artifact
import Foundation

/// What is wrong with a folder of pictures. Printed after its path: "'PATH' has no pictures; ...".
public enum FolderFault: Equatable, Sendable {
  /// The operating system refused; `reason` is its own text.
  case unreadable(reason: String)
  case noPictures
  /// Pictures lie beside folders of pictures.
  case mixed(picture: String, folder: String)
  /// Folders lie in each other more deeply than is followed.
  case tooDeep
  /// A file's name is not UTF-8.
  case badName
  /// There are too few images for two parts.
  case tooFew(count: Int)
}

extension FolderFault: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let reason): "cannot be read: \(reason); check the path and its permissions"
    case .noPictures: "has no pictures; name a folder of .png and .jpg files, or of folders with them"
    case .mixed(let picture, let folder):
      "holds a picture, \(picture), beside the folder of pictures \(folder); move the pictures into folders, one for "
        + "each class, or leave none in folders"
    case .tooDeep: "holds folders in folders deeper than \(PictureFolder.deepest); name one further down"
    case .badName: "holds a picture whose name is not UTF-8; rename it"
    case .tooFew(let count):
      "has \(count) image\(count == 1 ? "" : "s"), too few to hold some out for testing; add some, or folders train "
        + "and test"
    }
  }
}

/// The pictures of a folder in a fixed order, with their classes.
struct PictureFolder {
  struct File: Equatable, Sendable {
    /// Below the folder.
    let name: String
    /// The class: the place of the first part of `name` among those of all files; nil where there are no classes.
    var label: Int32?
    let bytes: Int
    /// Seconds and nanoseconds.
    let modified: (Int, Int)

    static func == (first: File, second: File) -> Bool {
      first.name == second.name && first.label == second.label
    }
  }

  /// Folders within folders that are followed.
  static let deepest = 16
  private static let endings = ["png", "jpg", "jpeg", "jpe"]

  let path: String
  /// Sorted by name, byte by byte.
  private(set) var files: [File] = []
  /// The folders that the pictures lie in; empty where they lie in none.
  private(set) var classNames: [String] = []

  /// Finds the pictures of a folder; names that begin with a dot and files of other endings are passed over.
  init(_ path: String) throws {
    self.path = path
    try scan("", depth: 0)
    files.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    guard let first = files.first else { throw DatasetError.folder(path: path, fault: .noPictures) }
    let classes = Set(files.compactMap { Self.className($0.name) })
    guard !classes.isEmpty else { return }
    if let loose = files.first(where: { Self.className($0.name) == nil }) {
      let folder = files.lazy.compactMap { Self.className($0.name) }.first ?? first.name
      throw DatasetError.folder(path: path, fault: .mixed(picture: loose.name, folder: folder))
    }
    setClasses(classes.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  /// Pictures that somebody has listed.
  ///
  /// - Throws: `DatasetError.file` where one is not there.
  init(_ path: String, names: [String]) throws {
    self.path = path
    files = try names.map { name in
      var status = stat()
      guard stat(join(path, name), &status) == 0 else {
        throw DatasetError.file(
          path: join(path, name), fault: .unreadable(reason: String(cString: strerror(errno))))
      }
      return File(
        name: name, label: nil, bytes: Int(status.st_size),
        modified: (Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec)))
    }
  }

  /// A single picture.
  init(picture: String) {
    let (folder, name) = splitPath(picture)
    path = folder
    files = [File(name: name, label: nil, bytes: 0, modified: (0, 0))]
  }

  /// Numbers the classes after these names, which have to be all of the files'.
  mutating func setClasses(_ names: [String]) {
    classNames = names
    let numbers = Dictionary(zip(names, Int32(0)...), uniquingKeysWith: { first, _ in first })
    for index in files.indices {
      files[index].label = Self.className(files[index].name).flatMap { numbers[$0] }
    }
  }

  /// Keeps the files of these places, in their order.
  mutating func keep(_ places: [Int]) { files = places.map { files[$0] } }

  /// The folder of a split where there are folders for them: `train` (or `training`), and `test`, or else `val`,
  /// `valid` or `validation`.
  ///
  /// - Returns: nil for both where the folder itself holds all pictures, nil for `test` where only that is missing.
  static func splits(of path: String) throws -> (train: String?, test: String?) {
    func first(_ names: [String]) -> String? {
      names.map { join(path, $0) }.first { folder in
        var status = stat()
        return stat(folder, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      }
    }
    let train = first(["train", "training"])
    let test = first(["test", "testing", "val", "valid", "validation"])
    // A class may well be called so: without the other one it is no sign of parts.
    return train == nil ? (nil, nil) : (train, test)
  }

  private static func className(_ name: String) -> String? {
    name.firstIndex(of: "/").map { String(name[..<$0]) }
  }

  private mutating func scan(_ folder: String, depth: Int) throws {
    guard depth <= Self.deepest else { throw DatasetError.folder(path: path, fault: .tooDeep) }
    let place = folder.isEmpty ? path : join(path, folder)
    guard let directory = opendir(place) else {
      throw DatasetError.folder(path: place, fault: .unreadable(reason: String(cString: strerror(errno))))
    }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      // The name ends with a zero inside the entry.
      let raw = withUnsafeBytes(of: entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard raw.first != UInt8(ascii: ".") else { continue }
      let isPicture = Self.isPicture(raw)
      guard let name = String(validating: raw, as: UTF8.self) else {
        if isPicture { throw DatasetError.folder(path: place, fault: .badName) }
        continue
      }
      if Int32(entry.pointee.d_type) == DT_REG, !isPicture { continue }
      let relative = folder.isEmpty ? name : folder + "/" + name
      var status = stat()
      // A link that leads nowhere is passed over like a file of another kind, unless it should be a picture.
      guard stat(join(path, relative), &status) == 0 else {
        if isPicture {
          throw DatasetError.file(
            path: join(path, relative), fault: .unreadable(reason: String(cString: strerror(errno))))
        }
        continue
      }
      switch status.st_mode & S_IFMT {
      case S_IFDIR: try scan(relative, depth: depth + 1)
      case S_IFREG where isPicture:
        files.append(
          File(
            name: relative, label: nil, bytes: Int(status.st_size),
            modified: (Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec))))
      default: continue
      }
    }
  }

  /// Whether a file's name ends as a picture's.
  static func isPicture(_ name: [UInt8]) -> Bool {
    guard let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return false }
    return endings.contains(String(decoding: name[(dot + 1)...], as: UTF8.self).lowercased())
  }
}
