public import Runtime

/// How fast a trained model's entries are on images, batch by batch as `ModelInstance.inferenceBatch` says.
public struct InferenceTimes: Sendable {
  public struct Entry: Sendable, Equatable {
    public var name: String
    /// The median over passes.
    public var imagesPerSecond: Double
  }

  /// Those that the model has of encode, decode and reconstruct.
  public let entries: [Entry]

  /// Runs each entry on all images, once to warm up and then as often as fits the time, three times at least.
  /// - Parameter seconds: about how long each entry is to be measured.
  public init(
    _ instance: ModelInstance, on source: any ImageSource, inputs: EntryInputs, seconds: Double = 1
  ) throws {
    func measure(_ name: String, _ body: () throws -> Void) throws -> Entry? {
      guard instance.manifest.entry(name) != nil else { return nil }
      try body()
      var paces: [Double] = []
      let start = ContinuousClock.now
      while paces.count < 3 || start.duration(to: .now) < .seconds(seconds) {
        let begin = ContinuousClock.now
        try body()
        paces.append(Double(source.count) / max(begin.duration(to: .now) / .seconds(1), 1e-9))
      }
      return Entry(name: name, imagesPerSecond: paces.sorted()[paces.count / 2])
    }
    let codes = [Float](repeating: 0.1, count: source.count * instance.manifest.codeSize)
    let takesClass = instance.manifest.entry("decode")?.argument(.label) != nil
    let labels = takesClass ? [Int32](repeating: 0, count: source.count) : nil
    entries = [
      try measure("encode") {
        try instance.forEachBatch(of: source, entry: "encode", inputs: inputs) { _, _ in }
      },
      try measure("decode") { _ = try instance.decode(codes, labels: labels) },
      try measure("reconstruct") {
        try instance.forEachBatch(of: source, entry: "reconstruct", inputs: inputs) { _, _ in }
      },
    ].compactMap { $0 }
  }
}
