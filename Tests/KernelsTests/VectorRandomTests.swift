import Kernels
import LLVM
import NativeTesting
import Random
import Testing

/// Draws for images, compiled for the host at a vector width: four numbers per image, element-major.
private struct CompiledStream {
  /// What is drawn, as the results' 32-bit patterns.
  enum Kind: String, CaseIterable, Sendable { case words, uniforms, normals }

  typealias Signature =
    @convention(c) (UnsafePointer<Int32>, UnsafeMutablePointer<UInt32>, UnsafePointer<Int32>) -> Void
  let function: Signature
  let undefinedSymbols: [String]

  init(_ kind: Kind, lanes: Int, domain: RandomDomain, stream: UInt32) throws {
    let library = try NativeLibrary.host { b in
      let c = b.context
      let f = b.module.addFunction("draw", [c.pointer, c.pointer, c.pointer], returning: c.void)
      b.define(f) { p in
        // Settings: the seed's words, block, epoch, sample.
        let settings = (0..<5).map { b.load(c.i32, from: b.element(p[2], of: c.i32, at: $0)) }
        let stream = VectorRandomStream(
          b, seedLow: settings[0], seedHigh: settings[1], domain: domain, stream: stream)
        b.forLoop(from: 0, to: 16, step: lanes) { i in
          let image = b.load(c.i32.lanes(lanes), from: b.element(p[0], of: c.i32, at: i))
          let (block, epoch, sample) = (settings[2], settings[3], settings[4])
          let numbers =
            switch kind {
            case .words: stream.words(block: block, image: image, epoch: epoch, sample: sample)
            case .uniforms: stream.uniforms(block: block, image: image, epoch: epoch, sample: sample)
            case .normals: stream.normals(block: block, image: image, epoch: epoch, sample: sample)
            }
          for (element, number) in numbers.enumerated() {
            b.store(number, to: b.element(p[1], of: c.i32, at: b.add(i, 16 * element)))
          }
        }
      }
    }
    function = try library.function("draw", as: Signature.self)
    undefinedSymbols = library.undefinedSymbols
  }

  /// The patterns of element `e` of image `i` at `16 * e + i`.
  func draw(_ images: [Int32], _ draw: Draw) -> [UInt32] {
    let seed = [UInt32(truncatingIfNeeded: draw.seed), UInt32(truncatingIfNeeded: draw.seed >> 32)]
    let settings = (seed + [draw.block, draw.epoch, draw.sample]).map(Int32.init(bitPattern:))
    var results = [UInt32](repeating: 0, count: 64)
    function(images, &results, settings)
    return results
  }
}

/// The arguments of one draw.
private struct Draw: Sendable {
  var seed: UInt64
  var block: UInt32 = 0
  var epoch: UInt32 = 0
  var sample: UInt32 = 0

  static let all = [
    Draw(seed: 0), Draw(seed: 42, block: 1, epoch: 3), Draw(seed: 0xFEDC_BA98_7654_3210, block: 77, sample: 9),
    Draw(seed: .max, block: .max, epoch: .max, sample: .max),
  ]
}

@Suite struct VectorRandomTests {
  private static let widths = [1, 4, 8, 16]
  private static let images: [Int32] = (0..<14).map { $0 * 4241 } + [-1, .max]

  @Test(arguments: widths, RandomDomain.allCases)
  func wordsAreThoseOfPhilox(lanes: Int, domain: RandomDomain) throws {
    let identifier = streamIdentifier(of: "encoder.z")
    let compiled = try CompiledStream(.words, lanes: lanes, domain: domain, stream: identifier)
    #expect(compiled.undefinedSymbols.isEmpty)
    for draw in Draw.all {
      let stream = RandomStream(seed: draw.seed, domain: domain, stream: identifier)
      let words = compiled.draw(Self.images, draw)
      for (i, image) in Self.images.enumerated() {
        let expected = stream.words(
          block: draw.block, image: UInt32(bitPattern: image), epoch: draw.epoch, sample: draw.sample)
        #expect([0, 16, 32, 48].map { words[$0 + i] } == [expected.0, expected.1, expected.2, expected.3])
      }
    }
  }

  @Test(arguments: widths)
  func uniformsAreThoseOfTheDoubleVersion(lanes: Int) throws {
    let compiled = try CompiledStream(.uniforms, lanes: lanes, domain: .data, stream: 5)
    let stream = RandomStream(seed: 9, domain: .data, stream: 5)
    for block in 0..<200 {
      let numbers = compiled.draw(Self.images, Draw(seed: 9, block: UInt32(block)))
      for (i, image) in Self.images.enumerated() {
        for e in 0..<4 {
          let expected = stream.uniform(element: 4 * block + e, image: UInt32(bitPattern: image))
          #expect(Double(Float(bitPattern: numbers[16 * e + i])) == expected)
        }
      }
    }
  }

  @Test func normalsAreThoseOfTheDoubleVersion() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    let identifier = streamIdentifier(of: "encoder.z")
    let compiled = try CompiledStream(.normals, lanes: 16, domain: .train, stream: identifier)
    let stream = RandomStream(seed: seed, domain: .train, stream: identifier)
    var worst = 0.0
    var sum = 0.0
    var squares = 0.0
    let blocks = 4000
    for block in 0..<blocks {
      let numbers = compiled.draw(Self.images, Draw(seed: seed, block: UInt32(block), epoch: 2, sample: 1))
      for (i, image) in Self.images.enumerated() {
        for e in 0..<4 {
          let index = 4 * block + e
          let expected = stream.normal(element: index, image: UInt32(bitPattern: image), epoch: 2, sample: 1)
          let number = Double(Float(bitPattern: numbers[16 * e + i]))
          worst = max(worst, abs(number - expected) / (1 + abs(expected)))
          sum += number
          squares += number * number
        }
      }
    }
    print("normals: off by at most \(worst) (1 + |z|)")
    #expect(worst <= 4e-7)
    // 256,000 numbers: five standard deviations of the mean and of the variance.
    let count = Double(blocks * 64)
    #expect(abs(sum / count) < 5 / count.squareRoot())
    #expect(abs(squares / count - 1) < 5 * (2 / count).squareRoot())
  }

  @Test(arguments: CompiledStream.Kind.allCases)
  fileprivate func everyWidthGivesTheSameBits(kind: CompiledStream.Kind) throws {
    let draws = (0..<100).map { Draw(seed: 77, block: $0, epoch: 1) }
    let patterns = try Self.widths.map { lanes in
      let compiled = try CompiledStream(kind, lanes: lanes, domain: .train, stream: 1)
      return draws.map { compiled.draw(Self.images, $0) }
    }
    #expect(patterns.dropFirst().allSatisfy { $0 == patterns[0] })
  }
}
