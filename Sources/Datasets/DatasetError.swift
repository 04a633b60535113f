/// What can go wrong with data: each case prints as one line that says what is wrong and what to do.
public enum DatasetError: Error, Equatable, Sendable {
  /// A file is not readable or not in order.
  case file(path: String, fault: FileFault)
  /// The two files of a split disagree.
  case countMismatch(images: String, imageCount: Int, labels: String, labelCount: Int)
  /// A name that the catalog does not have.
  case unknownDataset(name: String, known: [String])
  /// No folder of the search path holds the data set.
  case notFound(name: String, searched: [String])
  /// A folder holds one file of a split without the other.
  case incomplete(name: String, present: String, missing: String)
  /// The arrays that a data set is made of disagree, or a fraction is none.
  case inconsistent(reason: String)
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
      return "there is no data set '\(name)'; the names are \(known.joined(separator: ", "))"
    case .notFound(let name, let searched):
      let places = searched.isEmpty ? "nowhere" : searched.map { "'\($0)'" }.joined(separator: ", ")
      return
        "the data set '\(name)' was not found (looked in \(places)); put its IDX files into DIR/\(name) and "
        + "pass --data-dir DIR or set VAEC_DATA_DIR, or take --data digits, which is built in"
    case .incomplete(let name, let present, let missing):
      return "the data set '\(name)' is incomplete: '\(present)' is there without '\(missing)'; add that file"
    case .inconsistent(let reason): return "the data do not hold together: \(reason)"
    case .outOfRange(let what, let value, let least, let most) where most < least:
      return "\(what) is \(value), and there is nothing to take from"
    case .outOfRange(let what, let value, let least, let most):
      return "\(what) is \(value), and has to be between \(least) and \(most)"
    }
  }
}
