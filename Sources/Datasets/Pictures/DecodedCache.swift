internal import Artifact
internal import CZlib
import Foundation
internal import ImageFiles

/// Decoded images in a file of the cache folder, under the digest of everything that they follow from.
///
/// The file: the images' bytes; a JSON text with key, sizes, the numbers of images that were left out, and the SHA-256 of every
/// part of the images (`ImageStore.imagesPerPart`); that text's length (64 bits) and CRC-32 (RFC 1952), little-endian; eight
/// letters.
struct DecodedCache {
  let folder: String

  /// What is kept beside the images.
  private struct Footer: Codable {
    var key: String
    var count: Int
    var imageBytes: Int
    var skipped: [Int]
    var digests: [String]
  }

  struct Images {
    let store: ImageStore
    /// The numbers of the images that were left out as damaged.
    let skipped: [Int]
  }

  private static let mark = Array("vaecimg2".utf8)
  private static let trailerBytes = 8 + 4 + 8
  private static let longestFooter = 1 << 28

  /// Why decoded images cannot be kept.
  struct Fault: Error {
    let reason: String
  }

  /// The images under a key, decoded where they are not there yet or the file is damaged.
  ///
  /// - Parameter name: where the images come from: a part of it is part of the file's name, for people who look into the
  ///   folder.
  /// - Throws: `Fault` where they cannot be kept; what decoding throws.
  func images(key: String, name: String, _ work: ImageImport) throws -> Images {
    let path = path(key: key, name: name)
    if let images = read(path, key: key, work) { return images }
    do {
      try makeFolder(folder)
      AtomicFile.removeAbandoned(in: folder)
      try AtomicFile.write(to: path) { sink in try Self.write(work, key: key, &sink) }
    } catch let error as FileError {
      throw Fault(reason: error.reason)
    }
    guard let images = read(path, key: key, work) else {
      throw Fault(reason: "what was written there does not come back")
    }
    return images
  }

  /// Where the images of a key are kept.
  func path(key: String, name: String) -> String {
    let plain = splitPath(absolute(name)).name.unicodeScalars.map {
      CharacterSet.alphanumerics.contains($0) && $0.isASCII ? $0 : "-"
    }
    let stem = String(String.UnicodeScalarView(plain.prefix(40)))
    return join(folder, "\(stem)-\(key.prefix(24)).images")
  }

  private static func write(_ work: ImageImport, key: String, _ sink: inout AtomicFile.Sink) throws {
    var footer = Footer(key: key, count: 0, imageBytes: work.imageBytes, skipped: [], digests: [])
    let partBytes = ImageStore.imagesPerPart(of: work.imageBytes) * work.imageBytes
    var part: [UInt8] = []
    part.reserveCapacity(partBytes)
    func flush(_ sink: inout AtomicFile.Sink) throws {
      guard !part.isEmpty else { return }
      footer.digests.append(SHA256.hex(of: part))
      try sink.write(part)
      part.removeAll(keepingCapacity: true)
    }
    footer.skipped = try work.run { image in
      part += image
      footer.count += 1
      if part.count >= partBytes { try flush(&sink) }
    }
    try flush(&sink)
    let text = Array(try JSONEncoder().encode(footer))
    try sink.write(text + littleEndian(UInt64(text.count)) + littleEndian(checksum(text)) + mark)
  }

