import Foundation
import Testing

/// A compiler that is stopped leaves nothing behind: neither where it writes nor in the folder for temporary files.
@Suite struct InterruptTests {
  /// Runs `vaec` on the workbench's model and sends it a signal when there is something in a folder.
  private func stop(
    _ arguments: [String], by number: Int32, in folder: String, when place: String, after pause: UInt32 = 0
  ) throws {
    try FileManager.default.createDirectory(atPath: folder + "/tmp", withIntermediateDirectories: true)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: ProgramRun.path(of: "vaec"))
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin"
    process.environment = [
      "HOME": folder, "TMPDIR": folder + "/tmp", "PATH": "\(folder)/bin:\(path)", "READY": folder + "/ready",
    ]
    process.standardOutput = FileHandle.nullDevice
    let errors = folder + "/errors"
    _ = FileManager.default.createFile(atPath: errors, contents: nil)
    process.standardError = FileHandle(forWritingAtPath: errors)
    // A shell starts programs in the background with SIGINT ignored, which is inherited.
    signal(number, SIG_DFL)
    try process.run()
    let deadline = ContinuousClock.now + .seconds(100)
    while process.isRunning, ContinuousClock.now < deadline, !FileManager.default.fileExists(atPath: place) {
      usleep(1000)
    }
    usleep(pause)
    kill(process.processIdentifier, number)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal && process.terminationStatus == number)
    #expect(try String(contentsOfFile: errors, encoding: .utf8) == "")
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder).sorted()
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func nothingIsLeftOfACompilationThatIsStopped(_ signal: Int32)
    throws
  {
    try Workbench.with { folder in
      // A linker that has written a part of its file.
      let linker = """
        #!/bin/sh
        while [ $# -gt 0 ]; do [ "$1" = -o ] && echo part > "$2"; shift; done
        touch "$READY"
        exec sleep 2

        """
      try FileManager.default.createDirectory(atPath: folder + "/bin", withIntermediateDirectories: false)
      #expect(
        FileManager.default.createFile(
          atPath: folder + "/bin/ld.lld", contents: Data(linker.utf8), attributes: [.posixPermissions: 0o755]))
      let before = try names(folder)
      try stop(
        ["compile", "small.vdl", "-o", "new/made"], by: signal, in: folder, when: folder + "/ready")
      #expect(try names(folder) == (before + ["errors", "ready", "tmp"]).sorted())
    }
  }

  @Test(arguments: [0, 30_000, 100_000, 250_000] as [UInt32]) func nothingIsLeftOfATuningThatIsStopped(
    _ pause: UInt32
  )
    throws
  {
    try Workbench.with { folder in
      let before = try names(folder)
      // The record that it keeps is whole at any time.
      try stop(
        ["compile", "small.vdl", "-o", "made", "--tune=60"], by: SIGINT, in: folder,
        when: folder + "/.cache/vaec/tuning", after: pause)
      let left = try names(folder).filter { !before.contains($0) && !$0.hasPrefix(".cache") }
      #expect(left == ["errors", "tmp"])
      #expect(try names(folder + "/.cache").allSatisfy { !$0.hasSuffix(".tmp") })
    }
  }
}
