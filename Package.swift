// swift-tools-version: 6.0
import Foundation
import PackageDescription

/// The newest LLVM (15 or later: opaque pointers) under the prefixes that distributions use, or
/// the one that the environment variable LLVM_PREFIX names.
func findLLVM() -> (prefix: String, library: String)? {
  let files = FileManager.default
  var prefixes = ProcessInfo.processInfo.environment["LLVM_PREFIX"].map { [$0] } ?? []
  for version in (15...30).reversed() {
    prefixes += ["/usr/lib/llvm-\(version)", "/usr/local/lib/llvm-\(version)", "/usr/lib64/llvm\(version)"]
  }
  for prefix in prefixes where files.fileExists(atPath: prefix + "/include/llvm-c/Core.h") {
    let libraries = (try? files.contentsOfDirectory(atPath: prefix + "/lib")) ?? []
    let shared = libraries.filter { $0.hasPrefix("libLLVM-") && $0.hasSuffix(".so") }.sorted()
    if let name = shared.last { return (prefix, String(name.dropFirst(3).dropLast(3))) }
    if libraries.contains("libLLVM.so") { return (prefix, "LLVM") }
  }
  return nil
}

let llvm = findLLVM()
let llvmPrefix = llvm?.prefix ?? "/usr/lib/llvm-19"

