/// One way to write a digit: the pen's strokes in a box of about 100 x 100, x to the right and y down.
///
/// A stroke is a list x, y, x, y, ... of points that the pen passes smoothly. A point that is written twice is a
/// corner.
struct DigitSkeleton: Sendable {
  /// How often this way is taken, relative to the others of its digit.
  let weight: Float
  let strokes: [[SIMD2<Float>]]

  init(weight: Float, _ strokes: [Float]...) {
    self.weight = weight
    self.strokes = strokes.map { numbers in
      stride(from: 0, to: numbers.count - 1, by: 2).map { SIMD2(numbers[$0], numbers[$0 + 1]) }
    }
  }

  /// The ways to write each of the digits 0 to 9.
  static let ofDigits: [[DigitSkeleton]] = [
    zeros, ones, twos, threes, fours, fives, sixes, sevens, eights, nines,
  ]

  private static let zeros: [DigitSkeleton] = [
    // Closed at the top.
    DigitSkeleton(
      weight: 5, [52, 0, 25, 9, 9, 35, 8, 65, 24, 92, 50, 100, 76, 91, 92, 64, 90, 34, 75, 9, 52, 0]),
    // The end crosses the beginning.
    DigitSkeleton(weight: 2, [62, 2, 30, 8, 10, 40, 12, 76, 40, 100, 72, 92, 92, 60, 86, 24, 62, 6, 38, 12]),
    // Open at the top right.
    DigitSkeleton(weight: 1, [56, 2, 26, 16, 8, 52, 18, 88, 48, 100, 78, 82, 90, 48, 82, 18, 66, 8]),
    // Leaning, pointed at both ends.
    DigitSkeleton(weight: 2, [70, 2, 40, 14, 14, 48, 10, 80, 30, 98, 58, 86, 84, 52, 90, 20, 72, 2]),
  ]

  private static let ones: [DigitSkeleton] = [
    DigitSkeleton(weight: 8, [50, 0, 51, 50, 50, 100]),
    DigitSkeleton(weight: 2, [54, 0, 49, 30, 51, 68, 47, 100]),
    // With a flag.
    DigitSkeleton(weight: 1.2, [32, 18, 44, 10, 53, 0, 53, 0, 52, 50, 51, 100]),
    // With a flag and a base.
    DigitSkeleton(weight: 0.8, [30, 20, 44, 10, 53, 0, 53, 0, 52, 50, 51, 99], [20, 99, 50, 98, 82, 97]),
  ]

  private static let twos: [DigitSkeleton] = [
    // Pointed at the lower left.
    DigitSkeleton(
      weight: 4, [12, 24, 26, 6, 52, 0, 76, 12, 76, 36, 56, 62, 32, 84, 10, 98, 10, 98, 48, 95, 92, 96]),
    // With a loop at the lower left.
    DigitSkeleton(
      weight: 4,
      [14, 20, 34, 3, 60, 2, 76, 18, 72, 44, 52, 72, 28, 93, 10, 94, 8, 82, 24, 74, 46, 84, 68, 97, 96, 92]),
    // Rounded at the lower left.
    DigitSkeleton(
      weight: 2, [10, 16, 34, 2, 62, 4, 74, 24, 62, 50, 36, 74, 18, 92, 30, 99, 60, 95, 94, 90]),
    // A wide one with a steep neck.
    DigitSkeleton(
      weight: 1, [22, 26, 30, 6, 52, 0, 70, 12, 68, 40, 50, 72, 26, 96, 26, 96, 50, 90, 74, 92, 98, 98]),
    // A small head on a long loop.
    DigitSkeleton(
      weight: 1.5,
      [24, 14, 44, 0, 64, 10, 66, 34, 52, 64, 32, 88, 14, 100, 4, 92, 16, 82, 38, 86, 66, 90, 98, 80]),
  ]

  private static let threes: [DigitSkeleton] = [
    // A corner in the middle.
    DigitSkeleton(
      weight: 4,
      [14, 12, 36, 1, 64, 3, 74, 18, 62, 36, 38, 46, 38, 46, 68, 52, 84, 70, 72, 92, 44, 100, 12, 92]),
    // A small loop in the middle.
    DigitSkeleton(
      weight: 2,
      [18, 8, 46, 0, 72, 10, 70, 30, 48, 46, 34, 46, 42, 42, 68, 52, 82, 72, 66, 94, 38, 100, 8, 90]),
    // Hardly a waist.
    DigitSkeleton(
      weight: 3, [12, 14, 40, 0, 70, 8, 72, 28, 54, 44, 56, 50, 78, 62, 80, 82, 56, 98, 28, 98, 6, 86]),
    // A flat top.
    DigitSkeleton(
      weight: 0.6, [14, 4, 46, 3, 80, 2, 80, 2, 60, 24, 42, 42, 42, 42, 70, 50, 82, 72, 64, 94, 36, 99, 10, 92]),
    // A long tail.
    DigitSkeleton(
      weight: 1.5,
      [24, 16, 46, 2, 72, 6, 74, 24, 56, 42, 40, 48, 40, 48, 66, 54, 72, 72, 56, 90, 30, 99, 4, 98]),
  ]

  private static let fours: [DigitSkeleton] = [
    // Open, with a corner.
    DigitSkeleton(
      weight: 3, [24, 4, 16, 28, 10, 54, 10, 54, 46, 54, 88, 48], [80, 0, 72, 40, 66, 100]),
    // Open, rounded.
    DigitSkeleton(
      weight: 4, [22, 2, 14, 26, 14, 46, 32, 54, 58, 48, 78, 36], [84, 2, 76, 38, 72, 70, 68, 100]),
    // Closed by a slanted line.
    DigitSkeleton(
      weight: 0.8, [68, 0, 40, 32, 8, 66, 8, 66, 50, 66, 94, 64], [68, 0, 67, 50, 66, 100]),
    // In one line: down, across, up and down.
    DigitSkeleton(
      weight: 2, [16, 8, 14, 34, 24, 50, 50, 46, 74, 26, 82, 8, 82, 8, 78, 50, 74, 100]),
    // Open, with the bar low.
    DigitSkeleton(
      weight: 1.5, [34, 0, 20, 32, 6, 62, 6, 62, 48, 64, 92, 62], [70, 26, 64, 60, 60, 100]),
  ]

