import Reporting
import Testing

@Suite struct RasterTests {
  @Test func numbersAreClippedAndRoundedToBytes() throws {
    let raster = try Raster(
      floats: [-1, 0, 0.5, 1, 7, .infinity, -.infinity, 0.2], channels: 1, height: 2, width: 4)
    #expect(stride(from: 0, to: 24, by: 3).map { raster.rgb[$0] } == [0, 0, 128, 255, 255, 255, 0, 51])
  }

  @Test func planesBecomePixels() throws {
    let raster = try Raster(bytes: [1, 2, 11, 12, 21, 22], channels: 3, height: 1, width: 2)
    #expect(raster.rgb == [1, 11, 21, 2, 12, 22])
  }

  @Test func whatIsNotANumberIsDrawnInItsOwnColor() throws {
    let grey = try Raster(floats: [.nan], channels: 1, height: 1, width: 1)
    let color = try Raster(floats: [0, .nan, 1], channels: 3, height: 1, width: 1)
    #expect(grey.rgb == [0xD5, 0x5E, 0x00] && color.rgb == grey.rgb)
  }

  @Test func aBatchIsSplitIntoImages() throws {
    let images = try Raster.batch(bytes: [1, 2, 3, 4, 5, 6], channels: 1, height: 1, width: 2)
    #expect(images.map { $0.rgb[3] } == [2, 4, 6])
    #expect(try Raster.batch(floats: [], channels: 1, height: 28, width: 28).isEmpty)
  }

  @Test func shapesThatDoNotFitAreNamed() {
    func message(_ body: () throws -> Void) -> String? {
      #expect(throws: PictureError.self) { try body() }?.description
    }
    #expect(
      message { _ = try Raster(bytes: [1, 2, 3], channels: 1, height: 2, width: 2) }
        == "an image of 1 x 2 x 2 needs 4 values, not 3")
    #expect(
      message { _ = try Raster(bytes: [1, 2], channels: 2, height: 1, width: 1) }
        == "images of 2 channels cannot be drawn; give 1 (grey) or 3 (RGB)")
    #expect(
      message { _ = try Raster(bytes: [], channels: 1, height: 0, width: -3) }
        == "an image of 0 x -3 pixels cannot be drawn; both sides must be at least 1")
    #expect(
      message { _ = try Raster.batch(bytes: [1, 2, 3], channels: 1, height: 1, width: 2) }
        == "3 values are no whole number of images of 1 x 1 x 2 = 2")
    #expect(message { _ = try Raster(bytes: [], channels: 1, height: .max, width: .max) } != nil)
  }
}
