import Artifact
import CommandLineTable
import Foundation

StandardFiles.fill()
// A pipe that is closed early (`vaerun ... | head`) is an ordinary end, not a signal's business.
signal(SIGPIPE, SIG_IGN)
Unfinished.removeOnSignals()

var status = ExitStatus.success
do {
  switch try Vaerun.table.parse(Array(CommandLine.arguments.dropFirst())) {
  case .print(let text): Terminal.say(text)
  case .run(let invocation): status = try Vaerun.run(invocation)
  }
} catch {
  Unfinished.waitIfEnding()
  let report = Vaerun.table.report(error)
  Terminal.complain(report.line)
  status = report.status
}
if status == .success, let reason = Terminal.outputFailure {
  Terminal.complain("vaerun: error: cannot write the standard output: \(reason)")
  status = .mistake
}
exit(status.rawValue)
