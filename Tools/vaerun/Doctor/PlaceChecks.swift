import Datasets
import Foundation
import Runtime

/// Data sets and compiled models, where they are looked for.
enum PlaceChecks {
  static func all(dataFolder: String?) -> [Finding] { dataSets(dataFolder) + models }

  private static func dataSets(_ folder: String?) -> [Finding] {
    let catalog = DatasetCatalog(directory: folder)
    return DatasetCatalog.names.map { name in
      do {
        return .ok("data \(name)", try catalog.folder(of: name) ?? "built in")
      } catch DatasetError.notFound(_, let searched, let files, _) {
        let places = searched.isEmpty ? "nowhere" : searched.joined(separator: ", ")
        return .absent(
          "data \(name)", "looked in \(places)",
          remedy: "put \(files) into DIR/\(name) and set VAEC_DATA_DIR=DIR or pass --data-dir DIR")
      } catch {
        return .absent("data \(name)", "\(error)", remedy: "the data set cannot be used as it is")
      }
    }
  }

  /// Those under build/, newest or not.
  private static var models: [Finding] {
    let folders = ((try? FileManager.default.contentsOfDirectory(atPath: "build")) ?? []).sorted()
      .map { "build/" + $0 }.filter { (try? CompiledModel.manifestPath(in: $0)) != nil }
    guard !folders.isEmpty else {
      return [.absent("models", "there are none under build/", remedy: "'vaec compile FILE' makes one")]
    }
    return folders.map { folder in
      do {
        let model = try CompiledModel(folder: folder)
        return .ok("model \(model.manifest.name)", "\(folder), for \(model.manifest.target.cpu), runs here")
      } catch {
        // The error says what to do.
        return Finding(name: "model", state: .absent, found: "\(folder): \(error)", remedy: nil)
      }
    }
  }
}
