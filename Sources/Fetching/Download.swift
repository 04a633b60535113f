internal import CCurl
import Foundation

/// What a transfer came to.
enum TransferEnd: Equatable {
  /// All bytes came.
  case complete
  /// The connection failed on the way, or never was; trying again may help.
  case broken(reason: String)
  /// The server has no such file or refuses; another server may have it.
  case refused(reason: String)
  /// The bytes cannot be kept.
  case unwritable(errno: Int32)
  /// More bytes than there should be.
  case tooLong
}

/// One transfer from a URL into a file, appended to what the file has.
final class Transfer {
  private let descriptor: Int32
  private var received: Int
  private let most: Int
  private var total: Int?
  private let progress: (_ received: Int, _ total: Int?) -> Void
  private var failure: TransferEnd?
  private var handle: UnsafeMutableRawPointer?

  /// - Parameters:
  ///   - descriptor: a file that is open for writing, at its end.
  ///   - received: the bytes that it has.
  ///   - most: the bytes that it may have in the end.
  init(
    to descriptor: Int32, received: Int, most: Int, progress: @escaping (_ received: Int, _ total: Int?) -> Void
  ) {
    self.descriptor = descriptor
    self.received = received
    self.most = most
    self.progress = progress
  }

  func run(_ url: String) -> TransferEnd {
    curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    guard let handle = curl_easy_init() else { return .broken(reason: "libcurl does not start") }
    self.handle = handle
    defer {
      curl_easy_cleanup(handle)
      self.handle = nil
    }
    curl_set_text(handle, CURLOPT_URL, url)
    curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    curl_set_text(handle, CURLOPT_REDIR_PROTOCOLS_STR, "http,https")
    curl_set_text(handle, CURLOPT_USERAGENT, "vaerun")
    curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 1)
    curl_set_long(handle, CURLOPT_MAXREDIRS, 10)
    curl_set_long(handle, CURLOPT_FAILONERROR, 1)
    curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
    curl_set_long(handle, CURLOPT_CONNECTTIMEOUT, 20)
    // A server that sends nothing for half a minute has gone.
    curl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
    curl_set_long(handle, CURLOPT_LOW_SPEED_TIME, 30)
    if received > 0 { curl_set_offset(handle, CURLOPT_RESUME_FROM_LARGE, curl_off_t(received)) }
    // The context outlives the transfer: it is this object, which runs it.
    curl_set_pointer(handle, CURLOPT_WRITEDATA, Unmanaged.passUnretained(self).toOpaque())
    curl_set_sink(handle) { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
      return transfer.take(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
    }
    let status = curl_easy_perform(handle)
    if let failure { return failure }
    guard status != CURLE_OK else { return .complete }
    let reason = String(cString: curl_easy_strerror(status))
    var code = 0
    curl_get_long(handle, CURLINFO_RESPONSE_CODE, &code)
    // 416: what is there already is all that there is; the check sum decides.
    if status == CURLE_HTTP_RETURNED_ERROR, code == 416, received > 0 { return .complete }
    if status == CURLE_HTTP_RETURNED_ERROR {
      return code >= 500 || code == 429
        ? .broken(reason: "the server answers \(code)") : .refused(reason: "the server answers \(code)")
    }
    if status == CURLE_RANGE_ERROR { return .refused(reason: "the server cannot go on where it stopped") }
    return .broken(reason: reason.prefix(1).lowercased() + reason.dropFirst())
  }

  /// Whether the bytes could be taken.
  private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    if total == nil, let handle {
      var left: curl_off_t = -1
      curl_get_offset(handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &left)
      if left >= 0 { total = received + Int(left) }
    }
    guard bytes.count <= most - received else {
      failure = .tooLong
      return false
    }
    var rest = bytes[...]
    while !rest.isEmpty {
      let part = UnsafeRawBufferPointer(rebasing: rest)
      let written = write(descriptor, part.baseAddress, part.count)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        failure = .unwritable(errno: written < 0 ? errno : EIO)
        return false
      }
      rest = rest.dropFirst(written)
    }
    received += bytes.count
    progress(received, total)
    return true
  }
}
