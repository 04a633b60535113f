import CommandLineTable
import Foundation

// A pipe that is closed early (`vaerun ... | head`) is an ordinary end, not a signal's business.
signal(SIGPIPE, SIG_IGN)

do {
  switch try Vaerun.table.parse(Array(CommandLine.arguments.dropFirst())) {
  case .print(let text): Terminal.say(text)
  case .run(let invocation): exit(try Vaerun.run(invocation).rawValue)
  }
} catch {
  let report = Vaerun.table.report(error)
  Terminal.complain(report.line)
  exit(report.status.rawValue)
}
