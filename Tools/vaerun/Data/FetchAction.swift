import CommandLineTable
import Datasets
import Fetching
import Foundation
import Synchronization

/// `vaerun data fetch`
enum FetchAction {
  /// Why there is nothing to fetch, and what to do.
  enum Refusal: Error, CustomStringConvertible {
    case unknown(name: String)
    case builtIn(name: String)
    case byHand(name: String, page: String)
    case noPlace

    var description: String {
      switch self {
      case .unknown(let name):
        "there is no data set '\(name)': "
          + (nearest(to: name, among: DatasetCatalog.names).map { "did you mean '\($0)'? The" } ?? "the")
          + " names are \(DatasetCatalog.names.joined(separator: ", "))"
      case .builtIn(let name): "\(name) is built in: take it with --data \(name)"
      case .byHand(let name, let page):
        "\(name) is given to people only, who agree to its terms: get it from \(page), and see docs/data.md for where to put it"
      case .noPlace: "there is no cache folder: set VAEC_CACHE_DIR or pass --data-dir"
      }
    }
  }

  static func run(_ invocation: Invocation, _ name: String, from: String?) throws {
    guard let source = DatasetSource.all.first(where: { $0.name == name }) else {
      throw Refusal.unknown(name: name)
    }
    guard let page = source.homePage else { throw Refusal.builtIn(name: name) }
    guard !source.files.isEmpty else { throw Refusal.byHand(name: name, page: page) }
    guard let root = invocation[DataOptions.folder] ?? DatasetCatalog().cacheFolder else {
      throw Refusal.noPlace
    }
    let folder = root + "/" + name
    let bar = FetchProgress(isQuiet: invocation[CommonOptions.quiet])
    let fetcher = Fetcher(folder: folder, progress: bar.tell)
    for file in source.files {
      let first = from.map { [($0.hasSuffix("/") ? $0 : $0 + "/") + file.name] } ?? []
      let outcome = try fetcher.fetch(
        RemoteFile(file.name, urls: first + file.urls, checksum: file.checksum, isArchive: file.isArchive))
      bar.end()
      let path = folder + "/" + file.name
      Terminal.tell(invocation, outcome == .fetched ? "\(path): fetched" : "\(path): there already")
      if file.isArchive {
        let names = try TarArchive.extract(path, into: folder)
        Terminal.tell(invocation, "\(folder): \(Terminal.count(names.count, "file")) of the archive")
      }
    }
    Terminal.tell(invocation, "next: vaerun data show \(name)")
  }
}

/// Shows how much of a file is there.
private final class FetchProgress: Sendable {
  private let isShown: Bool
  private let last = Mutex(ContinuousClock.now - .seconds(1))

  init(isQuiet: Bool) { isShown = Terminal.isLive && !isQuiet }

  @Sendable func tell(_ name: String, _ received: Int, _ total: Int?) {
    guard isShown else { return }
    let isDue = last.withLock { last in
      let now = ContinuousClock.now
      guard last.duration(to: now) > .milliseconds(200) else { return false }
      last = now
      return true
    }
    guard isDue else { return }
    let megabytes = { (bytes: Int) in String(format: "%.1f", Double(bytes) / 1e6) }
    let whole = total.map { " of \(megabytes($0)) MB (\(received * 100 / max(1, $0)) %)" } ?? " MB"
    Terminal.overwrite("\(name)  \(megabytes(received))\(whole)")
  }

  func end() { if isShown { Terminal.clearLine() } }
}
