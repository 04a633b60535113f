import LLVM
import NativeTesting
import Testing

private typealias FloatsInOut = @convention(c) (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
private typealias IntFunction = @convention(c) (Int) -> Int

@Suite struct BuilderTests {
  /// Defines `f(i64) -> i64` from an expression.
  private func integerFunction(_ body: @escaping (LLVMBuilder, LLVMValue) -> LLVMValue) throws -> NativeLibrary
  {
    try .host { b in
      let f = b.module.addFunction("f", [b.context.i64], returning: b.context.i64, parameterNames: ["n"])
      b.define(f) { b.ret(body(b, $0[0])) }
    }
  }

  @Test(arguments: [-3, 0, 1, 2, 5, 1000])
  func loopCarriesValuesAndMayNotRunAtAll(count: Int) throws {
    let library = try integerFunction { b, n in
      b.forLoop(from: 0, to: n, carrying: [b.i64(7)]) { i, carried in
        [b.add(carried[0], b.mul(i, i))]
      }[0]
    }
    let f = try library.function("f", as: IntFunction.self)
    #expect(f(count) == (0..<max(count, 0)).reduce(7) { $0 + $1 * $1 })
    #expect(library.undefinedSymbols.isEmpty)
  }

  @Test(arguments: [(0, 0), (0, 10), (3, 3), (5, 2), (1, 8)])
  func loopBetweenLiteralsRunsAsStrideDoes(start: Int, end: Int) throws {
    let library = try integerFunction { b, n in
      b.forLoop(from: start, to: end, step: 3, carrying: [n]) { i, sum in [b.add(sum[0], i)] }[0]
    }
    let f = try library.function("f", as: IntFunction.self)
    #expect(f(100) == stride(from: start, to: end, by: 3).reduce(100, +))
  }

  @Test func loopsNestAndBranchesMerge() throws {
    let library = try integerFunction { b, n in
      b.forLoop(from: 0, to: n, carrying: [b.i64(0)], name: "i") { i, outer in
        b.forLoop(from: i, to: n, step: 2, carrying: outer, name: "j") { j, sum in
          b.ifThen(b.icmp(.eq, b.urem(j, 3), 0)) {
            [b.add(sum[0], j)]
          } else: {
            [b.sub(sum[0], 1)]
          }
        }
      }[0]
    }
    let f = try library.function("f", as: IntFunction.self)
    var expected = 0
    for i in 0..<20 {
      for j in stride(from: i, to: 20, by: 2) { expected += j % 3 == 0 ? j : -1 }
    }
    #expect(f(20) == expected)
  }

  @Test func branchWithoutElseRunsOnlyWhereTrue() throws {
    let library = try NativeLibrary.host { b in
      let c = b.context
      let f = b.module.addFunction("f", [c.pointer, c.i64], returning: c.void)
      b.define(f) { p in
        b.ifThen(b.icmp(.sgt, p[1], 4)) { b.store(p[1], to: p[0]) }
      }
    }
    let f = try library.function("f", as: (@convention(c) (UnsafeMutablePointer<Int>, Int) -> Void).self)
    var cell = 0
    f(&cell, 3)
    #expect(cell == 0)
    f(&cell, 5)
    #expect(cell == 5)
  }

  @Test(arguments: [4, 8, 16], [0, 1, 3, 4, 15, 16, 17, 63])
  func maskedVectorsTouchExactlyTheirElements(lanes: Int, count: Int) throws {
    let library = try NativeLibrary.host { b in
      let c = b.context
      let f = b.module.addFunction("f", [c.pointer, c.pointer, c.i64], returning: c.void)
      let type = c.f32.vector(of: lanes)
      b.define(f) { p in
        b.forLoop(from: 0, to: p[2], step: lanes) { i in
          let mask = b.mask(below: b.sub(p[2], i), lanes: lanes)
          let x = b.maskedLoad(type, from: b.element(p[0], of: c.f32, at: i), mask: mask)
          b.maskedStore(b.fma(x, 2.0, 1.0), to: b.element(p[1], of: c.f32, at: i), mask: mask)
        }
      }
    }
    let f = try library.function("f", as: FloatsInOut.self)
    let x = (0..<64).map { Float($0) }
    var y = [Float](repeating: -1, count: 64)
    f(x, &y, count)
    #expect(y == (0..<64).map { $0 < count ? Float(2 * $0 + 1) : -1 })
    #expect(library.undefinedSymbols.isEmpty)
  }

  @Test func gatherReadsItsIndices() throws {
    let indices: [Int32] = [7, 0, 3, 3, 1, 6, 2, 5]
    let library = try NativeLibrary.host { b in
      let c = b.context
      let f = b.module.addFunction("f", [c.pointer, c.pointer, c.i64], returning: c.void)
      let table = b.module.addConstant("indices", indices)
      b.define(f) { p in
        let index = b.load(c.i32.vector(of: 8), from: table, align: 64)
        b.store(b.gather(c.f32, from: p[0], indices: index, mask: b.mask(below: p[2], lanes: 8)), to: p[1])
      }
    }
    let f = try library.function("f", as: FloatsInOut.self)
    let x = (0..<8).map { Float($0) + 0.5 }
    var y = [Float](repeating: -1, count: 8)
    f(x, &y, 6)
    #expect(y == indices.enumerated().map { $0 < 6 ? Float($1) + 0.5 : 0 })
  }

  @Test func lanesAreAddedAsATree() throws {
    let library = try NativeLibrary.host { b in
      let c = b.context
      let f = b.module.addFunction("f", [c.pointer, c.pointer, c.i64], returning: c.void)
      b.define(f) { p in b.store(b.sumOfLanes(b.load(c.f32.vector(of: 8), from: p[0])), to: p[1]) }
    }
    let f = try library.function("f", as: FloatsInOut.self)
    let x: [Float] = [1e8, 1, -1e8, 3, 1, 1, 5, 1]
    var y: Float = 0
    f(x, &y, 8)
    // Each partial sum is rounded to float32, so another order gives another number.
    #expect(y == ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7])))
  }

  @Test func minimumAndMaximumTakeTheSecondOperandOfNaN() throws {
    let library = try NativeLibrary.host { b in
      let c = b.context
      let f = b.module.addFunction("f", [c.pointer, c.pointer, c.i64], returning: c.void)
      b.define(f) { p in
        let x = b.load(c.f32.vector(of: 4), from: p[0])
        b.store(b.maximum(x, 0.0), to: p[1])
        b.store(b.minnum(x, 1.0), to: b.element(p[1], of: c.f32, at: 4))
      }
    }
    let f = try library.function("f", as: FloatsInOut.self)
    var y = [Float](repeating: -1, count: 8)
    f([-2, .nan, 3, .infinity], &y, 4)
    #expect(y == [0, 0, 3, .infinity, -2, 1, 1, 1])
  }

  @Test func bytesBecomeFloatsAndBack() throws {
    let library = try NativeLibrary.host { b in
      let c = b.context
      let f = b.module.addFunction("f", [c.pointer, c.pointer], returning: c.void)
      b.define(f) { p in
        let bytes = b.load(c.i8.vector(of: 16), from: p[0])
        let pixels = b.fdiv(b.uitofp(bytes, to: c.f32), 255.0)
        b.store(b.trunc(b.fptoui(b.rint(b.mul(pixels, 255.0)), to: c.i32), to: c.i8), to: p[1])
      }
    }
    let f = try library.function(
      "f", as: (@convention(c) (UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>) -> Void).self)
    let bytes = (0..<16).map { UInt8($0 * 17) }
    var back = [UInt8](repeating: 0, count: 16)
    f(bytes, &back)
    #expect(back == bytes)
  }

  @Test func functionPointersInStructuresAreCalled() throws {
    let library = try NativeLibrary.host { b in
      let c = b.context
      let table = c.structure([c.i32, c.pointer])
      let f = b.module.addFunction("f", [c.pointer], returning: c.i64)
      b.define(f) { p in
        let callee = b.load(c.pointer, from: b.field(p[0], of: table, at: 1))
        let count = b.load(c.i32, from: b.field(p[0], of: table, at: 0))
        b.ret(b.call(callee, as: c.function([c.i64], returning: c.i64), [b.sext(count, to: c.i64)]))
      }
    }
    struct Table {
      var count: Int32
      var callee: IntFunction
    }
    var table = Table(count: -20, callee: { $0 * 2 })
    let f = try library.function("f", as: (@convention(c) (UnsafeRawPointer) -> Int).self)
    #expect(withUnsafePointer(to: &table) { f($0) } == -40)
  }

  @Test func denormalsAreFlushedOnlyBetweenSettingAndRestoring() throws {
    let library = try NativeLibrary.host { b in
      let c = b.context
      // LLVM knows nothing of the mode: only a callee that writes memory and is not inlined stays between the
      // writes.
      let quarter = b.module.addFunction(
        "quarter", [c.pointer, c.pointer], returning: c.void, linkage: .internal)
      quarter.add(.noInline)
      b.define(quarter) { p in b.store(b.mul(b.load(c.f32, from: p[0]), 0.25), to: p[1]) }
      let f = b.module.addFunction("f", [c.pointer, c.pointer, c.i64], returning: c.void)
      b.define(f) { p in
        let saved = b.flushDenormals()
        b.call(quarter, [p[0], p[1]])
        b.restoreFloatControl(saved)
        b.call(quarter, [p[0], b.element(p[1], of: c.f32, at: 1)])
      }
    }
    let f = try library.function("f", as: FloatsInOut.self)
    var y: [Float] = [-1, -1]
    f([.leastNormalMagnitude], &y, 1)
    #expect(y == [0, .leastNormalMagnitude / 4])
  }
}
