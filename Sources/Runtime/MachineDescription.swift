import Foundation

/// A machine in words, for whoever compares two runs.
public struct MachineDescription: Codable, Equatable, Sendable {
  public var host: String
  /// The operating system and its version.
  public var system: String
  /// The processor's name, as it gives it itself.
  public var processor: String
  /// Logical processors that a program may use.
  public var processors: Int
  public var memoryBytes: UInt64

  /// This machine.
  public static var current: Self {
    let process = ProcessInfo.processInfo
    return Self(
      host: process.hostName, system: process.operatingSystemVersionString,
      processor: processorName((try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""),
      processors: process.activeProcessorCount, memoryBytes: process.physicalMemory)
  }

  /// The name in the text of Linux's /proc/cpuinfo; `unknown` where it has none (most AArch64 machines).
  public static func processorName(_ processorInformation: String) -> String {
    let line = processorInformation.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
    return name ?? "unknown"
  }
}