  private static let fives: [DigitSkeleton] = [
    // A hat in one line with the body.
    DigitSkeleton(
      weight: 4,
      [90, 4, 60, 3, 32, 4, 32, 4, 26, 22, 20, 42, 20, 42, 48, 38, 72, 54, 74, 78, 50, 98, 24, 98, 6, 88]),
    // A rounded neck.
    DigitSkeleton(
      weight: 3, [88, 2, 58, 4, 36, 12, 28, 32, 42, 44, 64, 56, 70, 78, 50, 98, 24, 98, 6, 86]),
    // The hat added at the end, off the neck.
    DigitSkeleton(
      weight: 2, [36, 12, 28, 28, 24, 42, 40, 44, 66, 52, 76, 72, 62, 92, 36, 100, 10, 94],
      [38, 8, 64, 6, 94, 0]),
    // A long leaning one.
    DigitSkeleton(
      weight: 2,
      [98, 0, 74, 6, 50, 8, 50, 8, 40, 26, 30, 42, 30, 42, 52, 50, 64, 66, 52, 88, 28, 100, 2, 96]),
  ]

  private static let sixes: [DigitSkeleton] = [
    // A bent back.
    DigitSkeleton(
      weight: 4, [68, 0, 42, 18, 20, 48, 14, 78, 32, 99, 60, 94, 76, 74, 64, 58, 40, 62, 20, 80]),
    // A straight back.
    DigitSkeleton(
      weight: 3, [46, 0, 32, 28, 20, 60, 24, 90, 48, 100, 74, 86, 76, 64, 58, 54, 36, 64, 24, 82]),
    // A large closed loop.
    DigitSkeleton(
      weight: 3, [72, 2, 40, 14, 16, 42, 10, 74, 30, 98, 62, 96, 82, 74, 72, 52, 46, 46, 20, 58, 12, 72]),
    // A small loop.
    DigitSkeleton(
      weight: 2, [60, 0, 38, 28, 20, 62, 20, 90, 44, 100, 66, 88, 64, 72, 46, 72, 28, 88]),
  ]

  private static let sevens: [DigitSkeleton] = [
    DigitSkeleton(weight: 4, [10, 10, 44, 8, 86, 4, 86, 4, 66, 46, 46, 100]),
    // Rounded at the corner.
    DigitSkeleton(weight: 3, [10, 18, 26, 8, 58, 8, 82, 12, 76, 36, 58, 68, 46, 100]),
    // A serif at the left.
    DigitSkeleton(weight: 1.5, [12, 28, 16, 10, 16, 10, 50, 10, 84, 4, 84, 4, 68, 42, 56, 100]),
    // A bar.
    DigitSkeleton(weight: 1.2, [12, 8, 46, 6, 84, 4, 84, 4, 62, 46, 42, 100], [30, 54, 56, 50, 84, 48]),
    // A steep stem.
    DigitSkeleton(weight: 2, [14, 16, 40, 10, 78, 6, 78, 6, 74, 50, 70, 100]),
  ]

  private static let eights: [DigitSkeleton] = [
    // One line, begun at the top right.
    DigitSkeleton(
      weight: 4,
      [76, 12, 50, 0, 26, 10, 30, 30, 52, 48, 72, 66, 72, 88, 46, 100, 22, 88, 28, 66, 52, 46, 72, 28, 76, 12]),
    // Open at the top right.
    DigitSkeleton(
      weight: 3,
      [80, 12, 54, 2, 30, 14, 34, 34, 54, 52, 66, 74, 54, 96, 30, 98, 20, 82, 34, 60, 58, 38, 82, 20]),
    // Two rings.
    DigitSkeleton(
      weight: 1.2,
      [50, 0, 30, 8, 26, 28, 46, 44, 70, 32, 72, 10, 50, 0],
      [46, 45, 24, 60, 22, 86, 48, 100, 76, 86, 72, 58, 48, 45]),
    // Leaning, a narrow lower ring.
    DigitSkeleton(
      weight: 2,
      [88, 16, 64, 0, 38, 12, 38, 34, 52, 54, 54, 80, 34, 100, 16, 88, 24, 64, 50, 46, 76, 32, 88, 14]),
  ]

  private static let nines: [DigitSkeleton] = [
    // A straight stem after a corner.
    DigitSkeleton(
      weight: 4, [78, 12, 54, 2, 24, 16, 16, 38, 38, 48, 64, 34, 78, 8, 78, 8, 74, 50, 68, 100]),
    // A leaning stem out of the ring.
    DigitSkeleton(
      weight: 4, [72, 6, 46, 2, 22, 20, 22, 40, 46, 46, 70, 28, 76, 12, 72, 42, 60, 70, 48, 100]),
    // A bent tail.
    DigitSkeleton(
      weight: 1.5, [76, 16, 52, 0, 24, 12, 20, 36, 46, 46, 72, 32, 78, 14, 78, 50, 66, 86, 40, 100, 16, 92]),
    // A small ring that does not close.
    DigitSkeleton(
      weight: 2, [66, 4, 40, 8, 24, 28, 36, 42, 58, 34, 72, 16, 72, 16, 64, 56, 60, 100]),
  ]
}
