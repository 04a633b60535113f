import Datasets
import Evaluation
import Foundation
import Reporting
import Statistics

/// Scatters of codes in a plane, those of several parts of a data set side by side.
struct CodeMap {
  enum Plane {
    /// Two elements of the codes, counted from 0.
    case elements(Int, Int)
    /// The first two principal components of the first part's codes.
    case components
    /// t-SNE of all codes together.
    case embedding(Embedding.Options)
  }

  typealias Part = (dataset: Dataset, codes: [Float])

  let pictures: ModelPictures
  let plane: Plane
  var progress: (Embedding.Progress) -> Void = { _ in }

  /// A panel for each part, all with the same axes.
  func scatter(_ parts: [Part]) throws -> Panels {
    var plots: [ScatterPlot] = []
    switch plane {
    case .elements(let x, let y):
      plots = parts.map { pictures.scatter(codes: $0.codes, of: $0.dataset, axes: (x, y)) }
    case .components: plots = try components(parts)
    case .embedding(let options): plots = try embedded(parts, options)
    }
    return Panels(ScatterPlot.aligned(plots))
  }

  private func components(_ parts: [Part]) throws -> [ScatterPlot] {
    let points = try parts.map { try pictures.points($0.codes) }
    guard let first = points.first else { return [] }
    let analysis = try PrincipalComponents(of: first)
    let shares = analysis.explained.prefix(2).map { String(format: "%.1f %%", $0 * 100) }
    return try zip(parts, points).map { part, points in
      pictures.scatter(
        plane: try analysis.project(points, count: 2).codes, of: part.dataset,
        axes: ("first component, \(shares[0]) of the variance", "second component, \(shares[1])"))
    }
  }

  private func embedded(_ parts: [Part], _ options: Embedding.Options) throws -> [ScatterPlot] {
    let points = try pictures.points(parts.flatMap(\.codes))
    let start = try PrincipalComponents(of: points).project(points, count: 2)
    let map = try Embedding(of: points, start: start, options: options, progress: progress).points.codes
    var begin = 0
    return parts.map { part in
      let end = begin + 2 * part.dataset.count
      defer { begin = end }
      return pictures.scatter(plane: Array(map[begin..<end]), of: part.dataset, axes: ("t-SNE 1", "t-SNE 2"))
    }
  }
}
