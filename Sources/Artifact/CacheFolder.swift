import Foundation

/// The folder that decoded pictures, fetched data sets and measurements are kept in: VAEC_CACHE_DIR, or else vaec under the XDG base
/// directory for caches ($XDG_CACHE_HOME, or ~/.cache). All of it may be removed at any time.
public enum CacheFolder {
  /// Nil where the environment names none.
  public static func path(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
    func named(_ variable: String) -> String? { environment[variable].flatMap { $0.isEmpty ? nil : $0 } }
    if let folder = named("VAEC_CACHE_DIR") { return folder }
    if let folder = named("XDG_CACHE_HOME") { return folder + (folder.hasSuffix("/") ? "vaec" : "/vaec") }
    return named("HOME").map { $0 + ($0.hasSuffix("/") ? ".cache/vaec" : "/.cache/vaec") }
  }
}
