import Diagnostics
import Foundation

/// The models of the repository.
public enum Models {
  public static let names = ["convvae", "densevae", "convae"]

  public static func source(_ name: String) throws -> SourceText {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "../../Models")
    let text = try String(contentsOf: root.appendingPathComponent("\(name).vdl"), encoding: .utf8)
    return SourceText(name: "\(name).vdl", text: text)
  }
}
