import Foundation
import Synchronization

/// A web server on the loopback for one test: it answers as `answer` says, and remembers what it was asked.
final class LoopbackServer: Sendable {
  struct Answer: Sendable {
    var status = 200
    var body: [UInt8] = []
    /// The connection ends after so many bytes of the body.
    var cut: Int?
    /// Whether a request for the rest of a file gets that.
    var takesRanges = true
    var location: String?
  }

  /// The number of the request to this path, from 0, and the path.
  typealias Handler = @Sendable (_ path: String, _ number: Int) -> Answer

  let port: Int
  private let descriptor: Int32
  private let log = Mutex<[String]>([])
  private let answer: Handler

  /// `PATH` or `PATH from N` for each request.
  var requests: [String] { log.withLock { $0 } }
  func url(_ path: String) -> String { "http://127.0.0.1:\(port)/\(path)" }

  struct NoSocket: Error {}

  init(_ answer: @escaping Handler) throws {
    self.answer = answer
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = descriptor
    let isBound = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, size) == 0 && listen(socket, 16) == 0 && getsockname(socket, $0, &size) == 0
      }
    }
    guard isBound else { throw NoSocket() }
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(socket, nil, nil)
        guard connection >= 0 else { return }
        self?.serve(connection)
        close(connection)
      }
    }
  }

  deinit {
    shutdown(descriptor, Int32(SHUT_RDWR))
    close(descriptor)
  }

  private func serve(_ connection: Int32) {
    var request: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while request.suffix(4) != [13, 10, 13, 10], request.count < 65_536 {
      let got = recv(connection, &buffer, buffer.count, 0)
      guard got > 0 else { return }
      request += buffer.prefix(got)
    }
    let lines = String(decoding: request, as: UTF8.self).components(separatedBy: "\r\n")
    let path = String((lines.first?.split(separator: " ").dropFirst().first ?? "/").dropFirst())
    let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
    let start = range.flatMap { Int($0.dropFirst("range: bytes=".count).prefix { $0.isNumber }) }
    let number = log.withLock { log in
      defer { log.append(start.map { "\(path) from \($0)" } ?? path) }
      return log.count { $0.split(separator: " ").first.map(String.init) == path }
    }
    let answer = answer(path, number)
    var body = answer.body[...]
    var status = answer.status
    var fields = ["Connection: close"]
    if let start, answer.takesRanges, status == 200 {
      if start >= body.count {
        status = 416
        body = []
      } else {
        status = 206
        fields.append("Content-Range: bytes \(start)-\(body.count - 1)/\(body.count)")
        body = body.dropFirst(start)
      }
    }
    fields.append("Content-Length: \(body.count)")
    if let location = answer.location { fields.append("Location: \(location)") }
    let head = "HTTP/1.1 \(status) Answer\r\n" + fields.joined(separator: "\r\n") + "\r\n\r\n"
    var bytes = Array(head.utf8) + body.prefix(answer.cut ?? .max)
    while !bytes.isEmpty {
      let sent = send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      guard sent > 0 else { return }
      bytes.removeFirst(sent)
    }
  }
}
