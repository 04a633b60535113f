import Reporting
import Testing

@Suite struct LabelPlacementTests {
  private let size = Size(width: 40, height: 10)

  @Test func labelsApartStayWhereTheyAre() {
    let places = [Point(x: 0, y: 0), Point(x: 50, y: 3), Point(x: 0, y: 20)]
    #expect(LabelPlacement.separated(places, sizes: [size, size, size]) == places)
  }

  @Test func labelsThatOverlapPartUpAndDown() {
    let places = [Point(x: 0, y: 0), Point(x: 10, y: 4), Point(x: 5, y: 4), Point(x: 5, y: 4)]
    let parted = LabelPlacement.separated(places, sizes: places.map { _ in size })
    for (index, one) in parted.enumerated() {
      #expect(one.x == places[index].x)
      for other in parted.dropFirst(index + 1) { #expect(abs(one.y - other.y) > 9.5) }
    }
    // As a whole they stay where they were.
    #expect(abs(parted.map(\.y).reduce(0, +) - 12) < 1e-9)
  }
}
