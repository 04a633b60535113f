import Artifact
import Foundation
import Testing

@Suite struct TensorStatisticsTests {
  private func statistics(
    _ element: Safetensors.Element, _ bytes: [UInt8], count: Int
  ) throws -> TensorStatistics? {
    try withTemporaryFolder { folder in
      let path = folder + "/t.safetensors"
      try Safetensors.write([TensorToWrite("t", element, shape: [count]) { try $0.write(bytes) }], to: path)
      return try SafetensorsReader(path).statistics(of: "t")
    }
  }

  private func little<T: FixedWidthInteger>(_ numbers: [T]) -> [UInt8] {
    numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
  }

  @Test func numbersOfEveryTypeAreRead() throws {
    // -2, 0, 1 and 5 in each type that has them; 0, 1, 1 and 6 in the others.
    let signed: [Safetensors.Element: [UInt8]] = [
      .f64: little([-2.0, 0, 1, 5].map(\.bitPattern)),
      .f32: little([-2, 0, 1, 5].map { Float($0).bitPattern }),
      .f16: little([0xC000, 0, 0x3C00, 0x4500] as [UInt16]),
      .bf16: little([0xC000, 0, 0x3F80, 0x40A0] as [UInt16]),
      .i64: little([-2, 0, 1, 5] as [Int64]), .i32: little([-2, 0, 1, 5] as [Int32]),
      .i16: little([-2, 0, 1, 5] as [Int16]), .i8: little([-2, 0, 1, 5] as [Int8]),
      .f8e4m3: [0xC0, 0, 0x38, 0x4A], .f8e5m2: [0xC0, 0, 0x3C, 0x45],
    ]
    for (element, bytes) in signed {
      let found = try #require(try statistics(element, bytes, count: 4))
      #expect(found.minimum == -2 && found.maximum == 5, "\(element)")
      #expect(abs((found.mean ?? 0) - 1) < 1e-12, "\(element)")
      #expect(abs((found.standardDeviation ?? 0) - 6.5.squareRoot()) < 1e-12, "\(element)")
    }
    let unsigned: [Safetensors.Element: [UInt8]] = [
      .u64: little([0, 1, 1, 6] as [UInt64]), .u32: little([0, 1, 1, 6] as [UInt32]),
      .u16: little([0, 1, 1, 6] as [UInt16]), .u8: [0, 1, 1, 6],
    ]
    for (element, bytes) in unsigned {
      let found = try #require(try statistics(element, bytes, count: 4))
      #expect(found.minimum == 0 && found.maximum == 6 && found.mean == 2, "\(element)")
    }
    #expect(try statistics(.bool, [0, 1, 1, 1], count: 4)?.mean == 0.75)
    #expect(try statistics(.f8e8m0, [127, 128, 130], count: 3)?.maximum == 8)
    #expect(try statistics(.u64, little([UInt64.max]), count: 1)?.maximum == 0x1p64)
    for element in [Safetensors.Element.c64, .f4, .f6e2m3, .f6e3m2] {
      let bytes = [UInt8](repeating: 0, count: element.bits)
      #expect(try statistics(element, bytes, count: 8) == nil, "\(element)")
    }
  }

  @Test func extremesOfSmallFormatsAreThoseOfTheirDefinition() {
    // Micikevicius et al. 2022, table 1.
    #expect(SmallFloat.e4m3.value(0b0_1111_110) == 448)
    #expect(SmallFloat.e4m3.value(0b0_0000_001) == 0x1p-9)
    #expect(SmallFloat.e4m3.value(0b1_1111_111).isNaN)
    #expect(SmallFloat.e5m2.value(0b0_11110_11) == 57344)
    #expect(SmallFloat.e5m2.value(0b0_00000_01) == 0x1p-16)
    #expect(SmallFloat.e5m2.value(0b1_11111_00) == -.infinity)
    #expect(SmallFloat.e5m2.value(0b0_11111_01).isNaN)
    #expect(SmallFloat.binary16.value(0x7BFF) == 65504)
    #expect(SmallFloat.binary16.value(0x8001) == -0x1p-24)
  }

  @Test func whatIsNotFiniteIsCountedAndLeftOut() throws {
    let values: [Float] = [1, .nan, 3, -.infinity, .infinity, .signalingNaN]
    let found = try #require(try statistics(.f32, little(values.map(\.bitPattern)), count: 6))
    #expect(found.nans == 2 && found.infinities == 2)
    #expect(found.minimum == 1 && found.maximum == 3 && found.mean == 2 && found.standardDeviation == 1)
    let none = try #require(try statistics(.f32, little([Float.nan.bitPattern]), count: 1))
    #expect(none.minimum == nil && none.mean == nil && none.standardDeviation == nil && none.nans == 1)
    let empty = try #require(try statistics(.f32, [], count: 0))
    #expect(empty.maximum == nil && empty.nans == 0)
  }

  /// Three pieces of a megabyte, the last a partial one; numbers far from 0, where a sum of squares would cancel.
  @Test func largeTensorsAreReadPieceByPiece() throws {
    let count = 600_001
    let values = (0..<count).map { Float(100_000 + $0 % 2) }
    let found = try #require(try statistics(.f32, little(values.map(\.bitPattern)), count: count))
    #expect(found.minimum == 100_000 && found.maximum == 100_001)
    #expect(abs((found.mean ?? 0) - 100_000.5) < 1e-5)
    #expect(abs((found.standardDeviation ?? 0) - 0.5) < 1e-6)
  }
}
