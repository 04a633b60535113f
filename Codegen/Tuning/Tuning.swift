import Diagnostics
import Kernels
import Lowering

/// What tuning has found.
public struct Tuning: Sendable {
  public let threads: [Int]
  /// `train_step of 128 images`
  public let calls: [String]
  /// Those that take time, the one that takes most first.
  public internal(set) var products: [TunedProduct] = []
  /// Programs that were measured beside that of the rules; none where the cache had everything.
  public internal(set) var trials = 0
  /// Candidates that there was no time for.
  public internal(set) var remaining = 0
  public internal(set) var seconds = 0.0
  /// The kernels' time by all choices as a part of that by the rules, where it was measured.
  public internal(set) var wholeRatio: Double?
  /// True where there was no time to measure all choices together, so that they are not made.
  public internal(set) var isUnconfirmed = false
  /// What the cache could not do.
  public internal(set) var notes: [String] = []

  /// The schedules of all products that were measured, those of the rules among them, by the products' names.
  public var schedules: [String: KernelSchedule] {
    Dictionary(products.map { ($0.product.name, $0.chosen) }, uniquingKeysWith: { first, _ in first })
  }

  /// A line for each product, and what they have in common.
  public var text: String {
    var table = TextTable([
      ("product", .left), ("time", .right), ("rules", .left), ("choice", .left), ("gain", .right),
    ])
    for tuned in products {
      let isChanged = tuned.chosen != tuned.standard
      table.add(
        tuned.product.name, percent(tuned.share), isChanged ? tuned.standard.changes(from: tuned.chosen) : "",
        isChanged ? tuned.chosen.changes(from: tuned.standard) : "as the rules",
        isChanged ? percent(1 - tuned.ratio) : "")
    }
    return products.isEmpty ? summary : table.text + summary
  }

  private var summary: String {
    let changed = products.count { $0.chosen != $0.standard }
    var text = "\(changed) of \(products.count) products cut otherwise; "
    let counts = threads.map(String.init).joined(separator: " and ")
    text +=
      trials == 0 && remaining == 0 && !isUnconfirmed
      ? "all of it was measured before\n"
      : "\(trials) trials in \(Int(seconds.rounded())) s, \(calls.joined(separator: ", ")), threads: \(counts)\n"
    if let wholeRatio {
      text +=
        wholeRatio < 1
        ? "all kernels together: \(percent(1 - wholeRatio)) less time\n"
        : "what was faster alone was not so together, and is left\n"
    }
    if isUnconfirmed {
      text +=
        "there was no time to measure what was faster all together, so it is left: --tune again goes on\n"
    }
    if remaining > 0 {
      text += "there was no time for \(remaining) candidates: --tune again goes on with them\n"
    }
    return text
  }

  private func percent(_ part: Double) -> String { "\(Int((part * 100).rounded())) %" }
}
