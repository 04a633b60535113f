import Random
import Statistics

/// Points drawn from standard normal numbers.
func normalPoints(_ rows: Int, _ columns: Int, seed: UInt64) -> Matrix {
  let stream = RandomStream(seed: seed, domain: .data, stream: streamIdentifier(of: "points"))
  return Matrix(rows: rows, columns: columns) { stream.normal(element: $1, image: UInt32($0)) }
}

/// Groups of points about centres far from each other, and each point's group.
func clusters(_ count: Int, each: Int, columns: Int, distance: Double, seed: UInt64) -> (
  points: Matrix, labels: [Int]
) {
  let centres = normalPoints(count, columns, seed: seed &+ 1000)
  let noise = normalPoints(count * each, columns, seed: seed)
  let points = Matrix(rows: count * each, columns: columns) { row, column in
    noise[row, column] + distance * centres[row % count, column]
  }
  return (points, (0..<count * each).map { $0 % count })
}
