import Kernels
import LLVM
import NativeTesting

/// A function of one float32, compiled for the host at a vector width as a loop over an array.
struct ElementwiseFunction {
  private typealias Signature = @convention(c) (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void

  private let function: Signature
  let undefinedSymbols: [String]

  /// - Parameter flushing: whether denormals are flushed while it runs, as in the workers of compiled models.
  init(
    lanes: Int, flushing: Bool = false, _ operation: @escaping (LLVMBuilder, LLVMValue) -> LLVMValue
  ) throws {
    let library = try NativeLibrary.host { b in
      let c = b.context
      let body = b.module.addFunction(
        "body", [c.pointer, c.pointer, c.i64], returning: c.void, linkage: .internal)
      body.add(.noInline)
      b.define(body) { p in
        b.forLoop(from: 0, to: p[2], step: lanes) { i in
          let x = b.load(c.f32.lanes(lanes), from: b.element(p[0], of: c.f32, at: i))
          b.store(operation(b, x), to: b.element(p[1], of: c.f32, at: i))
        }
      }
      let entry = b.module.addFunction("entry", [c.pointer, c.pointer, c.i64], returning: c.void)
      b.define(entry) { p in
        let saved = flushing ? b.flushDenormals() : nil
        b.call(body, p)
        if let saved { b.restoreFloatControl(saved) }
      }
    }
    function = try library.function("entry", as: Signature.self)
    undefinedSymbols = library.undefinedSymbols
  }

  /// The results for a number of arguments that is a multiple of 16.
  func callAsFunction(_ arguments: [Float]) -> [Float] {
    precondition(arguments.count % 16 == 0)
    return [Float](unsafeUninitializedCapacity: arguments.count) { results, count in
      // The closure gets room for `arguments.count` elements, all of which the function writes.
      if let first = results.baseAddress { function(arguments, first, arguments.count) }
      count = arguments.count
    }
  }
}

/// The distance of a float32 from the exact value in units of the last place of the float32 nearest to that
/// value; 0 where both are NaN or the result is the value, infinite where only one of them is finite.
func ulps(_ result: Float, from exact: Double) -> Double {
  if result.isNaN || exact.isNaN { return result.isNaN && exact.isNaN ? 0 : .infinity }
  let nearest = Float(exact)
  if result == nearest { return abs(result).isInfinite ? 0 : abs(Double(result) - exact) / unit(nearest) }
  return result.isFinite && nearest.isFinite ? abs(Double(result) - exact) / unit(nearest) : .infinity
}

private func unit(_ x: Float) -> Double { Double(max(abs(x), .leastNormalMagnitude).ulp) }
