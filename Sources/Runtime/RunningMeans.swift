/// Means over images of terms that come as means over batches.
struct RunningMeans: Codable, Equatable, Sendable {
  private var sums: [String: Double] = [:]
  private var images = 0

  mutating func add(_ metrics: [String: Double], images count: Int) {
    // A checkpoint may hold any number.
    images &+= count
    for (name, value) in metrics { sums[name, default: 0] += value * Double(count) }
  }

  var values: [String: Double] { images == 0 ? [:] : sums.mapValues { $0 / Double(images) } }
}
