internal import Random

extension Dataset {
  /// Pools two data sets, the images of the second behind those of the first, and parts them at random: a share to train on,
  /// the rest to test on.
  ///
  /// Each image keeps its number in the pool, on which its random noise depends. The same seed gives the same parts.
  ///
  /// - Parameter share: of the images to train on, between 0 and 1.
  /// - Throws: `DatasetError.inconsistent` where the images are not of one kind, `.outOfRange` where a part would be empty.
  public static func pooled(
    _ first: Dataset, _ second: Dataset, share: Double, seed: UInt64
  ) throws -> (train: Dataset, test: Dataset) {
    let pool = try first.joined(with: second)
    let parts = try pool.parted(fraction: share, seed: seed)
    return (try pool.subset(parts.first, split: .train), try pool.subset(parts.rest, split: .test))
  }

  /// The images of both, those of the other behind its own, numbered from 0.
  private func joined(with other: Dataset) throws -> Dataset {
    guard imageShape == other.imageShape, classNames == other.classNames,
      attributes.map(\.name) == other.attributes.map(\.name),
      attributes.map(\.valueNames) == other.attributes.map(\.valueNames)
    else {
      throw DatasetError.inconsistent(reason: "the parts of \(name) have images or classes of different kinds")
    }
    let stores = [self, other].map { ($0.store, $0.selection) }
    return try Dataset(
      name: name, split: split, imageShape: imageShape, store: ImageStore(joining: stores.map(\.0)),
      selection: zip([0, store.count], stores).flatMap { offset, part in
        (part.1 ?? Array(0..<part.0.count)).map { $0 + offset }
      },
      labels: labels.flatMap { own in other.labels.map { own + $0 } }, classNames: classNames,
      attributes: zip(attributes, other.attributes).map { own, other in
        ImageAttribute(name: own.name, valueNames: own.valueNames, values: own.values + other.values)
      },
      source: source, leftOut: leftOut + other.leftOut, numbers: Array(0..<(count + other.count)))
  }

  /// Parts the images at random into folds of nearly equal size and takes one out for validation: the rest to train on, and
  /// those held out. Every image is held out in exactly one fold; the same seed gives the same folds.
  ///
  /// - Parameter fold: from 1 to `count`.
  /// - Throws: `DatasetError.outOfRange` where there are fewer than two folds or more than images, or no such fold.
  public func fold(_ fold: Int, of folds: Int, seed: UInt64) throws -> (train: [Int], validation: [Int]) {
    guard folds >= 2, folds <= count else {
      throw DatasetError.outOfRange(what: "the number of folds", value: folds, least: 2, most: count)
    }
    guard (1...folds).contains(fold) else {
      throw DatasetError.outOfRange(what: "the fold", value: fold, least: 1, most: folds)
    }
    let order = RandomStream(seed: seed, domain: .shuffle, stream: streamIdentifier(of: "fold"))
      .permutation(count: count, epoch: 0)
    let (begin, end) = (count * (fold - 1) / folds, count * fold / folds)
    return ((order[..<begin] + order[end...]).sorted(), order[begin..<end].sorted())
  }

  /// How many of some images have the same bytes as some image of others, whatever their numbers.
  ///
  /// - Parameters:
  ///   - indices: of this data set.
  ///   - others: of another data set, or of this one.
  /// - Throws: `DatasetError` where images cannot be read.
  public func repeats(_ indices: [Int], in dataset: Dataset, _ others: [Int]) throws -> Int {
    guard imageShape == dataset.imageShape, !indices.isEmpty else { return 0 }
    let seen = Set(try dataset.hashes(others))
    return try hashes(indices).count { seen.contains($0) }
  }

  /// The hash of each image's bytes: 64 bits, so that two different ones of a million images have one hash in one data set of
  /// ten million.
  private func hashes(_ indices: [Int]) throws -> [Int] {
    let part = 1024
    let parts = ImageImport.map((indices.count + part - 1) / part, threads: nil) { number in
      Result { try hashesOfPart(indices[number * part..<min((number + 1) * part, indices.count)]) }
    }
    return try parts.flatMap { try $0.get() }
  }

  /// Eight bytes at a time, each mixed with all before it: a multiplication carries a bit up, a shift back down (constant: 2^64 over the
  /// golden ratio). The standard library's is made to withstand chosen values, which nothing here needs.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
    func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
      let product = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
      return product ^ product >> 32
    }
    let words = bytes.count / 8
    var hash = UInt64(bytes.count)
    for word in 0..<words { hash = mix(hash, bytes.loadUnaligned(fromByteOffset: word * 8, as: UInt64.self)) }
    for byte in bytes[(words * 8)...] { hash = mix(hash, UInt64(byte)) }
    return Int(truncatingIfNeeded: mix(hash, 0))
  }

  private func hashesOfPart(_ indices: ArraySlice<Int>) throws -> [Int] {
    let size = imageBytes
    let bytes = try bytes(of: indices)
    return bytes.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: size).map { start in
        Self.hash(UnsafeRawBufferPointer(rebasing: bytes[start..<start + size]))
      }
    }
  }
}
