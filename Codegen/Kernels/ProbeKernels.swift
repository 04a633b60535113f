import LLVM

/// Loops that do as much as a machine can of one thing: multiply-adds in registers, and a stream through memory. What models
/// reach is held against them.
///
///     int32_t vaec_probe_version(void);
///     int64_t vaec_probe_multiply(int64_t turns, float *sink);                                  // returns the FLOPs done
///     int64_t vaec_probe_stream(int64_t turns, float *a, const float *b, const float *c, int64_t count);  // the bytes moved
///
/// `sink` is a vector of floats. `stream` computes a = b + 0.5 c over `count` floats, a multiple of 64, `turns` times; as usual, the
/// reading of a line before it is written is not counted.
public enum ProbeKernels {
  public static let version = 1

  /// Adds the functions to a module.
  public static func emit(into module: LLVMModule, target: KernelTarget) {
    let b = LLVMBuilder(module)
    let version = module.addFunction("vaec_probe_version", [], returning: b.context.i32)
    b.define(version) { _ in b.ret(b.i32(self.version)) }
    emitMultiply(b, target)
    emitStream(b, target)
  }

  /// As many chains as a register tile has accumulators: each multiply-add waits for its own predecessor alone.
  private static func emitMultiply(_ b: LLVMBuilder, _ target: KernelTarget) {
    let (pointer, i64) = (b.context.pointer, b.context.i64)
    let chains = target.tileRows * target.tileVectors
    let vector = b.context.f32.lanes(target.lanes)
    let function = b.module.addFunction(
      "vaec_probe_multiply", [i64, pointer], returning: i64, parameterNames: ["turns", "sink"])
    b.define(function) { p in
      // From memory, so that no number is known: the sums tend to 0.1 / (1 - 0.9).
      let factor = b.add(b.load(vector, from: p[1]), 0.9)
      let term = b.add(b.load(vector, from: p[1]), 0.1)
      let initial = (0..<chains).map { vector.constant(Double($0)) }
      let sums = b.forLoop(from: 0, to: p[0], carrying: initial, name: "turn") { _, sums in
        sums.map { b.fma($0, factor, term) }
      }
      // Kept from being left out; times zero, so that the next call begins with the same numbers.
      let total = sums.dropFirst().reduce(sums[0]) { b.add($0, $1) }
      b.store(b.mul(total, 0.0), to: p[1])
      b.ret(b.mulIndex(p[0], chains * target.lanes * 2))
    }
  }

  private static func emitStream(_ b: LLVMBuilder, _ target: KernelTarget) {
    let (pointer, i64) = (b.context.pointer, b.context.i64)
    let vector = b.context.f32.lanes(target.lanes)
    let function = b.module.addFunction(
      "vaec_probe_stream", [i64, pointer, pointer, pointer, i64], returning: i64,
      parameterNames: ["turns", "a", "b", "c", "count"])
    for parameter in 1...3 { function.add(.noAlias, parameter: parameter) }
    b.define(function) { p in
      b.forLoop(from: 0, to: p[0], name: "turn") { _ in
        b.forLoop(from: 0, to: p[4], step: 64, name: "element") { element in
          for part in 0..<64 / target.lanes {
            let offset = b.addIndex(b.mulIndex(element, 4), part * target.lanes * 4)
            let sum = b.fma(
              b.load(vector, from: b.offset(p[3], bytes: offset)), vector.constant(0.5),
              b.load(vector, from: b.offset(p[2], bytes: offset)))
            b.store(sum, to: b.offset(p[1], bytes: offset))
          }
        }
      }
      b.ret(b.mulIndex(b.mulIndex(p[0], p[4]), 12))
    }
  }
}
