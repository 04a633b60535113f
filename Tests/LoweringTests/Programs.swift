import Foundation
import Testing

/// Gives `body` a fresh folder and removes it afterwards.
func withTemporaryFolder<T>(_ body: (String) throws -> T) throws -> T {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vaec-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// What a command of the PATH prints, errors too; throws where it fails.
func output(of command: String..., in folder: String? = nil) throws -> String {
  try output(of: command, in: folder)
}

func output(of command: [String], in folder: String? = nil) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = command
  if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
  let output = Pipe()
  process.standardOutput = output
  process.standardError = output
  try process.run()
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  guard process.terminationStatus == 0 else {
    throw NativeModule.Failure(
      description: "\(command.joined(separator: " ")): status \(process.terminationStatus): \(text)")
  }
  return text
}

/// Whether the PATH has a command.
func isThere(_ command: String) -> Bool { (try? output(of: "which", command)) != nil }

/// The text of the error that `body` throws.
func errorText(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}
