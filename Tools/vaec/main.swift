import Artifact
import CommandLineTable
import Foundation

// The compiler's command line. Errors go to standard error, one line or located ones; the exit status says whose
// mistake it was (ExitStatus).
StandardFiles.fill()
Unfinished.removeOnSignals()
do {
  switch try VaecCommands.table.parse(Array(CommandLine.arguments.dropFirst())) {
  case .print(let text): print(text)
  case .run(let invocation): try VaecCommands.run(invocation)
  }
  if let reason = StandardFiles.flush() { throw CommandError.outputFailed(reason) }
} catch {
  Unfinished.waitIfEnding()
  exit(VaecCommands.report(error).rawValue)
}
