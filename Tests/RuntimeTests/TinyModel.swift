import Artifact
import Foundation
import Runtime
import Testing

/// A compiled model written by hand in C: images of four pixels, one parameter `w` [4], the loss
/// `sum((x - w)^2)` per image, the mean pixel as code, plain gradient steps. `adam.m/w` counts them.
/// The hyper `poison` names a step whose loss is NaN.
enum TinyModel {
  static let source = """
    #include <math.h>
    #include <stdint.h>
    #include <stddef.h>
    typedef struct { void *context;
      void (*run)(void *, void (*)(void *, int32_t, int32_t), void *);
      void (*barrier)(void *); } executor;
    typedef struct { float *weights, *state; void *arena; int64_t count;
      const void *const *inputs; void *const *outputs; const executor *executor; } call;
    #ifndef ABI
    #define ABI 2
    #endif
    #ifndef FEATURES
    #define FEATURES ""
    #endif
    uint32_t tiny_abi_version(void) { return ABI; }
    const char *tiny_cpu_features(void) { return FEATURES; }
    const char *tiny_digest(void) { return "00ff"; }
    typedef struct { const call *c; float *partial; } work;
    static float terms(const call *c, int64_t i) {
      const uint8_t *x = c->inputs[0]; float sum = 0;
      for (int p = 0; p < 4; p++) { float d = x[4 * i + p] / 255.0f - c->weights[p]; sum += d * d; }
      return sum;
    }
    static void body(void *argument, int32_t worker, int32_t workers) {
      work *w = argument;
      for (int64_t i = worker; i < w->c->count; i += workers) w->partial[i] = terms(w->c, i);
      if (w->c->executor) w->c->executor->barrier(w->c->executor->context);
    }
    int32_t tiny_train_step(const call *c) {
      if (c->count < 1) return 1;
      const uint8_t *x = c->inputs[0];
      int32_t step = *(const int32_t *)c->inputs[4];
      float rate = *(const float *)c->inputs[5], poison = *(const float *)c->inputs[6];
      work w = { c, c->arena };
      if (c->executor) c->executor->run(c->executor->context, body, &w); else body(&w, 0, 1);
      float loss = 0;
      for (int64_t i = 0; i < c->count; i++) loss += w.partial[i];
      for (int p = 0; p < 4; p++) {
        float g = 0;
        for (int64_t i = 0; i < c->count; i++) g += 2 * (c->weights[p] - x[4 * i + p] / 255.0f);
        c->weights[p] -= rate * g / c->count; c->state[p] += 1;
      }
      *(float *)c->outputs[0] = poison == step ? NAN : loss / c->count;
      *(float *)c->outputs[1] = c->count;
      return 0;
    }
    int32_t tiny_evaluate(const call *c) {
      for (int64_t i = 0; i < c->count; i++) {
        ((float *)c->outputs[0])[i] = terms(c, i);
        ((float *)c->outputs[1])[i] = 1;
      }
      return 0;
    }
    int32_t tiny_encode(const call *c) {
      const uint8_t *x = c->inputs[0];
      for (int64_t i = 0; i < c->count; i++)
        ((float *)c->outputs[0])[i] = (x[4*i] + x[4*i+1] + x[4*i+2] + x[4*i+3]) / (4 * 255.0f);
      return 0;
    }
    int32_t tiny_decode(const call *c) {
      for (int64_t i = 0; i < 4 * c->count; i++) ((float *)c->outputs[0])[i] = ((const float *)c->inputs[0])[i / 4];
      return 0;
    }
    int32_t tiny_sample(const call *c) {
      for (int64_t i = 0; i < c->count; i++) {
        float z = ((const int32_t *)c->inputs[0])[i] + 100 * ((const int32_t *)c->inputs[1])[0];
        ((float *)c->outputs[0])[i] = z;
        for (int p = 0; p < 4; p++) ((float *)c->outputs[1])[4 * i + p] = z;
      }
      return 0;
    }
    int32_t tiny_refuse(const call *c) { return 1; }
    """

