import Artifact

extension ModelInstance {
  /// Images per call where the results do not depend on it: enough to keep the threads busy, little memory.
  public static let inferenceBatch = 256

  /// Calls an entry on the images of a source, some at a time, in their order.
  /// - Parameters:
  ///   - images: the images' numbers; all where nil.
  ///   - body: takes the images' places among them and the results by name.
  public func forEachBatch(
    of source: any ImageSource, images: [Int]? = nil, entry name: String, inputs: EntryInputs = EntryInputs(),
    _ body: (Range<Int>, [String: EntryValue]) throws -> Void
  ) throws {
    let entry = try model.entry(name)
    try check(source, hypers: inputs.hypers)
    if inputs.labels == nil { try checkLabels(of: source, for: entry) }
    let count = images?.count ?? source.count
    for begin in stride(from: 0, to: count, by: Self.inferenceBatch) {
      let range = begin..<min(begin + Self.inferenceBatch, count)
      let batch = images?[range] ?? Array(range)[...]
      try body(range, try results(of: entry, images: batch, source: source, inputs: inputs))
    }
  }

  /// The terms of the objective: the means over images of a source, summed in float64 in their order.
  /// - Parameter images: the images' numbers; all where nil.
  public func meanTerms(
    of source: any ImageSource, images: [Int]? = nil, inputs: EntryInputs = EntryInputs()
  ) throws -> [String: Double] {
    let count = images?.count ?? source.count
    guard count > 0 else { throw RunError.noImages }
    var sums: [String: Double] = [:]
    try forEachBatch(of: source, images: images, entry: "evaluate", inputs: inputs) { _, results in
      for (name, values) in results {
        sums[name] = (values.floats ?? []).reduce(sums[name] ?? 0) { $0 + Double($1) }
      }
    }
    return sums.mapValues { $0 / Double(count) }
  }

  private func results(
    of entry: Manifest.Entry, images: ArraySlice<Int>, source: any ImageSource, inputs: EntryInputs
  ) throws -> [String: EntryValue] {
    let arguments = try arguments(of: entry, images: images, source: source, inputs: inputs)
    return try call(entry.name, arguments, count: images.count)
  }

  /// One result of an entry for all images of a source, image behind image.
  public func results(
    of source: any ImageSource, entry: String, result: String, inputs: EntryInputs = EntryInputs()
  ) throws -> [Float] {
    try checkMemory(for: [result], of: try model.entry(entry), images: source.count)
    var all: [Float] = []
    try forEachBatch(of: source, entry: entry, inputs: inputs) { _, results in
      all += results[result]?.floats ?? []
    }
    return all
  }

  /// The codes of images, one behind the other: of each image the latents that the decoder takes.
  public func codes(of source: any ImageSource, inputs: EntryInputs = EntryInputs()) throws -> [Float] {
    let entry = try model.entry("encode")
    let parts = manifest.codeParts
    for part in parts where entry.result(named: part.name) == nil {
      throw ModelError.missingArgument(entry: "encode", argument: "the result \(part.name)")
    }
    try checkMemory(for: parts.map(\.name), of: entry, images: source.count)
    var codes: [Float] = []
    try forEachBatch(of: source, entry: "encode", inputs: inputs) { images, results in
      let values = parts.map { results[$0.name]?.floats ?? [] }
      for image in 0..<images.count {
        for (part, values) in zip(parts, values) {
          codes += values[image * part.count..<(image + 1) * part.count]
        }
      }
    }
    return codes
  }

  /// Decodes codes, one behind the other, into images of the likelihood's mean, or the probabilities of classes.
  /// - Parameters:
  ///   - labels: the class of each code, where the decoder takes one
  ///   - name: which of the decoder's results; the first where nil
  /// - Throws: `ModelError` where the number of values is not a multiple of a code's size, `RunError` where classes
  ///   are missing or out of range.
  public func decode(_ codes: [Float], labels: [Int32]? = nil, result name: String? = nil) throws -> [Float] {
    let entry = try model.entry("decode")
    let (parts, size) = (manifest.codeParts, manifest.codeSize)
    guard size > 0, let result = name.map(entry.result(named:)) ?? entry.results.first else {
      throw ModelError.missingArgument(entry: "decode", argument: "a latent")
    }
    guard codes.count % size == 0 else {
      throw ModelError.otherCount(
        entry: "decode", argument: parts.map(\.name).joined(separator: " with "),
        needed: (codes.count / size + 1) * size, found: codes.count)
    }
    let count = codes.count / size
    try checkMemory(for: [result.name], of: entry, images: count)
    try check(labels, count: count, of: entry)
    let others = Manifest.Entry(
      name: entry.name, symbol: entry.symbol, arguments: entry.arguments.filter { $0.role == .label },
      results: [],
      arena: entry.arena)
    var images: [Float] = []
    for begin in stride(from: 0, to: count, by: Self.inferenceBatch) {
      let end = min(begin + Self.inferenceBatch, count)
      var arguments = try arguments(
        of: others, images: Array(begin..<end)[...], source: nil, inputs: EntryInputs(labels: labels))
      var first = 0
      for part in parts {
        let values = (begin..<end).flatMap { codes[$0 * size + first..<$0 * size + first + part.count] }
        arguments[part.name] = .f32(values)
        first += part.count
      }
      images += try call("decode", arguments, count: end - begin)[result.name]?.floats ?? []
    }
    return images
  }

  /// Refuses classes that an entry cannot take.
  private func check(_ labels: [Int32]?, count: Int, of entry: Manifest.Entry) throws {
    guard let argument = entry.argument(.label) else { return }
    guard let labels else { throw RunError.noLabels(entry: entry.name) }
    try check(labels, argument: argument.name)
    guard labels.count == count else {
      throw ModelError.otherCount(
        entry: entry.name, argument: argument.name, needed: count, found: labels.count)
    }
  }

  /// Draws codes from the prior and decodes them: image i has the noise of index i.
  /// - Parameter labels: the class of each image, where the model takes one
  /// - Returns: the entry's results by name, all images together.
  public func sample(count: Int, seed: UInt64, labels: [Int32]? = nil) throws -> [String: [Float]] {
    let entry = try model.entry("sample")
    try checkMemory(for: entry.results.map(\.name), of: entry, images: count)
    try check(labels, count: count, of: entry)
    var all: [String: [Float]] = [:]
    for begin in stride(from: 0, to: count, by: Self.inferenceBatch) {
      let range = begin..<min(begin + Self.inferenceBatch, count)
      let arguments = try arguments(
        of: entry, images: Array(range)[...], source: nil, inputs: EntryInputs(seed: seed, labels: labels))
      for (name, values) in try call("sample", arguments, count: range.count) {
        all[name, default: []] += values.floats ?? []
      }
    }
    return all
  }

  /// Refuses results of all images together for which there is no memory.
  private func checkMemory(for results: [String], of entry: Manifest.Entry, images: Int) throws {
    for result in entry.results where results.contains(result.name) {
      guard let count = result.elementCount(images: images), count <= Manifest.largestRegion else {
        throw ModelError.countOutOfRange(entry: entry.name, count: images)
      }
      // Arrays grow by doubling: the old half is there while it is copied.
      guard AvailableMemory.holds(count, copies: 2 * MemoryLayout<Float>.size) else {
        throw ModelError.outOfMemory(bytes: count * MemoryLayout<Float>.size)
      }
    }
  }
}
