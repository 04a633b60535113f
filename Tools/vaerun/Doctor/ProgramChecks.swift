import Artifact
import Foundation

/// Programs that are called.
enum ProgramChecks {
  static var all: [Finding] { [vaec, linker, graphviz] }

  private static var vaec: Finding {
    let path = CompilerProgram.path
    guard FileManager.default.isExecutableFile(atPath: path) else {
      return .missing("vaec", "there is no \(path)", remedy: "put vaec beside vaerun; Tools/install does")
    }
    guard let (status, output) = try? ProgramSearch.run(path, ["--version"]), status == 0 else {
      return .missing(
        "vaec", "\(path) does not run", remedy: "run it and see what it lacks, LLVM's library as like as not")
    }
    let versions = output.split(separator: "\n").joined(separator: ", ")
    guard versions.split(separator: ",").first == "vaec \(PackageVersion.current)" else {
      return .missing(
        "vaec", "\(path) is \(versions) and this is vaerun \(PackageVersion.current)",
        remedy: "install both from one source")
    }
    return .ok("vaec", "\(path), \(versions)")
  }

  private static var linker: Finding {
    let found = ProgramSearch.linkers.lazy.compactMap { ProgramSearch.find($0) }.first
    guard let found else {
      return .missing(
        "linker", "there is no \(ProgramSearch.linkers.joined(separator: ", ")) on the PATH",
        remedy: "vaec needs one; install binutils or lld (sudo apt-get install binutils)")
    }
    let version = try? ProgramSearch.run(found, ["--version"]).output.split(separator: "\n").first
    return .ok("linker", found + (version.map { ", \($0)" } ?? ""))
  }

  private static var graphviz: Finding {
    guard let found = ProgramSearch.find("dot") else {
      return .absent(
        "graphviz", "there is no dot on the PATH",
        remedy: "'vaec ir -o graph.svg' draws with it (sudo apt-get install graphviz)")
    }
    return .ok("graphviz", found)
  }
}
