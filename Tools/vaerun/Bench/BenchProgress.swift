import Artifact
import Runtime

/// Says what `vaerun bench` is at: on a terminal all the time; else where so many images are prepared that one would wonder.
struct BenchProgress {
  /// Whether the standard output may have a line that is overwritten.
  let isShown: Bool
  /// Bytes of images.
  private static let many = 1 << 26

  func prepares(_ manifest: Manifest, entry: String, images: Int) {
    let bytes = Double(manifest.inputs.first?.shape.reduce(1, *) ?? 0) * Double(images)
    let text =
      "preparing \(manifest.name) \(entry), \(Terminal.count(images, "image")) (\(Int((bytes / 1e6).rounded())) MB)"
    if isLive {
      Terminal.overwrite(text)
    } else if bytes >= Double(Self.many) {
      Terminal.complain("vaerun: note: " + text)
    }
  }

  func measures(_ bench: BenchmarkCase, round: Int, of rounds: Int) {
    guard isLive else { return }
    Terminal.overwrite(
      "round \(round)/\(rounds): \(bench.model.manifest.name) \(bench.entry), "
        + "\(Terminal.count(bench.images, "image")), \(Terminal.count(bench.threads, "thread"))")
  }

  func ends() {
    if isLive { Terminal.clearLine() }
  }

  private var isLive: Bool { isShown && Terminal.isLive }
}
