import Artifact
import Foundation
import Runtime
import Testing

@Suite struct CompiledModelTests {
  @Test func modelIsFoundInAFolderOfAnyName() throws {
    try withTemporaryFolder { folder in
      let path = try TinyModel.make(in: folder)
      try FileManager.default.moveItem(atPath: path, toPath: folder + "/other")
      #expect(try CompiledModel(folder: folder + "/other").manifest.name == "tiny")
    }
  }

  @Test func placesWithoutAModelAreNamed() throws {
    try withTemporaryFolder { folder in
      let remedy = "compile one with 'vaec compile Models/convvae.vdl'"
      #expect(
        errorText { _ = try CompiledModel(folder: folder + "/no") }
          == "\(folder)/no is not a compiled model: there is no such folder: \(remedy)")
      #expect(
        errorText { _ = try CompiledModel(folder: folder) }
          == "\(folder) is not a compiled model: it holds no manifest: \(remedy)")
    }
  }

  @Test func libraryOfAnotherABIIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = try TinyModel.make(in: folder, flags: ["-DABI=3"])
      #expect(
        errorText { _ = try CompiledModel(folder: path) }
          == "tiny.so was made by ABI 3; this vaerun reads ABI 2: compile the model again with the vaec of this version"
      )
    }
  }

  @Test func libraryOfAnotherCompilationIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = try TinyModel.make(in: folder) { $0.digest = "abcd" }
      #expect(
        errorText { _ = try CompiledModel(folder: path) }
          == "tiny.so and its manifest come from different compilations: compile the model again")
    }
  }

  @Test func missingInstructionsAreNamed() throws {
    try withTemporaryFolder { folder in
      let path = try TinyModel.make(in: folder, flags: ["-DFEATURES=\"fma,avx512f,avx512vnni\""])
      let machine = Machine(processorInformation: "processor : 0\nflags\t\t: fpu fma avx2 avx512_vnni\n")
      #expect(
        errorText { _ = try CompiledModel(folder: path, machine: machine) }.hasPrefix(
          "tiny.so needs instructions that this machine lacks (avx512f): compile the model on this machine"))
      let unknown = Machine(processorInformation: "")
      #expect(try CompiledModel(folder: path, machine: unknown).manifest.name == "tiny")
    }
  }

  @Test func missingEntryPointIsNamed() throws {
    try withTemporaryFolder { folder in
      let path = try TinyModel.make(in: folder) { $0.entries[0].symbol = "tiny_train" }
      let error = errorText { _ = try CompiledModel(folder: path) }
      #expect(error.hasSuffix("tiny.so has no function tiny_train: compile the model again"), "\(error)")
    }
  }

  @Test(arguments: [20, 70, 2000, -1])
  func libraryThatIsCutOffIsRefused(_ bytes: Int) throws {
    try withTemporaryFolder { folder in
      let path = try TinyModel.make(in: folder)
      let library = URL(fileURLWithPath: path + "/tiny.so")
      let data = try Data(contentsOf: library)
      try data.prefix(bytes < 0 ? data.count + bytes : bytes).write(to: library)
      let error = errorText { _ = try CompiledModel(folder: path) }
      #expect(error.hasPrefix("cannot load \(path)/tiny.so: "), "\(error)")
      #expect(error.hasSuffix("compile the model again"), "\(error)")
    }
  }

  @Test func libraryThatIsNoLibraryIsRefused() throws {
    try withTemporaryFolder { folder in
      let path = try TinyModel.make(in: folder)
      try Data("hello".utf8).write(to: URL(fileURLWithPath: path + "/tiny.so"))
      #expect(errorText { _ = try CompiledModel(folder: path) }.hasPrefix("cannot load \(path)/tiny.so: "))
    }
  }

  @Test func namesOfInstructionSetsAreLLVMs() {
    let machine = Machine(processorInformation: "flags : pni sse4_1 abm avx512_bf16 avx_vnni lahf_lm")
    #expect(
      machine.missing(of: ["sse3", "sse4.1", "lzcnt", "avx512bf16", "avxvnni", "sahf", "avx2"]) == ["avx2"])
  }
}