let package = Package(
  name: "vaec",
  products: [
    .executable(name: "vaec", targets: ["vaec"]),
    .executable(name: "vaerun", targets: ["vaerun"]),
  ],
  targets: [
    // C libraries: module maps and nothing else.
    .systemLibrary(name: "CLLVM", path: "Sources/System/CLLVM", providers: [.apt(["llvm-19-dev"])]),
    .systemLibrary(
      name: "COpenBLAS", path: "Sources/System/COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(
      name: "CZlib", path: "Sources/System/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CNettle", path: "Sources/System/CNettle", pkgConfig: "nettle", providers: [.apt(["nettle-dev"])]),
    .systemLibrary(
      name: "CPNG", path: "Sources/System/CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    .systemLibrary(
      name: "CTurboJPEG", path: "Sources/System/CTurboJPEG", pkgConfig: "libturbojpeg",
      providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(
      name: "CCurl", path: "Sources/System/CCurl", pkgConfig: "libcurl",
      providers: [.apt(["libcurl4-openssl-dev"])]),
    .systemLibrary(
      name: "CCairo", path: "Sources/System/CCairo", pkgConfig: "cairo",
      providers: [.apt(["libcairo2-dev"])]),
    .systemLibrary(
      name: "CSQLite", path: "Sources/System/CSQLite", pkgConfig: "sqlite3",
      providers: [.apt(["libsqlite3-dev"])]),
    .systemLibrary(name: "CGomp", path: "Sources/System/CGomp", providers: [.apt(["libgomp1"])]),
    .systemLibrary(name: "CModel", path: "Sources/System/CModel"),

    // The compiler's front and middle.
    .target(name: "Diagnostics"),
    .target(name: "Random"),
    .target(name: "IR", dependencies: ["Diagnostics", "Random"]),
    .target(name: "VDL", dependencies: ["IR", "Diagnostics", "Random"]),
    .target(name: "Passes", dependencies: ["IR", "Diagnostics"]),
    .target(name: "Inspection", dependencies: ["Passes", "VDL", "IR", "Diagnostics"]),
    .target(name: "Reference", dependencies: ["IR", "Diagnostics", "Random"]),
    .target(name: "Artifact", dependencies: ["CNettle"]),

    // The code generator; llvm-c is seen by the module LLVM alone.
    .target(
      name: "LLVM", dependencies: ["CLLVM"], path: "Codegen/LLVM",
      swiftSettings: [.unsafeFlags(["-Xcc", "-I\(llvmPrefix)/include"])],
      linkerSettings: [
        .unsafeFlags(["-L\(llvmPrefix)/lib"]), .linkedLibrary(llvm?.library ?? "LLVM"),
      ]),
    .target(name: "Kernels", dependencies: ["LLVM", "IR", "Random"], path: "Codegen/Kernels"),
    .target(
      name: "Lowering", dependencies: ["Kernels", "LLVM", "Passes", "IR", "Artifact", "Diagnostics"],
      path: "Codegen/Lowering"),

    // The runner.
    .target(name: "Runtime", dependencies: ["Artifact", "Random", "CGomp", "CModel"]),
    .target(name: "ImageFiles", dependencies: ["CPNG", "CTurboJPEG"]),
    .target(name: "Datasets", dependencies: ["Artifact", "Diagnostics", "ImageFiles", "Random", "CZlib"]),
    .target(name: "Fetching", dependencies: ["Artifact", "CCurl"]),
    .target(name: "Statistics", dependencies: ["Random"]),
    .target(name: "Search", dependencies: ["Random", "CSQLite"]),
    .target(name: "Evaluation", dependencies: ["Runtime", "Datasets", "Statistics"]),
    .target(name: "Reporting", dependencies: ["Artifact", "CCairo", "CPNG"]),

    // Where compiler and runner meet: it compiles, loads and measures.
    .target(
      name: "Tuning",
      dependencies: ["Lowering", "Kernels", "LLVM", "Runtime", "IR", "Artifact", "Diagnostics"],
      path: "Codegen/Tuning"),

    // The command lines.
    .target(name: "CommandLineTable", path: "Sources/CommandLine"),
    .executableTarget(
      name: "vaec",
      dependencies: [
        "CommandLineTable", "VDL", "Passes", "Inspection", "Lowering", "Tuning", "Kernels", "LLVM", "Runtime",
        "Artifact",
        "Diagnostics", "IR",
      ],
      path: "Tools/vaec"),
    .executableTarget(
      name: "vaerun",
      dependencies: [
        "CommandLineTable", "Runtime", "Datasets", "ImageFiles", "Fetching", "Evaluation", "Statistics",
        "Reporting", "Search", "Artifact", "Diagnostics",
      ],
      path: "Tools/vaerun"),
    .executableTarget(
      name: "experiments", dependencies: ["CommandLineTable", "Artifact"], path: "Tools/experimenter"),

    .testTarget(name: "DiagnosticsTests", dependencies: ["Diagnostics"]),
    .testTarget(name: "RandomTests", dependencies: ["Random"]),
    .testTarget(name: "IRTests", dependencies: ["IR", "Diagnostics"]),
    .target(name: "LanguageTesting", dependencies: ["VDL", "Diagnostics"], path: "Tests/LanguageTesting"),
    .testTarget(name: "VDLTests", dependencies: ["VDL", "LanguageTesting", "IR", "Diagnostics"]),
    .testTarget(
      name: "PassesTests", dependencies: ["Passes", "LanguageTesting", "VDL", "IR", "Diagnostics"]),
    .testTarget(
      name: "InspectionTests",
      dependencies: ["Inspection", "LanguageTesting", "Passes", "VDL", "IR", "Diagnostics"]),
    .target(name: "GraphTesting", dependencies: ["IR"], path: "Tests/GraphTesting"),
    .testTarget(
      name: "ReferenceTests",
      dependencies: [
        "Reference", "ReferenceTesting", "GraphTesting", "Passes", "VDL", "IR", "Artifact", "Diagnostics",
        "Random",
      ]),
    .target(
      name: "ReferenceTesting", dependencies: ["VDL", "Passes", "IR", "Artifact", "Diagnostics"],
      path: "Tests/ReferenceTesting"),
    .testTarget(name: "ArtifactTests", dependencies: ["Artifact"]),
    .target(name: "NativeTesting", dependencies: ["LLVM"], path: "Tests/NativeTesting"),
    .testTarget(name: "LLVMTests", dependencies: ["LLVM", "NativeTesting"]),
    .testTarget(name: "KernelsTests", dependencies: ["Kernels", "LLVM", "NativeTesting", "Random"]),
    .testTarget(
      name: "LoweringTests",
      dependencies: [
        "Lowering", "Tuning", "Kernels", "LLVM", "Reference", "ReferenceTesting", "GraphTesting", "Runtime",
        "CModel",
        "Evaluation", "VDL", "Passes",
        "IR",
        "Artifact", "Diagnostics",
      ]),
    .testTarget(name: "RuntimeTests", dependencies: ["Runtime", "Artifact", "Random"]),
    .target(
      name: "PictureTesting", dependencies: ["CTurboJPEG", "CZlib"], path: "Tests/PictureTesting"),
    .testTarget(name: "FetchingTests", dependencies: ["Fetching"]),
    .testTarget(name: "ImageFilesTests", dependencies: ["ImageFiles", "PictureTesting"]),
    .testTarget(
      name: "DatasetsTests", dependencies: ["Artifact", "Datasets", "ImageFiles", "PictureTesting", "Random"]),
    .testTarget(name: "StatisticsTests", dependencies: ["Statistics", "Random"]),
    .testTarget(name: "EvaluationTests", dependencies: ["Evaluation", "Statistics"]),
    .testTarget(name: "SearchTests", dependencies: ["Search"]),
    .testTarget(name: "ReportingTests", dependencies: ["Reporting", "CPNG"]),
    .testTarget(name: "CommandLineTests", dependencies: ["CommandLineTable"]),
    .testTarget(
      name: "ToolsTests",
      dependencies: [
        "vaec", "vaerun", "experiments", "CommandLineTable", "Artifact", "Datasets", "Search", "PictureTesting",
        "Runtime",
        "Inspection",
        "Passes", "VDL", "IR", "Diagnostics",
      ]),
  ],
  swiftLanguageModes: [.v6]
)

// Optimizing the code of tests costs minutes of each build and gains nothing: the time of a test is in the modules that it
// tests. Those that compute a lot themselves are left out. Without optimization the compiler wants to see LLVM's headers.
let computing: Set = ["DatasetsTests", "StatisticsTests", "LLVMTests", "KernelsTests", "LoweringTests"]
for target in package.targets where target.type == .test && !computing.contains(target.name) {
  target.swiftSettings = [.unsafeFlags(["-Onone", "-Xcc", "-I\(llvmPrefix)/include"])]
}
