import Dispatch
import Foundation
import Runtime

/// Turns the first Ctrl-C into a request to save and stop. The second ends the program as if nobody listened.
final class Interrupt {
  let stop = StopRequest()
  private let source: any DispatchSourceSignal

  init() {
    let request = stop
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler {
      request.request()
      signal(SIGINT, SIG_DFL)
    }
    source.resume()
  }

  deinit {
    source.cancel()
    signal(SIGINT, SIG_DFL)
  }
}