  /// The images of a file that is whole, under this key and with as many images as there are to be; nil for any other, which is
  /// then made again.
  private func read(_ path: String, key: String, _ work: ImageImport) -> Images? {
    guard let file = try? PositionedFile(path: path), file.size >= Self.trailerBytes,
      let trailer = bytes(file, file.size - Self.trailerBytes, Self.trailerBytes),
      Array(trailer.suffix(8)) == Self.mark
    else { return nil }
    let length = trailer[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let sum = trailer[8..<12].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard length <= Self.longestFooter, Int(length) <= file.size - Self.trailerBytes else { return nil }
    let end = file.size - Self.trailerBytes - Int(length)
    guard let text = bytes(file, end, Int(length)), Self.checksum(text) == sum,
      let footer = try? JSONDecoder().decode(Footer.self, from: Data(text)), footer.key == key,
      footer.imageBytes == work.imageBytes, accounts(footer, for: work)
    else { return nil }
    let (total, overflow) = footer.count.multipliedReportingOverflow(by: work.imageBytes)
    guard !overflow, total == end else { return nil }
    let store = try? ImageStore(file, offset: 0, count: footer.count, imageBytes: work.imageBytes)
      .verified(footer.digests, threads: work.options.threads)
    return store.map { Images(store: $0, skipped: footer.skipped) }
  }

  /// Whether each image of the source is there, or was left out where that may be.
  private func accounts(_ footer: Footer, for work: ImageImport) -> Bool {
    let (count, skipped) = (work.feed.count, footer.skipped)
    return footer.count >= 0 && footer.count == count - skipped.count
      && (skipped.isEmpty || work.options.skipsDamaged)
      && skipped.allSatisfy { (0..<count).contains($0) }
      && zip(skipped, skipped.dropFirst()).allSatisfy { $0 < $1 }
  }

  private func bytes(_ file: PositionedFile, _ offset: Int, _ count: Int) -> [UInt8]? {
    let bytes = try? [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = try file.read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
    }
    return bytes?.count == count ? bytes : nil
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBufferPointer { UInt32(truncatingIfNeeded: crc32_z(0, $0.baseAddress, $0.count)) }
  }

  private static func littleEndian<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
}

extension ImageImport {
  /// The images, from the cache where it is used and there, else decoded.
  ///
  /// - Parameters:
  ///   - key: the digest of everything that the images follow from.
  ///   - name: where they come from.
  func images(key: String, name: String, cache: String?) throws -> DecodedCache.Images {
    let images = try kept(key: key, name: name, cache: cache) ?? held(name: name)
    guard images.store.count > 0 else {
      throw DatasetError.file(
        path: name, fault: .unsuitable(problem: "has no picture that can be decoded", remedy: "get it again"))
    }
    return images
  }

  /// From the cache; nil where it is not to be used, or cannot be, which is said.
  private func kept(key: String, name: String, cache: String?) throws -> DecodedCache.Images? {
    guard options.usesCache, let cache else { return nil }
    let folder = join(cache, "decoded")
    do {
      return try DecodedCache(folder: folder).images(key: key, name: name, self)
    } catch let fault as DecodedCache.Fault {
      options.warn?(
        "the decoded pictures cannot be kept in '\(folder)' (\(fault.reason)) and are held in memory this time: set "
          + "VAEC_CACHE_DIR to another folder, or pass --no-cache")
      return nil
    }
  }

  /// In memory.
  private func held(name: String) throws -> DecodedCache.Images {
    let (total, overflow) = feed.count.multipliedReportingOverflow(by: imageBytes)
    guard !overflow, AvailableMemory.holds(total) else {
      throw DatasetError.file(
        path: name,
        fault: .unsuitable(
          problem: "makes \(feed.count) images of \(imageBytes) bytes, more than there is memory for",
          remedy: options.usesCache
            ? "set VAEC_CACHE_DIR to a folder that can be written" : "leave --no-cache away"))
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(total)
    let skipped = try run { bytes += $0 }
    return DecodedCache.Images(store: ImageStore(bytes, imageBytes: imageBytes), skipped: skipped)
  }
}

/// The digest of what decoded images follow from: every fact is added as a line.
struct CacheKey {
  private var digest = SHA256()

  init(_ kind: String, _ fitting: Fitting, skipsDamaged: Bool) {
    add("decoded images 1", kind, fitting.size.text, "\(fitting.channels)", fitting.crop.text)
    add(fitting.filter.rawValue, fitting.background.hex, "\(skipsDamaged)")
  }

  mutating func add(_ facts: String...) {
    for fact in facts {
      // The length keeps two texts from being taken for one.
      digest.update("\(fact.utf8.count) ".utf8)
      digest.update(fact.utf8)
      digest.update("\n".utf8)
    }
  }

  consuming func finish() -> String { digest.finish() }
}

func join(_ folder: String, _ name: String) -> String {
  folder.hasSuffix("/") ? folder + name : folder + "/" + name
}

/// A path from the root, without a slash at its end.
func absolute(_ path: String) -> String {
  let whole = path.hasPrefix("/") ? path : join(FileManager.default.currentDirectoryPath, path)
  let slashes = whole.reversed().prefix { $0 == "/" }.count
  return slashes == whole.count ? "/" : String(whole.dropLast(slashes))
}
