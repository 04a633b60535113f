import Artifact
import Foundation
import Testing

/// A compiled model written by hand in C, so that vaerun can be tried without the compiler: a linear autoencoder of
/// 28x28 images with tied weights w [2,784] and a "posterior" of constant variance. Training is plain gradient descent.
///
/// The environment's TOY_SIGNAL=SIGNAL@STEP sends the program a signal at a step, counted from the program's start;
/// TOY_SIGNAL=SIGNAL,SIGNAL@STEP sends a second one half a second later, in the same step, which then lasts for ten.
/// TOY_PAUSE=N lets every step last N milliseconds longer.
enum ToyModel {
  private static let source = """
    #include <math.h>
    #include <signal.h>
    #include <stdint.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <unistd.h>
    enum { P = 784, L = 2 };
    typedef struct { float *w, *state; void *arena; int64_t count;
      const void *const *in; void *const *out; const void *executor; } call;
    uint32_t toy_abi_version(void) { return 2; }
    const char *toy_cpu_features(void) { return ""; }
    const char *toy_digest(void) { return "00ff"; }
    const char *toy_kernels(void) {
      return "train_step 0_all 7 1 12544 1568 0 18816\\nreconstruct 0_all 9 1 6272 3920 0 6272\\n";
    }
    static void encode(const float *w, const uint8_t *x, float *z) {
      for (int l = 0; l < L; l++) {
        z[l] = 0;
        for (int p = 0; p < P; p++) z[l] += w[l * P + p] * (x[p] / 255.0f);
      }
    }
    static void decode(const float *w, const float *z, float *y) {
      for (int p = 0; p < P; p++) y[p] = w[p] * z[0] + w[P + p] * z[1];
    }
    static void terms(const float *w, const uint8_t *x, float beta, float *r) {
      float z[L], y[P];
      encode(w, x, z); decode(w, z, y);
      r[1] = 0;
      for (int p = 0; p < P; p++) { float d = y[p] - x[p] / 255.0f; r[1] += d * d; }
      r[2] = 0.5f * (z[0] * z[0] + z[1] * z[1]);
      r[0] = r[1] + beta * r[2];
    }
    static void send_signals(void) {
      static int steps = 0;
      const char *wish = getenv("TOY_SIGNAL"), *pause = getenv("TOY_PAUSE");
      int first = 0, second = 0, step = 0;
      if (pause) usleep(1000 * atoi(pause));
      if (!wish) return;
      if (sscanf(wish, "%d,%d@%d", &first, &second, &step) != 3) sscanf(wish, "%d@%d", &first, &step);
      if (++steps != step) return;
      kill(getpid(), first);
      if (second) { usleep(500000); kill(getpid(), second); sleep(10); }
    }
    int32_t toy_train_step(const call *c) {
      send_signals();
      const uint8_t *x = c->in[0];
      float rate = *(const float *)c->in[5], beta = *(const float *)c->in[6];
      float sum[3] = {0, 0, 0}, *g = c->arena;
      for (int i = 0; i < L * P; i++) g[i] = 0;
      for (int64_t i = 0; i < c->count; i++, x += P) {
        float r[3], z[L], y[P];
        terms(c->w, x, beta, r);
        for (int k = 0; k < 3; k++) sum[k] += r[k] / c->count;
        encode(c->w, x, z); decode(c->w, z, y);
        for (int l = 0; l < L; l++) for (int p = 0; p < P; p++) g[l * P + p] += 2 * (y[p] - x[p] / 255.0f) * z[l] / c->count;
      }
      for (int i = 0; i < L * P; i++) c->w[i] -= rate * g[i];
      c->state[0] += 1;
      for (int k = 0; k < 3; k++) *(float *)c->out[k] = sum[k];
      return 0;
    }
    int32_t toy_evaluate(const call *c) {
      for (int64_t i = 0; i < c->count; i++) {
        float r[3];
        terms(c->w, (const uint8_t *)c->in[0] + i * P, *(const float *)c->in[4], r);
        for (int k = 0; k < 3; k++) ((float *)c->out[k])[i] = r[k];
      }
      return 0;
    }
    int32_t toy_encode(const call *c) {
      for (int64_t i = 0; i < c->count; i++) {
        encode(c->w, (const uint8_t *)c->in[0] + i * P, (float *)c->out[0] + i * L);
        for (int l = 0; l < L; l++) ((float *)c->out[1])[i * L + l] = ((float *)c->out[0])[i * L + l];
      }
      return 0;
    }
    int32_t toy_decode(const call *c) {
      for (int64_t i = 0; i < c->count; i++) decode(c->w, (const float *)c->in[0] + i * L, (float *)c->out[0] + i * P);
      return 0;
    }
    int32_t toy_reconstruct(const call *c) {
      for (int64_t i = 0; i < c->count; i++) {
        float z[L];
        encode(c->w, (const uint8_t *)c->in[0] + i * P, z); decode(c->w, z, (float *)c->out[0] + i * P);
      }
      return 0;
    }
    int32_t toy_sample(const call *c) {
      for (int64_t i = 0; i < c->count; i++) {
        float *z = (float *)c->out[0] + i * L;
        z[0] = sinf(((const int32_t *)c->in[0])[i]); z[1] = cosf(((const int32_t *)c->in[0])[i]);
        decode(c->w, z, (float *)c->out[1] + i * P);
      }
      return 0;
    }
    """

