import CommandLineTable
import Foundation

StandardFiles.fill()
do {
  switch try Experimenter.table.parse(Array(CommandLine.arguments.dropFirst())) {
  case .print(let text): print(text)
  case .run(let invocation): try Experimenter.run(invocation)
  }
} catch {
  let report = Experimenter.table.report(error)
  try? FileHandle.standardError.write(contentsOf: Data((report.line + "\n").utf8))
  exit(report.status.rawValue)
}
