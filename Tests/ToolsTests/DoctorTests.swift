import Foundation
import Testing

/// `vaerun doctor`: that it tells what is there from what is not. What is there depends on the machine.
@Suite struct DoctorTests {
  private struct Finding: Decodable {
    let name: String
    let state: String
    let found: String
    let remedy: String?
  }

  private func findings(_ line: String = "", in folder: String) throws -> (run: ProgramRun, list: [Finding]) {
    let run = try ProgramRun.tool("vaerun", "doctor --json \(line)", in: folder)
    return (run, try JSONDecoder().decode([Finding].self, from: Data(run.output.utf8)))
  }

  @Test func everythingIsNamedAndTheStatusFollows() throws {
    try withTemporaryFolder { folder in
      let (run, list) = try findings(in: folder)
      let names = [
        "machine", "instructions", "memory", "libgomp", "OpenBLAS", "cairo", "libpng", "zlib", "vaec", "linker",
        "graphviz", "data mnist", "data fashion-mnist", "data digits", "models",
      ]
      #expect(names.allSatisfy { name in list.contains { $0.name == name } }, "\(list.map(\.name))")
      #expect(list.allSatisfy { ["ok", "missing", "absent"].contains($0.state) && !$0.found.isEmpty })
      #expect(list.allSatisfy { $0.state == "ok" || $0.remedy != nil })
      #expect(run.status == (list.contains { $0.state == "missing" } ? 1 : 0))
      // The tests have built vaec beside vaerun and linked models.
      let vaec = try #require(list.first { $0.name == "vaec" })
      #expect(
        vaec.state == "ok" && vaec.found.contains("vaec 0.") && vaec.found.contains("LLVM "), "\(vaec.found)")
      #expect(list.first { $0.name == "linker" }?.state == "ok")
      #expect(list.first { $0.name == "data digits" }?.found == "built in")
      #expect(list.first { $0.name == "data mnist" }?.state == "absent")
      #expect(list.first { $0.name == "models" }?.remedy == "'vaec compile FILE' makes one")
    }
  }

  @Test func theTextHasALineForEachFinding() throws {
    try withTemporaryFolder { folder in
      let run = try ProgramRun.tool("vaerun", "doctor", in: folder)
      let lines = run.output.split(separator: "\n")
      #expect(try lines.count == findings(in: folder).list.count)
      #expect(lines.allSatisfy { $0.contains(/^(ok|missing|absent) +[A-Za-z]/) }, "\(run.output)")
      #expect(run.output.contains("\nok       data digits"))
      #expect(run.errors.isEmpty)
    }
  }

  @Test func dataSetsAreFoundAndFaultsNamed() throws {
    try withTemporaryFolder { folder in
      let data = folder + "/d/mnist"
      try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
      func touch(_ name: String) throws { try Data().write(to: URL(fileURLWithPath: "\(data)/\(name)")) }
      try touch("train-images-idx3-ubyte")
      func mnist() throws -> Finding? {
        try findings("--data-dir d", in: folder).list.first { $0.name == "data mnist" }
      }
      #expect(try mnist()?.state == "absent")
      #expect(
        try mnist()?.found.contains("is incomplete: 'd/mnist/train-images-idx3-ubyte' is there without") == true
      )
      for name in ["train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"] {
        try touch(name)
      }
      #expect(try mnist()?.state == "ok")
      #expect(try mnist()?.found == "d/mnist")
    }
  }

  @Test func modelsThatRunAreToldFromThoseThatDoNot() throws {
    try withTemporaryFolder { folder in
      try ToyModel.make(in: folder)
      #expect(try findings(in: folder).list.last?.found == "build/toy, for host, runs here")
      try Data("no library".utf8).write(to: URL(fileURLWithPath: folder + "/build/toy/toy.so"))
      let broken = try #require(try findings(in: folder).list.last)
      #expect(broken.state == "absent")
      #expect(broken.found.contains("it is not the file that its manifest describes"), "\(broken.found)")
      #expect(broken.found.hasSuffix(": compile the model again"), "\(broken.found)")
    }
  }
}