  private static func manifest() -> Manifest {
    typealias Tensor = Manifest.Tensor
    let x = Tensor(name: "x", role: .image, element: .u8, shape: [.images, 1, 28, 28])
    let index = Tensor(name: "index", role: .index, element: .i32, shape: [.images])
    let seed = Tensor(name: "seed", role: .seed, element: .i32, shape: [2])
    let epoch = Tensor(name: "epoch", role: .epoch, element: .i32, shape: [])
    let step = Tensor(name: "step", role: .step, element: .i32, shape: [])
    let rate = Tensor(name: "rate", role: .rate, element: .f32, shape: [])
    let beta = Tensor(name: "hyper.beta", role: .hyper, element: .f32, shape: [])
    let code = Tensor(name: "z", role: .latent, element: .f32, shape: [.images, 2])
    let mean = Tensor(name: "z.mean", role: .distribution, element: .f32, shape: [.images, 2])
    let image = Tensor(name: "x", role: .image, element: .f32, shape: [.images, 1, 28, 28])
    let names = ["loss", "reconstruction", "kl"]
    func metrics(_ shape: [Manifest.Dimension]) -> [Tensor] {
      names.map { Tensor(name: $0, role: .metric, element: .f32, shape: shape) }
    }
    func entry(_ name: String, _ arguments: [Tensor], _ results: [Tensor]) -> Manifest.Entry {
      .init(
        name: name, symbol: "toy_" + name, arguments: arguments, results: results,
        arena: .init(fixedBytes: 8 * 784, blockBytes: 0))
    }
    return Manifest(
      name: "toy", compiler: "cc", digest: "00ff", source: .init(file: "toy.c", digest: "aa"),
      target: .init(triple: "host", cpu: "host", features: [], vectorBytes: 4, blockImages: 8),
      hypers: [.init(name: "beta", defaultValue: 1)],
      training: .init(optimizer: "sgd", rate: 0.001, batch: 20, epochs: 2),
      inputs: [.init(name: "x", element: .u8, shape: [1, 28, 28])], latents: [.init(name: "z", shape: [2])],
      objective: .init(direction: .maximize, metrics: names),
      parameters: [
        .init(name: "w", shape: [2, 784], offset: 0, initializer: .normal(standardDeviation: 0.03))
      ],
      weightsBytes: 8 * 784, state: [.init(name: "adam.m/w", shape: [1], offset: 0)], stateBytes: 64,
      entries: [
        entry("train_step", [x, index, seed, epoch, step, rate, beta], metrics([])),
        entry("evaluate", [x, index, seed, epoch, beta], metrics([.images])),
        entry("encode", [x], [code, mean]),
        entry("decode", [code], [image]), entry("reconstruct", [x], [image]),
        entry("sample", [index, seed, epoch], [code, image]),
      ])
  }

  /// Compiles the model into `folder`/build/toy.
  static func make(in folder: String) throws {
    let path = folder + "/build/toy"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    try Data(source.utf8).write(to: URL(fileURLWithPath: folder + "/toy.c"))
    let compiler = try ProgramRun(
      "/usr/bin/env", ["cc", "-shared", "-fPIC", "-O1", "-o", path + "/toy.so", folder + "/toy.c", "-lm"],
      in: folder)
    try #require(compiler.status == 0, "\(compiler.errors)")
    var manifest = manifest()
    manifest.libraryDigest = SHA256.hex(of: try readFile(path + "/toy.so"))
    try manifest.write(to: path + "/toy.json")
  }
}

/// Gives `body` a folder with the compiled model in build/toy.
func withToy<T>(_ body: (String) throws -> T) throws -> T {
  try withTemporaryFolder { folder in
    try ToyModel.make(in: folder)
    return try body(folder)
  }
}
