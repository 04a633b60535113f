import Foundation
import Reporting
import Testing

@Suite struct PictureTests {
  /// Runs `body` with a new empty folder and removes it afterwards.
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "vaec-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test(arguments: [1, 2, 3]) func aPictureIsAPNGOfScaleTimesTheSize(scale: Int) throws {
    let picture = try Canvas(size: Size(width: 30, height: 19.2), scale: scale).picture()
    #expect(picture.png.prefix(8) == [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A])
    let decoded = try DecodedPicture(picture)
    #expect(decoded.width == 30 * scale && decoded.height == 20 * scale)
    #expect(picture.width == decoded.width && picture.height == decoded.height)
    #expect(decoded[0, 0] == [255, 255, 255])
  }

  @Test func writingReplacesTheFileAndLeavesNothingBeside() throws {
    try withFolder { folder in
      let path = folder.appending(path: "loss.png").path
      try Data("old".utf8).write(to: URL(filePath: path))
      let chart = LineChart(title: "Loss", series: [.init("loss", values: [3, 2, 1])])
      try chart.writePNG(to: path)
      #expect(try Array(Data(contentsOf: URL(filePath: path))) == chart.render().png)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["loss.png"])
    }
  }

  @Test func aMissingFolderIsNamed() throws {
    let picture = try Canvas(size: Size(width: 4, height: 4)).picture()
    let error = #expect(throws: PictureError.self) { try picture.write(to: "/no/such/folder/loss.png") }
    #expect(
      error?.description == "cannot write /no/such/folder/loss.png: the folder does not exist: create it first")
  }

  @Test func aFolderInTheFilesPlaceIsRefusedAndNothingIsLeftBeside() throws {
    try withFolder { folder in
      let path = folder.appending(path: "loss.png").path
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      let picture = try Canvas(size: Size(width: 4, height: 4)).picture()
      let error = #expect(throws: PictureError.self) { try picture.write(to: path) }
      #expect(error?.description.contains("it is a folder: name a file") == true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["loss.png"])
    }
  }

  @Test(arguments: [
    (Size(width: 20_000, height: 10), 40_000, 20), (Size(width: 5000, height: 5000), 10_000, 10_000),
    (Size(width: .infinity, height: 1), 1_000_000_000, 2),
  ]) func absurdSizesAreRefused(size: Size, width: Int, height: Int) {
    #expect(throws: PictureError.tooLarge(width: width, height: height)) { try Canvas(size: size, scale: 2) }
  }

  @Test func theSizeErrorSaysWhatToDo() {
    #expect(
      PictureError.tooLarge(width: 40_000, height: 20).description
        == "a picture of 40000 x 20 pixels is too large (at most 16384 along a side and 67108864 in all);"
        + " draw fewer images or a smaller zoom")
  }

  @Test func aFailureInsideTheDrawingLibraryIsThrown() throws {
    let canvas = try Canvas(size: Size(width: 10, height: 10))
    canvas.strokeEllipse(center: Point(x: .nan, y: 0), radii: Size(width: 1, height: 1), .black)
    #expect(throws: PictureError.self) { try canvas.picture() }
  }

  @Test func crispLinesCoverWholePixels() throws {
    let canvas = try Canvas(size: Size(width: 10, height: 10), scale: 2)
    let x = canvas.crisp(4.13)
    canvas.stroke([Point(x: x, y: 0), Point(x: x, y: 10)], .black)
    let row = try DecodedPicture(canvas.picture())
    #expect((6...10).map { row[$0, 5][0] } == [255, 0, 0, 255, 255])
  }

  @Test func panelsStandSideBySide() throws {
    let panels = Panels([
      ImageGrid(rows: [[try Raster(bytes: [10], channels: 1, height: 1, width: 1)]], zoom: 4),
      ImageGrid(rows: [[try Raster(bytes: [200], channels: 1, height: 1, width: 1)]], zoom: 4),
    ])
    let decoded = try DecodedPicture(panels.render(scale: 1))
    #expect(decoded.width == 48 && decoded.height == 24)
    #expect(decoded[10, 10] == [10, 10, 10] && decoded[34, 13] == [200, 200, 200])
    #expect(decoded[33, 10] == [255, 255, 255])
  }

  @Test func noPanelsGiveAnEmptyPicture() throws {
    #expect(try Panels([]).render(scale: 1).width == 1)
  }
}
