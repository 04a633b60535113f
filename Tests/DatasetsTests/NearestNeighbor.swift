import Datasets
import Dispatch

/// A classifier that gives an image the label of the known image at the smallest Euclidean distance.
struct NearestNeighbor {
  private let known: [SIMD16<Float>]
  private let labels: [Int32]
  /// Half the squared length of each known image: |a - b|² / 2 = |a|² / 2 - a·b + |b|² / 2.
  private let halfSquares: [Float]
  private let vectors: Int

  init(_ dataset: Dataset) throws {
    let vectors = dataset.imageBytes / 16
    let known = try Self.vectors(of: dataset)
    self.vectors = vectors
    self.known = known
    labels = dataset.labels ?? []
    halfSquares = (0..<dataset.count).map { image in
      (0..<vectors).reduce(0) { $0 + (known[image * vectors + $1] * known[image * vectors + $1]).sum() } / 2
    }
  }

  /// The share of the images that get their own label.
  func accuracy(on dataset: Dataset) throws -> Double {
    let images = try Self.vectors(of: dataset)
    let known = dataset.labels ?? []
    let block = 4
    let blocks = dataset.count / block
    var right = [Int](repeating: 0, count: blocks)
    right.withUnsafeMutableBufferPointer { right in
      // Each iteration writes an element of its own.
      nonisolated(unsafe) let right = right
      DispatchQueue.concurrentPerform(iterations: blocks) { index in
        let nearest = nearest(toFourOf: images, from: index * block)
        right[index] = (0..<block).count { labels[nearest[$0]] == known[index * block + $0] }
      }
    }
    return Double(right.reduce(0, +)) / Double(blocks * block)
  }

  /// The nearest known images of four images at once, so that a known image is read once for all four.
  private func nearest(toFourOf images: [SIMD16<Float>], from first: Int) -> [Int] {
    var nearest = [0, 0, 0, 0]
    var least = SIMD4<Float>(repeating: .infinity)
    for candidate in labels.indices {
      var a = SIMD16<Float>()
      var b = a
      var c = a
      var d = a
      for vector in 0..<vectors {
        let pixels = known[candidate * vectors + vector]
        a += pixels * images[first * vectors + vector]
        b += pixels * images[(first + 1) * vectors + vector]
        c += pixels * images[(first + 2) * vectors + vector]
        d += pixels * images[(first + 3) * vectors + vector]
      }
      let distances = halfSquares[candidate] - SIMD4(a.sum(), b.sum(), c.sum(), d.sum())
      for image in 0..<4 where distances[image] < least[image] {
        least[image] = distances[image]
        nearest[image] = candidate
      }
    }
    return nearest
  }

  /// The pixels in whole vectors; an image of 784 pixels has 49.
  private static func vectors(of dataset: Dataset) throws -> [SIMD16<Float>] {
    let images = try dataset.allBytes()
    return stride(from: 0, to: images.count, by: 16).map { start in
      SIMD16<Float>(SIMD16<UInt8>(images[start..<(start + 16)])) / 255
    }
  }
}
