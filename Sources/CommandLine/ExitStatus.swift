/// How a program of this package ends.
public enum ExitStatus: Int32, Sendable, CaseIterable {
  case success = 0
  /// The user's mistake: a model, a file or a value that will not do.
  case mistake = 1
  /// A command line that is not of the program's form.
  case usage = 2
  /// A bug of ours.
  case bug = 70
  /// Ended by Ctrl-C, as a shell would report it (128 + SIGINT).
  case interrupted = 130

  /// What the status tells, in a few words.
  public var meaning: String {
    switch self {
    case .success: "the command did what it was asked for"
    case .mistake: "a model, a file or a value will not do; the error's line says which and what helps"
    case .usage: "the command line is not of the program's form"
    case .bug: "the program failed by its own fault"
    case .interrupted: "Ctrl-C ended the command"
    }
  }
}

/// Something that cannot happen did: a bug of ours, whatever the input was.
public struct InternalError: Error, CustomStringConvertible {
  public let description: String

  public init(_ problem: String, file: String = #fileID, line: Int = #line) {
    description = "\(problem) (\(file):\(line)): this is a bug, please report it with the command that you gave"
  }
}

extension CommandTable {
  /// The line that tells an error, and the status to end with. Errors of this package say in their `description` what
  /// is wrong and what to do; an error without one is unforeseen, and so a bug.
  public func report(_ error: any Error) -> (line: String, status: ExitStatus) {
    let status: ExitStatus
    switch error {
    case is UsageError: status = .usage
    case is InternalError: status = .bug
    default: status = error is any CustomStringConvertible ? .mistake : .bug
    }
    // What is wrong may lie in a name that came from a file or from the command line itself.
    let text = status == .bug ? "\(error)" : printable("\(error)", longest: 4000)
    return ("\(program): error: \(text)", status)
  }
}
