internal import Artifact
import Foundation

/// The files of a .tar.gz archive (POSIX.1-1988 "ustar").
public enum TarArchive {
  private static let blockBytes = 512

  /// Writes an archive's plain files into a folder, each under the last part of its name. Folders, links and everything
  /// else are passed over.
  ///
  /// - Parameter most: no more bytes than these are written in all.
  /// - Returns: the names of the files.
  /// - Throws: `DatasetError` where the archive is damaged, `FileError` where a file cannot be written.
  public static func extract(_ path: String, into folder: String, most: Int = 1 << 33) throws -> [String] {
    let reader = try InflateReader(source: FileReader(path: path), .gzip)
    var names: [String] = []
    var left = most
    while true {
      let header = try reader.read(count: blockBytes)
      // Two blocks of zeros end the archive; some writers leave them away.
      if header.isEmpty || header.allSatisfy({ $0 == 0 }) { break }
      guard header.count == blockBytes, isRight(header), let size = number(header[124..<136]) else {
        throw damaged(path, "a header is not one")
      }
      let padding = (blockBytes - size % blockBytes) % blockBytes
      guard size <= left else { throw damaged(path, "its files have more than \(most) bytes") }
      left -= size
      let isFile = header[156] == UInt8(ascii: "0") || header[156] == 0
      let text = String(decoding: header[..<100].prefix { $0 != 0 }, as: UTF8.self)
      let name = splitPath(text).name
      if isFile, !name.isEmpty, !name.hasPrefix(".") {
        try AtomicFile.write(to: join(folder, name)) { sink in
          var rest = size
          while rest > 0 {
            let bytes = try reader.read(count: min(rest, 1 << 20))
            guard !bytes.isEmpty else { throw damaged(path, "it ends inside a file") }
            try sink.write(bytes)
            rest -= bytes.count
          }
        }
        names.append(name)
      } else if try reader.skip(size) != size {
        throw damaged(path, "it ends inside a file")
      }
      guard try reader.skip(padding) == padding else { throw damaged(path, "it ends inside a file") }
    }
    // To the end, which makes zlib verify its check sum.
    _ = try reader.skip(.max)
    return names
  }

  /// Whether the header's check sum is that of its bytes, its own place taken as spaces.
  private static func isRight(_ header: [UInt8]) -> Bool {
    let sum = header.enumerated().reduce(0) { sum, byte in
      sum + ((148..<156).contains(byte.offset) ? 32 : Int(byte.element))
    }
    return number(header[148..<156]) == sum
  }

  /// A number in octal digits.
  private static func number(_ field: ArraySlice<UInt8>) -> Int? {
    let digits = field.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
    guard !digits.isEmpty, digits.count <= 12 else { return nil }
    return Int(String(decoding: digits, as: UTF8.self), radix: 8).flatMap { $0 >= 0 ? $0 : nil }
  }

  private static func damaged(_ path: String, _ reason: String) -> DatasetError {
    .file(path: path, fault: .notFormat(name: "tar", reason: reason))
  }
}
