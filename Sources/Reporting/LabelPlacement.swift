/// Moves labels that would lie on one another apart.
package enum LabelPlacement {
  /// - Parameters:
  ///   - wanted: where the middles of the labels should be.
  ///   - sizes: their sizes, with the distance that is to stay between them.
  /// - Returns: the middles. They move up and down only, as little as it takes, so that each stays near its points; where very many
  ///   want one place, some overlap remains.
  package static func separated(_ wanted: [Point], sizes: [Size]) -> [Point] {
    var middles = wanted
    for _ in 0..<rounds {
      var moved = false
      for first in middles.indices {
        for second in middles.indices.dropFirst(first + 1) {
          let across = (sizes[first].width + sizes[second].width) / 2
          let needed = (sizes[first].height + sizes[second].height) / 2
          let distance = middles[second].y - middles[first].y
          guard abs(middles[second].x - middles[first].x) < across, abs(distance) < needed else { continue }
          // Equal heights part by their order.
          let shift = (needed - abs(distance)) / 2 * (distance < 0 ? -1 : 1)
          middles[first].y -= shift
          middles[second].y += shift
          moved = true
        }
      }
      if !moved { break }
    }
    return middles
  }

  private static let rounds = 100
}
