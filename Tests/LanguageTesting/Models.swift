import Diagnostics
import Foundation

/// The models of the repository.
public enum Models {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../Models").standardized

  /// Paths below Models without `.vdl`: `convvae`, `variants/denoising`.
  public static let names: [String] = {
    let found = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return found.filter { $0.hasSuffix(".vdl") }.map { String($0.dropLast(4)) }.sorted()
  }()

  /// Reads the models that one uses, by their names as seen from it.
  public static func reader(for name: String) -> (String) throws -> SourceText {
    let place = folder.appendingPathComponent(name).deletingLastPathComponent()
    return { used in
      let text = try String(contentsOf: place.appendingPathComponent(used).standardized, encoding: .utf8)
      return SourceText(name: used, text: text)
    }
  }

  public static func source(_ name: String) throws -> SourceText {
    let file = folder.appendingPathComponent("\(name).vdl")
    return SourceText(name: file.lastPathComponent, text: try String(contentsOf: file, encoding: .utf8))
  }
}
