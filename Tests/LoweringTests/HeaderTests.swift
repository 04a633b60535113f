import Diagnostics
import Foundation
import IR
import Lowering
import Passes
import Testing
import VDL

/// The header of an artifact in the hands of a C compiler.
@Suite(.enabled(if: isThere("cc"), "there is no C compiler")) struct HeaderTests {
  /// Encodes and decodes as a program would that is given the three files alone.
  private static let program = """
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include "densevae.h"

    static void *room(size_t bytes) {
      void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
      if (!memory) exit(2);
      memset(memory, 0, bytes);
      return memory;
    }

    int main(int argc, char **argv) {
      enum { images = 3 };
      float *weights = room(densevae_WEIGHTS_BYTES);
      void *arena = room(densevae_encode_arena_bytes(images) + densevae_decode_arena_bytes(images));
      FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
      if (!file || fread(weights, 1, densevae_WEIGHTS_BYTES, file) != densevae_WEIGHTS_BYTES) return 3;
      uint8_t *x = room(images * 784);
      for (int i = 0; i < images * 784; i++) x[i] = (uint8_t)(i % 251);
      float z[images * 2], mean[images * 2], logvar[images * 2], *y = room(images * 784 * sizeof *y);
      if (densevae_abi_version() != 2) return 4;
      if (densevae_encode_with(weights, NULL, arena, images, x, z, mean, logvar, NULL)) return 5;
      if (densevae_decode_with(weights, NULL, arena, images, z, y, NULL)) return 6;
      if (densevae_decode_with(weights, NULL, arena, 0, z, y, NULL) != 1) return 7;
      for (int i = 0; i < images * 2; i++) printf("%a\\n", z[i]);
      for (int i = 0; i < images; i++) printf("%a\\n", y[i * 784 + i]);
      fclose(file);
      return 0;
    }
    """

  @Test func aCProgramGetsTheSameNumbers() throws {
    let native = try ModelFixture.densevae.native()
    try withTemporaryFolder { folder in
      let values = try ModelFixture.densevae.values("encode", images: 3)
      try write(native, values, to: folder)
      _ = try output(
        of: "cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-Wpedantic", "-o", "main", "main.c",
        "./densevae.so", "-Wl,-rpath,.", in: folder)
      let printed = try output(of: "./main", "weights", in: folder)
      var bytes = values
      bytes.arguments["x"]?.data = (0..<3 * 784).map { Double($0 % 251) }
      let z = try #require(try native.call("encode", bytes).results[.latent("z")])
      let codes = HostTensor(shape: [3, 2], data: z.map(Double.init))
      let decoded = EntryValues(globals: values.globals, arguments: ["z": codes], images: 3)
      let images = try #require(try native.call("decode", decoded).results[.image("x")])
      let wanted = z + (0..<3).map { images[$0 * 784 + $0] }
      #expect(printed.split(separator: "\n").map { Float($0) } == wanted)
    }
  }

  private func write(_ native: NativeModule, _ values: EntryValues, to folder: String) throws {
    try native.library.write(to: URL(fileURLWithPath: "\(folder)/densevae.so"))
    try Data(native.header.utf8).write(to: URL(fileURLWithPath: "\(folder)/densevae.h"))
    try Data(Self.program.utf8).write(to: URL(fileURLWithPath: "\(folder)/main.c"))
    let weights = try GuardedMemory(bytes: native.manifest.weightsBytes)
    for parameter in native.manifest.parameters {
      weights.write((values.globals[parameter.name]?.data ?? []).map { Float($0) }, at: parameter.offset)
    }
    try Data(weights.content).write(to: URL(fileURLWithPath: "\(folder)/weights"))
  }

  /// Names that are words of C or of the header itself.
  private static let awkward = """
    model template {
      hyper int = 1.0
      input count: image[1, 2, 2]
      encoder (count) -> state { state ~ normal(mean: count |> flatten |> dense(2), logvar: count |> flatten |> dense(2)) }
      prior state ~ normal(mean: 0, std: 1)
      decoder (state) -> count { count ~ bernoulli(logits: state |> dense(4) |> reshape(1, 2, 2)) }
      maximize loglik(count) - int * kl(state)
      train { optimizer: adam(rate: 1e-3), batch: 4, epochs: 1 }
    }
    """

  @Test(arguments: [("c", "-std=c11"), ("c", "-std=gnu17"), ("c++", "-std=c++17")])
  func anyModelsHeaderCompiles(language: String, standard: String) throws {
    guard language == "c" || isThere("c++") else { return }
    let module = try Pipeline.standard.run(
      try elaborate(SourceText(name: "awkward", text: Self.awkward)),
      options: PassOptions(blockImages: TestTarget.host.blockImages)
    ).module
    let header = try ModelCompiler(target: .host).lower(module, source: []).header
    try withTemporaryFolder { folder in
      for (name, text) in [("template.h", header), ("convvae.h", try ModelFixture.convvae.native().header)] {
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      let source =
        "#include \"template.h\"\n#include \"convvae.h\"\n#include \"template.h\"\nint main(void) { return 0; }\n"
      try Data(source.utf8).write(to: URL(fileURLWithPath: "\(folder)/main.\(language == "c" ? "c" : "cc")"))
      let compiler = language == "c" ? "cc" : "c++"
      _ = try output(
        of: compiler, standard, "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
        language == "c" ? "main.c" : "main.cc", in: folder)
    }
  }
}
