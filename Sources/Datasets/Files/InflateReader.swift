internal import CZlib

/// What deflated bytes (RFC 1951) decompress to, with the check sums of their wrapper verified.
final class InflateReader: ByteReader {
  /// What is around the deflated bytes.
  enum Wrapper {
    /// A gzip file (RFC 1952), of one member or several.
    case gzip
    /// zlib's own (RFC 1950): MATLAB's.
    case zlib
    /// Nothing: a member of a ZIP archive.
    case none

    /// What zlib takes for it: 15 bits of window, as large as there are, and a sign.
    fileprivate var windowBits: Int32 {
      switch self {
      case .gzip: 15 + 16
      case .zlib: 15
      case .none: -15
      }
    }
  }

  let path: String
  private let source: any ByteReader
  private let wrapper: Wrapper
  // zlib keeps the address of its stream and of the input between calls, so both live at fixed addresses, owned by
  // this object from init to deinit.
  private let stream: UnsafeMutablePointer<z_stream>
  private let input: UnsafeMutableRawBufferPointer
  private var finished = false

  private static let inputBytes = 1 << 16
  /// Deflate cannot expand by more: a match of 258 bytes takes at least two bits (RFC 1951).
  private static let largestExpansion = 1032
  private static let windowBytes = 1 << 15

  /// A reader of `source`, which has to stand at the beginning of the wrapper.
  init(source: any ByteReader, _ wrapper: Wrapper) throws {
    path = source.path
    self.source = source
    self.wrapper = wrapper
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    input = .allocate(byteCount: Self.inputBytes, alignment: 16)
    let status = inflateInit2_(
      stream, wrapper.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw damaged("zlib does not start: status \(status)") }
  }

  deinit {
    // Harmless where init threw: inflateEnd refuses a stream without state.
    inflateEnd(stream)
    stream.deinitialize(count: 1)
    stream.deallocate()
    input.deallocate()
  }

  var mostBytesLeft: Int {
    if finished { return 0 }
    let compressed = source.mostBytesLeft + Int(stream.pointee.avail_in)
    // The window may still hold what earlier input stood for.
    let (bound, overflow) = compressed.multipliedReportingOverflow(by: Self.largestExpansion)
    return overflow || bound > Int.max - Self.windowBytes ? Int.max : bound + Self.windowBytes
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    var filled = 0
    while filled < buffer.count, !finished {
      try refill()
      // avail_out is 32 bits wide: larger buffers are filled by pieces.
      let piece = min(buffer.count - filled, 1 << 30)
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<(filled + piece)])
      stream.pointee.next_out = rest.baseAddress?.assumingMemoryBound(to: UInt8.self)
      stream.pointee.avail_out = UInt32(piece)
      let status = inflate(stream, Z_NO_FLUSH)
      filled += piece - Int(stream.pointee.avail_out)
      try follow(status)
    }
    return filled
  }

  private func refill() throws {
    guard stream.pointee.avail_in == 0 else { return }
    let got = try source.read(into: input)
    stream.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    stream.pointee.avail_in = UInt32(got)
  }

  private func follow(_ status: Int32) throws {
    switch status {
    case Z_OK: return
    case Z_STREAM_END:
      if stream.pointee.avail_in == 0 { try refill() }
      // Only gzip files go on with another member.
      if stream.pointee.avail_in == 0 || wrapper != .gzip {
        finished = true
      } else if inflateReset(stream) != Z_OK {
        throw damaged("zlib does not restart")
      }
    case Z_BUF_ERROR:
      // No progress: with room for output that means no input.
      throw DatasetError.file(path: path, fault: wrapper == .gzip ? .truncatedGzip : .truncatedDeflate)
    default:
      throw damaged(stream.pointee.msg.map { String(cString: $0) } ?? "zlib's status \(status)")
    }
  }

  private func damaged(_ reason: String) -> DatasetError {
    .file(path: path, fault: wrapper == .gzip ? .damagedGzip(reason: reason) : .damagedDeflate(reason: reason))
  }
}
