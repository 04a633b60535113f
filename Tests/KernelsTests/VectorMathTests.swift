import Foundation
import Kernels
import LLVM
import Testing

/// A function, what it should be, and how far from that it may be.
struct MathCase: CustomTestStringConvertible, Sendable {
  let name: String
  let bound: Double
  let emit: @Sendable (LLVMBuilder, LLVMValue) -> LLVMValue
  let exact: @Sendable (Double) -> Double

  var testDescription: String { name }

  /// What a result below the least normal number becomes.
  static func flushed(_ value: Double) -> Double { abs(value) < Double(Float.leastNormalMagnitude) ? 0 : value }

  static let all: [MathCase] = [
    MathCase(name: "exp", bound: 1, emit: { $0.exp($1) }, exact: { flushed(exp($0)) }),
    MathCase(
      name: "log", bound: 1, emit: { $0.log($1) }, exact: { log(flushed($0)) }),
    MathCase(name: "tanh", bound: 2, emit: { $0.tanh($1) }, exact: { tanh($0) }),
    MathCase(name: "sigmoid", bound: 2.5, emit: { $0.sigmoid($1) }, exact: { flushed(1 / (1 + exp(-$0))) }),
    MathCase(
      name: "softplus", bound: 2, emit: { $0.softplus($1) },
      exact: { flushed(max($0, 0) + log1p(exp(-abs($0)))) + ($0.isNaN ? .nan : 0) }),
    MathCase(name: "reciprocal", bound: 0.5, emit: { $0.reciprocal($1) }, exact: { 1 / $0 }),
    MathCase(name: "sqrt", bound: 0.5, emit: { $0.sqrt($1) }, exact: { $0.squareRoot() }),
  ]

  static let trigonometric: [MathCase] = [
    MathCase(name: "sin", bound: 1, emit: { $0.sincos(turns: $1).sin }, exact: { sin(2 * .pi * $0) }),
    MathCase(name: "cos", bound: 1, emit: { $0.sincos(turns: $1).cos }, exact: { cos(2 * .pi * $0) }),
  ]
}

@Suite struct VectorMathTests {
  /// Every `step`-th float32 by bit pattern; all of them where VAEC_EXHAUSTIVE is set, which takes minutes.
  private static let step: Int =
    ProcessInfo.processInfo.environment["VAEC_EXHAUSTIVE"] == nil ? 4093 : 1

  private static let special: [Float] = [
    0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
    .leastNormalMagnitude, -.leastNormalMagnitude, Float.leastNormalMagnitude.nextDown,
    .greatestFiniteMagnitude, -.greatestFiniteMagnitude, -87.33654, -87.33655, 88.72283, 88.72284, 0.625,
    Float(0.625).nextDown, 9.01, -9.01, 104, -104, 17, -17, 0.41421354, -0.88137364, 0.70710677,
    1.4142135, Float(1).nextDown, Float(1).nextUp,
  ]

  /// The greatest error over bit patterns `step` apart, with its argument.
  private func worst(_ test: MathCase, _ patterns: StrideTo<Int>) throws -> (ulps: Double, argument: Float) {
    let function = try ElementwiseFunction(lanes: 16, test.emit)
    var worst = (ulps: 0.0, argument: Float(0))
    var chunk: [Float] = []
    func measure() {
      while chunk.count % 16 != 0 { chunk.append(1) }
      for (x, y) in zip(chunk, function(chunk)) {
        let error = ulps(y, from: test.exact(Double(x)))
        if error > worst.ulps { worst = (error, x) }
      }
      chunk.removeAll(keepingCapacity: true)
    }
    for pattern in patterns {
      chunk.append(Float(bitPattern: UInt32(pattern)))
      if chunk.count == 1 << 14 { measure() }
    }
    chunk += Self.special
    measure()
    return worst
  }

  @Test(arguments: MathCase.all)
  func errorStaysBelowItsBoundOverAllFloats(test: MathCase) throws {
    let found = try worst(test, stride(from: 0, to: 1 << 32, by: Self.step))
    print("\(test.name): at most \(found.ulps) ulp, at \(found.argument)")
    #expect(found.ulps <= test.bound, "at \(found.argument)")
  }

