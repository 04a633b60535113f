import Reporting
import Testing

@Suite struct ImageGridTests {
  /// An image of 2 x 2 pixels, its upper left one `level` and the others 0.
  private func tile(_ level: UInt8) throws -> Raster {
    try Raster(bytes: [level, 0, 0, 0], channels: 1, height: 2, width: 2)
  }

  private func grey(_ level: UInt8) -> [UInt8] { [level, level, level] }

  @Test func imagesAreMagnifiedToSquaresAtTheirPlaces() throws {
    let grid = ImageGrid(rows: [[try tile(10), try tile(20)], [try tile(30), nil]], gap: 3, zoom: 4)
    let decoded = try DecodedPicture(grid.render(scale: 1))
    // The margin of 10, two tiles of 8 with 3 between them, the margin.
    #expect(decoded.width == 39 && decoded.height == 39)
    for (x, y, level) in [(10, 10, 10), (21, 10, 20), (10, 21, 30)] as [(Int, Int, UInt8)] {
      #expect(decoded[x, y] == grey(level) && decoded[x + 3, y + 3] == grey(level))
      #expect(decoded[x + 4, y] == grey(0) && decoded[x, y + 4] == grey(0) && decoded[x + 7, y + 7] == grey(0))
      #expect(decoded[x - 1, y] == grey(255) && decoded[x + 8, y] == grey(255))
    }
    #expect(decoded[21, 21] == grey(255))
  }

  @Test func everyPixelIsCrispAtTwiceTheScale() throws {
    let labelled = ImageGrid(title: "Title", rows: [[try tile(77)]], rowLabels: ["a label"], zoom: 4)
    let decoded = try DecodedPicture(labelled.render(scale: 2))
    let left = decoded.width - 2 * (10 + 8)
    // The title keeps 120 units, so the tile ends before the right margin.
    let tileLeft = left - 2 * (120 - 8)
    #expect(
      decoded[tileLeft, decoded.height - 36] == grey(77)
        && decoded[tileLeft - 1, decoded.height - 36] == grey(255))
    #expect(decoded[tileLeft + 7, decoded.height - 29] == grey(77))
    #expect(decoded[tileLeft + 8, decoded.height - 29] == grey(0))
  }

  @Test func reconstructionsStandUnderTheirOriginals() throws {
    let originals = try (1...3).map { try tile(UInt8($0)) }
    let reconstructions = try (101...103).map { try tile(UInt8($0)) }
    var grid = try ImageGrid.reconstructions(
      originals: originals, reconstructions: [("reconstruction", reconstructions)], columns: 2)
    #expect(grid.rowLabels == ["original", "reconstruction", "original", "reconstruction"])
    #expect(grid.rows.map { $0.map { $0?.rgb[0] } } == [[1, 2], [101, 102], [3], [103]])
    grid.rowLabels = []
    grid.zoom = 1
    let decoded = try DecodedPicture(grid.render(scale: 1))
    // Pairs are 2 apart, groups 10 more.
    #expect(decoded[10, 10] == grey(1) && decoded[10, 14] == grey(101) && decoded[10, 28] == grey(3))
  }

  @Test func reconstructionsOfSeveralModelsStandUnderOneRow() throws {
    let (originals, first, second) = (try [1, 2].map(tile), try [11, 12].map(tile), try [21, 22].map(tile))
    let grid = try ImageGrid.reconstructions(
      originals: originals, reconstructions: [("a", first), ("b", second)], columns: 1)
    #expect(grid.rowLabels == ["original", "a", "b", "original", "a", "b"])
    #expect(grid.rows.map { $0.map { $0?.rgb[0] } } == [[1], [11], [21], [2], [12], [22]])
    #expect(grid.rowsPerGroup == 3)
  }

  @Test func theManifoldsFirstLatentRunsRightAndItsSecondUp() throws {
    let images = try [1, 2, 3, 4, 5, 6].map { try tile($0) }
    let grid = try ImageGrid.manifold(images: images, xs: [-1, 0, 1], ys: [-2, 2])
    #expect(grid.rows.map { $0.map { $0?.rgb[0] } } == [[4, 5, 6], [1, 2, 3]])
    #expect(grid.gap == 0)
    _ = try grid.render()
  }

  @Test func inputThatDoesNotFitIsNamed() throws {
    let image = try tile(1)
    let odd = try Raster(bytes: [1, 2, 3], channels: 1, height: 1, width: 3)
    func message(_ body: () throws -> Void) -> String? {
      #expect(throws: PictureError.self) { try body() }?.description
    }
    #expect(
      message { _ = try ImageGrid(rows: [[image, odd]]).render() }
        == "a grid's images must have one size; it has 2 x 2 and 3 x 1")
    #expect(
      message { _ = try ImageGrid.reconstructions(originals: [image], reconstructions: [("a", [])]) }
        == "1 originals have 0 reconstructions; give one for each original")
    #expect(
      message { _ = try ImageGrid.manifold(images: [image], xs: [1, 2], ys: [1]) }
        == "a grid of 2 x 1 latents has 1 images; give one for each latent")
    #expect(
      message { _ = try ImageGrid.manifold(images: [image, image], xs: [1, .nan], ys: [1]) }
        == "a latent grid's values must be finite and rise or fall along each axis")
  }

  @Test func gridsThatAreTooLargeAreRefused() throws {
    let image = try Raster(bytes: [UInt8](repeating: 0, count: 10_000), channels: 1, height: 100, width: 100)
    #expect(throws: PictureError.self) { try ImageGrid(rows: [[image]], zoom: .max).render() }
    let row = [Raster?](repeating: image, count: 200)
    #expect(throws: PictureError.self) { try ImageGrid(rows: [row]).render() }
    #expect(throws: PictureError.self) {
      try ImageGrid(rows: [[Raster?]](repeating: [], count: 20_000)).render()
    }
  }

  @Test func emptyGridsAreDrawn() throws {
    for grid in [
      ImageGrid(rows: []), ImageGrid(rows: [[], []]), ImageGrid(rows: [[nil]], gap: -5, zoom: -1),
      ImageGrid.images([], columns: 0, title: "none"),
      ImageGrid(rows: [], rowLabels: ["a"], columnLabels: ["b"]),
      try ImageGrid.manifold(images: [], xs: [], ys: []),
    ] { #expect(try grid.render().width > 0) }
  }

  /// Headings of narrow columns are set smaller rather than cut.
  @Test func headingsFitTheirColumns() {
    let usual = ImageGrid.columnLabelSize(widest: 20, room: 30)
    #expect(ImageGrid.columnLabelSize(widest: 30, room: 30) == usual)
    #expect(ImageGrid.columnLabelSize(widest: 40, room: 30) < usual * 0.75)
    #expect(ImageGrid.columnLabelSize(widest: 1_000, room: 30) > 6)
  }
}
