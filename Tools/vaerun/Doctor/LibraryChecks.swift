import Runtime
import Statistics

/// Libraries that are opened or linked.
enum LibraryChecks {
  static var all: [Finding] { [gomp, openBLAS] + drawing }

  private static var gomp: Finding {
    let name = "libgomp.so.1"
    guard SystemLibrary.isThere(name) else {
      return .absent(
        "libgomp", "there is no \(name)",
        remedy: "models run on one thread; install libgomp1 (sudo apt-get install libgomp1)")
    }
    return .ok("libgomp", "\(name): models run on several threads")
  }

  /// OpenBLAS is asked twice, before and after it is told which kernels to take.
  private static var openBLAS: Finding {
    let own = OpenBLAS.ownChoice()
    guard let library = OpenBLAS.shared else {
      return .absent(
        "OpenBLAS", "there is no \(OpenBLAS.libraryName)",
        remedy:
          "principal components are slower without; install libopenblas0 (sudo apt-get install libopenblas0)")
    }
    let words = library.configuration.split(separator: " ")
    let version = words.dropFirst().first.map(String.init) ?? "of an unknown version"
    let choice =
      own.map { $0 == library.core ? ", its own choice" : "; by itself it takes those for \($0)" } ?? ""
    return .ok("OpenBLAS", "\(version), kernels for \(library.core)\(choice)")
  }

  /// vaerun is linked with these, so that they are there when it runs.
  private static var drawing: [Finding] {
    let libraries: [(name: String, file: String, symbol: StaticString)] = [
      ("cairo", "libcairo.so.2", "cairo_version_string"), ("libpng", "libpng16.so.16", "png_get_libpng_ver"),
      ("zlib", "libz.so.1", "zlibVersion"),
    ]
    return libraries.map { library in
      guard let version = SystemLibrary.version(library.file, symbol: library.symbol) else {
        return .absent(
          library.name, "there is no \(library.file)", remedy: "pictures and compressed data need it")
      }
      return .ok(library.name, version)
    }
  }
}
