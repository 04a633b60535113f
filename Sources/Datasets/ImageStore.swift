internal import Artifact

/// Images of one size, one behind the other: in memory, or in a file from which each is read when it is asked for, so
/// that there may be more of them than memory.
public struct ImageStore: Sendable {
  /// The number of images.
  public let count: Int
  /// Bytes of one image.
  public let imageBytes: Int
  private let place: Place
  /// SHA-256 of every part, in hex, where they are known from when the images were read.
  private(set) var partDigests: [String]?

  private enum Place: Sendable {
    case memory([UInt8])
    /// The images begin at the offset.
    case file(PositionedFile, offset: Int)
    /// The images of several stores, one behind the other.
    case joined([ImageStore])
  }

  /// Images in memory; bytes behind the last whole image are left away.
  init(_ bytes: [UInt8], imageBytes: Int) {
    self.imageBytes = max(1, imageBytes)
    count = bytes.count / self.imageBytes
    place = .memory(bytes)
  }

  /// `count` images in a file, as they are.
  ///
  /// - Throws: `DatasetError` where the file cannot hold so many behind the offset.
  init(_ file: PositionedFile, offset: Int, count: Int, imageBytes: Int) throws {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: imageBytes)
    guard !overflow, count >= 0, imageBytes > 0, offset >= 0, offset <= file.size, bytes <= file.size - offset
    else {
      throw DatasetError.file(
        path: file.path,
        fault: .truncated(expected: overflow ? .max : bytes, available: max(0, file.size - offset)))
    }
    self.imageBytes = imageBytes
    self.count = count
    place = .file(file, offset: offset)
  }

  /// Images of at most so many bytes are held in memory where they lie in a file as they are: training gathers them one by one.
  private static let mostBytesInMemory = 1 << 28

  /// The same images in memory, if they are few enough; else those in the file.
  ///
  /// - Throws: `DatasetError` where the file cannot be read.
  func inMemoryIfSmall() throws -> ImageStore {
    let bytes = count * imageBytes
    guard case .file(let file, let offset) = place, bytes <= Self.mostBytesInMemory,
      AvailableMemory.holds(bytes)
    else { return self }
    let all = try [UInt8](unsafeUninitializedCapacity: bytes) { buffer, filled in
      LargePages.advise(UnsafeMutableRawBufferPointer(buffer))
      filled = try file.read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
    }
    guard all.count == bytes else { throw DatasetError.file(path: file.path, fault: .shrunk) }
    return ImageStore(all, imageBytes: imageBytes)
  }

  /// Images of a part, in which images are read, checked and digested: whole ones of 4 MiB, or one.
  static func imagesPerPart(of imageBytes: Int) -> Int { max(1, (1 << 22) / max(1, imageBytes)) }

  /// The images of a file whose bytes are all what they have to be, in memory if they are few enough: several threads read and
  /// check them part by part, each part once.
  ///
  /// - Parameter digests: SHA-256 of each part, in hex.
  /// - Returns: nil where a part cannot be read or has another digest, or the images are in no file.
  func verified(_ digests: [String], threads: Int?) -> ImageStore? {
    let (total, partBytes) = (count * imageBytes, Self.imagesPerPart(of: imageBytes) * imageBytes)
    guard case .file(let file, let offset) = place, digests.count == (total + partBytes - 1) / partBytes else {
      return nil
    }
    @Sendable func range(_ part: Int) -> Range<Int> { part * partBytes..<min((part + 1) * partBytes, total) }
    @Sendable func isWhole(_ part: Int, into target: UnsafeMutableRawBufferPointer) -> Bool {
      let got = try? file.read(at: offset + range(part).lowerBound, into: target)
      return got == target.count && SHA256.hex(of: UnsafeRawBufferPointer(target)) == digests[part]
    }
    var store = self
    if total <= Self.mostBytesInMemory, AvailableMemory.holds(total) {
      let all = [UInt8](unsafeUninitializedCapacity: total) { buffer, filled in
        // The parts' ranges do not overlap and lie inside the buffer, which outlives the threads that write to it.
        nonisolated(unsafe) let target = UnsafeMutableRawBufferPointer(buffer)
        LargePages.advise(target)
        let areWhole = ImageImport.map(digests.count, threads: threads) { part in
          isWhole(part, into: UnsafeMutableRawBufferPointer(rebasing: target[range(part)]))
        }
        filled = areWhole.allSatisfy { $0 } ? total : 0
      }
      guard all.count == total else { return nil }
      store = ImageStore(all, imageBytes: imageBytes)
    } else {
      let areWhole = ImageImport.map(digests.count, threads: threads) { part in
        withUnsafeTemporaryAllocation(byteCount: range(part).count, alignment: 1) { isWhole(part, into: $0) }
      }
      guard areWhole.allSatisfy({ $0 }) else { return nil }
    }
    store.partDigests = digests
    return store
  }

  /// The images of stores with images of one size, one store behind the other.
  init(joining stores: [ImageStore]) {
    imageBytes = stores.first?.imageBytes ?? 1
    count = stores.reduce(0) { $0 + $1.count }
    place = .joined(stores)
  }

  /// Copies images that lie one behind the other to the beginning of a buffer that holds them.
  ///
  /// - Throws: `DatasetError` where there are no such images, the buffer is too small or the file cannot be read.
  func copy(_ images: Range<Int>, into buffer: UnsafeMutableRawBufferPointer) throws {
    guard !images.isEmpty else { return }
    guard images.lowerBound >= 0, images.upperBound <= count, images.count <= buffer.count / imageBytes else {
      throw DatasetError.outOfRange(
        what: "the image's index", value: images.upperBound - 1, least: 0, most: count - 1)
    }
    let range = images.lowerBound * imageBytes..<images.upperBound * imageBytes
    let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<range.count])
    switch place {
    case .memory(let bytes):
      // The guard: the range lies inside the array.
      bytes.withUnsafeBytes { bytes in
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[range]))
      }
    case .file(let file, let offset):
      guard try file.read(at: offset + range.lowerBound, into: target) == range.count else {
        throw DatasetError.file(path: file.path, fault: .shrunk)
      }
    case .joined(let stores):
      var (first, offset) = (0, 0)
      for store in stores {
        let part = images.clamped(to: first..<first + store.count)
        try store.copy(
          part.lowerBound - first..<part.upperBound - first,
          into: UnsafeMutableRawBufferPointer(rebasing: target[offset...]))
        first += store.count
        offset += part.count * imageBytes
      }
    }
  }
}
