import Diagnostics

/// What can go wrong with data: each case prints as one line that says what is wrong and what to do.
public enum DatasetError: Error, Equatable, Sendable {
  /// A file is not readable or not in order.
  case file(path: String, fault: FileFault)
  /// The two files of a split disagree.
  case countMismatch(images: String, imageCount: Int, labels: String, labelCount: Int)
  /// A name that the catalog does not have.
  case unknownDataset(name: String, known: [String])
  /// No folder of the search path holds the data set.
  case notFound(name: String, searched: [String], files: String, standIn: String)
  /// A folder holds one file of a split without the other.
  case incomplete(name: String, present: String, missing: String)
  /// The arrays that a data set is made of disagree, or a fraction is none.
  case inconsistent(reason: String)
  /// A data set without an attribute of this name.
  case noAttribute(name: String, dataset: String, there: [String])
  /// A folder of pictures that cannot be taken.
  case folder(path: String, fault: FolderFault)
  /// An index or a count is not between `least` and `most`.
  case outOfRange(what: String, value: Int, least: Int, most: Int)
}

extension DatasetError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .file(let path, let fault): return "'\(path)' \(fault)"
    case .countMismatch(let images, let imageCount, let labels, let labelCount):
      return "'\(images)' holds \(imageCount) images and '\(labels)' \(labelCount) labels; "
        + "take both files from one source"
    case .unknownDataset(let name, let known):
      let meant = closestMatch(to: name, in: known).map { "did you mean '\($0)'? The" } ?? "the"
      return "there is no data set '\(name)', and no file or folder of this name; \(meant) names are "
        + known.joined(separator: ", ")
    case .notFound(let name, let searched, let files, let standIn):
      let places = searched.isEmpty ? "nowhere" : searched.map { "'\($0)'" }.joined(separator: ", ")
      return
        "the data set '\(name)' was not found (looked in \(places)); put \(files) into DIR/\(name) and "
        + "pass --data-dir DIR or set VAEC_DATA_DIR, or take --data \(standIn), which is built in"
    case .incomplete(let name, let present, let missing):
      return "the data set '\(name)' is incomplete: '\(present)' is there without '\(missing)'; add that file"
    case .inconsistent(let reason): return "the data do not hold together: \(reason)"
    case .noAttribute(let name, let dataset, let there):
      return there.isEmpty
        ? "\(dataset) has no attributes, and so no '\(name)'; leave --classes away"
        : "\(dataset) has no attribute '\(name)'; it has \(there.joined(separator: ", "))"
    case .folder(let path, let fault): return "'\(path)' \(fault)"
    case .outOfRange(let what, let value, let least, let most) where most < least:
      return "\(what) is \(value), and there is nothing to take from"
    case .outOfRange(let what, let value, let least, let most):
      return "\(what) is \(value), and has to be between \(least) and \(most)"
    }
  }
}
