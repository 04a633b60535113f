import Foundation

/// The memory that this machine has left. An array that does not fit ends the program without a word, or, where the
/// system promises more than it has, ends whichever program it chooses: so large ones are asked for here first.
public enum AvailableMemory {
  /// Smaller amounts are not worth the question.
  private static let smallest = 1 << 26

  /// Bytes that can be had without swapping; nil where the system does not tell.
  public static var bytes: Int? {
    guard let text = try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8) else { return nil }
    let line = text.split(separator: "\n").first { $0.hasPrefix("MemAvailable:") }
    return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
  }

  /// Whether there is room for `copies` arrays of `bytes` each.
  public static func holds(_ bytes: Int, copies: Int = 1) -> Bool {
    let (sum, overflow) = bytes.multipliedReportingOverflow(by: copies)
    guard !overflow else { return false }
    return sum <= smallest || sum <= self.bytes ?? .max
  }
}
