/// Minimizes a smooth function by L-BFGS (Nocedal and Wright, "Numerical Optimization", 2006, algorithm 7.4) with
/// backtracking to Armijo's condition.
///
/// - Parameters:
///   - value: the function and its gradient.
///   - tolerance: it ends where no element of the gradient is above this.
/// - Returns: the least point found.
package func minimize(
  from start: [Double], steps: Int = 200, tolerance: Double = 1e-5, memory: Int = 10,
  _ value: ([Double]) throws -> (value: Double, gradient: [Double])
) rethrows -> [Double] {
  var point = start
  var (current, gradient) = try value(point)
  var history: [(step: [Double], change: [Double], inverse: Double)] = []
  for _ in 0..<steps {
    guard gradient.contains(where: { abs($0) > tolerance }) else { break }
    let direction = twoLoops(gradient, history)
    let slope = dot(direction, gradient)
    guard slope < 0 else { break }
    var length = history.isEmpty ? 1 / max(1, dot(gradient, gradient).squareRoot()) : 1
    var next: (point: [Double], value: Double, gradient: [Double])?
    for _ in 0..<40 {
      let candidate = zip(point, direction).map { $0 + length * $1 }
      let (reached, reachedGradient) = try value(candidate)
      if reached <= current + 1e-4 * length * slope {
        next = (candidate, reached, reachedGradient)
        break
      }
      length /= 2
    }
    guard let next else { break }
    let step = zip(next.point, point).map { $0 - $1 }
    let change = zip(next.gradient, gradient).map { $0 - $1 }
    let curvature = dot(step, change)
    // A pair without curvature would make the next direction one of ascent.
    if curvature > 1e-12 { history = Array((history + [(step, change, 1 / curvature)]).suffix(memory)) }
    (point, current, gradient) = next
  }
  return point
}

/// The negative of the inverse Hessian's estimate times the gradient.
private func twoLoops(
  _ gradient: [Double], _ history: [(step: [Double], change: [Double], inverse: Double)]
) -> [Double] {
  var direction = gradient
  var weights: [Double] = []
  for pair in history.reversed() {
    let weight = pair.inverse * dot(pair.step, direction)
    weights.append(weight)
    for index in direction.indices { direction[index] -= weight * pair.change[index] }
  }
  if let last = history.last {
    let scale = 1 / (last.inverse * dot(last.change, last.change))
    for index in direction.indices { direction[index] *= scale }
  }
  for (pair, weight) in zip(history, weights.reversed()) {
    let other = pair.inverse * dot(pair.change, direction)
    for index in direction.indices { direction[index] += (weight - other) * pair.step[index] }
  }
  return direction.map { -$0 }
}

private func dot(_ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for index in a.indices { sum += a[index] * b[index] }
  return sum
}