  @Test(arguments: [(-100.0, 100.0), (-1.0, 1.0), (0.5, 2.0)], MathCase.all)
  func errorStaysBelowItsBoundWhereNetworksAre(range: (Double, Double), test: MathCase) throws {
    let count = 1 << 18
    let function = try ElementwiseFunction(lanes: 16, test.emit)
    let arguments = (0..<count).map {
      Float(range.0 + (range.1 - range.0) * Double($0) / Double(count - 1))
    }
    for (x, y) in zip(arguments, function(arguments)) {
      let error = ulps(y, from: test.exact(Double(x)))
      if error > test.bound {
        Issue.record("\(test.name)(\(x)) = \(y), off by \(error) ulp")
        return
      }
    }
  }

  @Test(arguments: MathCase.trigonometric)
  func sineAndCosineOfATurnStayBelowTheirBound(test: MathCase) throws {
    // All numbers that Box and Muller's method asks for, (word + 0.5) / 2^23, and 0 and 1.
    let function = try ElementwiseFunction(lanes: 16, test.emit)
    let words = stride(from: 0, to: 1 << 23, by: Self.step == 1 ? 1 : 5).map { (Float($0) + 0.5) * 0x1p-23 }
    let arguments = words.dropLast(words.count % 16) + [0, 1, 0.25, 0.5] + Array(repeating: 0.125, count: 12)
    var worst = 0.0
    for (u, y) in zip(arguments, function(Array(arguments))) {
      // Near a zero other than that at 0, the double argument 2 pi u is itself off by 1e-16 of its size.
      let exact = test.exact(Double(u))
      let error = abs(exact) < 1e-9 ? abs(Double(y)) / 0x1p-24 : ulps(y, from: exact)
      worst = max(worst, error)
    }
    print("\(test.name): at most \(worst) ulp")
    #expect(worst <= test.bound)
  }

  @Test(arguments: MathCase.all + MathCase.trigonometric)
  func everyWidthAndModeGivesTheSameBits(test: MathCase) throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var state = seed
    var arguments = Self.special
    while arguments.count < 1 << 14 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      arguments.append(Float(bitPattern: UInt32(state >> 32)))
      arguments.append(Float(Int32(truncatingIfNeeded: state >> 24)) * 0x1p-26)
    }
    if test.name == "sin" || test.name == "cos" { arguments = arguments.map { $0.isFinite ? $0 : 0 } }
    let reference = try ElementwiseFunction(lanes: 16, test.emit)(arguments).map(\.bitPattern)
    for lanes in [1, 4, 8] {
      let function = try ElementwiseFunction(lanes: lanes, test.emit)
      #expect(function(arguments).map(\.bitPattern) == reference, "\(lanes) lanes")
      #expect(function.undefinedSymbols.isEmpty)
    }
    guard ["exp", "log", "sigmoid", "softplus"].contains(test.name) else { return }
    let flushing = try ElementwiseFunction(lanes: 16, flushing: true, test.emit)
    #expect(flushing(arguments).map(\.bitPattern) == reference)
  }

  @Test func specialValuesAreThoseOfTheComments() throws {
    func values(_ emit: @escaping (LLVMBuilder, LLVMValue) -> LLVMValue, _ x: [Float]) throws -> [Float] {
      let padded = x + Array(repeating: 0, count: 16 - x.count)
      return Array(try ElementwiseFunction(lanes: 16, emit)(padded).prefix(x.count))
    }
    let denormal = Float.leastNonzeroMagnitude
    #expect(
      try values({ $0.exp($1) }, [0, -.infinity, .infinity, denormal, -87.33655, 88.72284]) == [
        1, 0, .infinity, 1, 0, .infinity,
      ])
    #expect(
      try values({ $0.log($1) }, [1, 0, -0.0, denormal, .infinity]) == [
        0, -.infinity, -.infinity, -.infinity, .infinity,
      ])
    #expect(try values({ $0.log($1) }, [-1, -.infinity, .nan]).allSatisfy(\.isNaN))
    #expect(try values({ $0.tanh($1) }, [0, 20, -20, .infinity, -.infinity]) == [0, 1, -1, 1, -1])
    #expect(try values({ $0.tanh($1) }, [-0.0])[0].sign == .minus)
    #expect(try values({ $0.sigmoid($1) }, [0, .infinity, -.infinity, -88]) == [0.5, 1, 0, 0])
    #expect(try values({ $0.softplus($1) }, [.infinity, -.infinity, 1e10, -100]) == [.infinity, 0, 1e10, 0])
  }
}