  static func manifest() -> Manifest {
    typealias Tensor = Manifest.Tensor
    let x = Tensor(name: "x", role: .image, element: .u8, shape: [.images, 1, 2, 2])
    let index = Tensor(name: "index", role: .index, element: .i32, shape: [.images])
    let seed = Tensor(name: "seed", role: .seed, element: .i32, shape: [2])
    let epoch = Tensor(name: "epoch", role: .epoch, element: .i32, shape: [])
    let step = Tensor(name: "step", role: .step, element: .i32, shape: [])
    let rate = Tensor(name: "rate", role: .rate, element: .f32, shape: [])
    let poison = Tensor(name: "hyper.poison", role: .hyper, element: .f32, shape: [])
    let code = Tensor(name: "z", role: .latent, element: .f32, shape: [.images, 1])
    let mean = Tensor(name: "x", role: .image, element: .f32, shape: [.images, 1, 2, 2])
    func metrics(_ shape: [Manifest.Dimension]) -> [Tensor] {
      ["loss", "count"].map { Tensor(name: $0, role: .metric, element: .f32, shape: shape) }
    }
    func entry(_ name: String, _ arguments: [Tensor], _ results: [Tensor]) -> Manifest.Entry {
      .init(
        name: name, symbol: "tiny_" + name, arguments: arguments, results: results,
        arena: .init(fixedBytes: 0, blockBytes: 16))
    }
    return Manifest(
      name: "tiny", compiler: "cc", digest: "00ff", source: .init(file: "tiny.c", digest: "aa"),
      target: .init(triple: "host", cpu: "host", features: [], vectorBytes: 4, blockImages: 4),
      hypers: [.init(name: "poison", defaultValue: 0)],
      training: .init(optimizer: "sgd", rate: 0.1, batch: 4, epochs: 3),
      inputs: [.init(name: "x", element: .u8, shape: [1, 2, 2])], latents: [.init(name: "z", shape: [1])],
      objective: .init(direction: .minimize, metrics: ["loss", "count"]),
      parameters: [.init(name: "w", shape: [4], offset: 0, initializer: .uniform(bound: 0.5))],
      weightsBytes: 16,
      state: [.init(name: "adam.m/w", shape: [4], offset: 0)], stateBytes: 16,
      entries: [
        entry("train_step", [x, index, seed, epoch, step, rate, poison], metrics([])),
        entry("evaluate", [x], metrics([.images])), entry("encode", [x], [code]),
        entry("decode", [code], [mean]),
        entry("sample", [index, seed], [code, mean]), entry("refuse", [x], []),
      ])
  }

  /// Compiles the model into `folder/tiny`, with further options for the C compiler.
  static func make(in folder: String, flags: [String] = [], _ change: (inout Manifest) -> Void = { _ in })
    throws -> String
  {
    let path = folder + "/tiny"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Data(source.utf8).write(to: URL(fileURLWithPath: path + "/tiny.c"))
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = ["cc", "-shared", "-fPIC", "-O1", "-o", path + "/tiny.so", path + "/tiny.c"] + flags
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0)
    var manifest = manifest()
    manifest.libraryDigest = SHA256.hex(of: try readFile(path + "/tiny.so"))
    change(&manifest)
    try manifest.write(to: path + "/tiny.json")
    return path
  }

  /// `count` images; pixel p of image i is 10 i + p.
  static func images(_ count: Int) -> ImageArray {
    let bytes = (0..<count).flatMap { image in (0..<4).map { UInt8(truncatingIfNeeded: 10 * image + $0) } }
    return ImageArray(imageShape: [1, 2, 2], bytes: bytes)
  }

  /// An instance in a fresh folder, which is removed after `body`.
  static func withInstance<T>(threads: Int = 1, _ body: (ModelInstance, _ folder: String) throws -> T) throws
    -> T
  {
    try withTemporaryFolder { folder in
      let model = try CompiledModel(folder: try make(in: folder))
      let instance = try ModelInstance(model, threads: threads)
      instance.initialize(seed: 1)
      return try body(instance, folder)
    }
  }
}

/// Gives `body` a fresh folder and removes it afterwards.
func withTemporaryFolder<T>(_ body: (String) throws -> T) throws -> T {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("vaec-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try body(folder)
}

/// The text of the error that `body` throws.
func errorText(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch {
    return "\(error)"
  }
}
