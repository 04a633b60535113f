/// The centre lines of printed digits, in a box of width 0.6 and height 1 around 0, y downward.
enum PrintedDigits {
  /// A part of a line: straight, or a cubic Bézier curve.
  private enum Piece {
    case to(Float, Float)
    case curve(Float, Float, Float, Float, Float, Float)
  }

  private typealias Line = (start: SIMD2<Float>, pieces: [Piece])

  private static func ellipse(_ x: Float, _ y: Float, _ rx: Float, _ ry: Float) -> Line {
    // The usual four curves: handles of 4/3 (sqrt 2 - 1).
    let (kx, ky) = (0.5523 * rx, 0.5523 * ry)
    return (
      SIMD2(x, y - ry),
      [
        .curve(x + kx, y - ry, x + rx, y - ky, x + rx, y), .curve(x + rx, y + ky, x + kx, y + ry, x, y + ry),
        .curve(x - kx, y + ry, x - rx, y + ky, x - rx, y), .curve(x - rx, y - ky, x - kx, y - ry, x, y - ry),
      ]
    )
  }

  /// One or two ways to print each digit.
  private static let shapes: [[[Line]]] = [
    [[ellipse(0, 0, 0.27, 0.46)], [ellipse(0, 0, 0.30, 0.46)]],
    [
      [(SIMD2(-0.16, -0.30), [.to(0.04, -0.46), .to(0.04, 0.46)])],
      [
        (SIMD2(-0.15, -0.32), [.to(0.03, -0.46), .to(0.03, 0.46)]), (SIMD2(-0.15, 0.46), [.to(0.21, 0.46)]),
      ],
      [(SIMD2(0, -0.46), [.to(0, 0.46)])],
    ],
    [
      [
        (
          SIMD2(-0.25, -0.26),
          [
            .curve(-0.24, -0.40, -0.13, -0.46, 0, -0.46), .curve(0.16, -0.46, 0.26, -0.36, 0.26, -0.22),
            .curve(0.26, -0.02, 0.02, 0.12, -0.26, 0.46), .to(0.28, 0.46),
          ]
        )
      ]
    ],
    [
      [
        (
          SIMD2(-0.25, -0.34),
          [
            .curve(-0.18, -0.43, -0.10, -0.46, 0, -0.46), .curve(0.15, -0.46, 0.24, -0.37, 0.24, -0.25),
            .curve(0.24, -0.12, 0.14, -0.03, -0.04, -0.03), .curve(0.16, -0.03, 0.28, 0.06, 0.28, 0.20),
            .curve(0.28, 0.37, 0.15, 0.46, -0.01, 0.46), .curve(-0.13, 0.46, -0.22, 0.42, -0.27, 0.33),
          ]
        )
      ],
      [
        (
          SIMD2(-0.24, -0.46),
          [
            .to(0.24, -0.46), .to(-0.02, -0.10), .curve(0.16, -0.10, 0.27, 0.02, 0.27, 0.18),
            .curve(0.27, 0.36, 0.14, 0.46, -0.02, 0.46), .curve(-0.13, 0.46, -0.22, 0.42, -0.27, 0.34),
          ]
        )
      ],
    ],
    [
      [(SIMD2(0.14, 0.46), [.to(0.14, -0.46), .to(-0.28, 0.20), .to(0.29, 0.20)])],
      [(SIMD2(-0.16, -0.46), [.to(-0.26, 0.12), .to(0.28, 0.12)]), (SIMD2(0.12, -0.20), [.to(0.12, 0.46)])],
    ],
    [
      [
        (
          SIMD2(0.24, -0.46),
          [
            .to(-0.19, -0.46), .to(-0.23, -0.06), .curve(-0.15, -0.13, -0.07, -0.16, 0.02, -0.16),
            .curve(0.18, -0.16, 0.28, -0.02, 0.28, 0.14), .curve(0.28, 0.34, 0.15, 0.46, -0.01, 0.46),
            .curve(-0.13, 0.46, -0.22, 0.42, -0.27, 0.34),
          ]
        )
      ]
    ],
    [
      [
        (
          SIMD2(0.22, -0.37),
          [
            .curve(0.15, -0.44, 0.09, -0.46, 0.02, -0.46), .curve(-0.19, -0.46, -0.28, -0.24, -0.28, 0.04),
            .curve(-0.28, 0.32, -0.18, 0.46, 0.01, 0.46), .curve(0.17, 0.46, 0.27, 0.34, 0.27, 0.18),
            .curve(0.27, 0.02, 0.17, -0.10, 0.01, -0.10), .curve(-0.13, -0.10, -0.24, 0.00, -0.27, 0.14),
          ]
        )
      ],
      [(SIMD2(0.10, -0.46), [.curve(-0.10, -0.30, -0.26, -0.06, -0.26, 0.16)]), ellipse(0, 0.17, 0.26, 0.29)],
    ],
    [
      [(SIMD2(-0.27, -0.46), [.to(0.27, -0.46), .curve(0.10, -0.16, -0.04, 0.14, -0.07, 0.46)])],
      [(SIMD2(-0.26, -0.46), [.to(0.26, -0.46), .to(-0.10, 0.46)])],
    ],
    [[ellipse(0, -0.24, 0.22, 0.22), ellipse(0, 0.22, 0.27, 0.24)]],
    [
      [
        (
          SIMD2(-0.22, 0.37),
          [
            .curve(-0.15, 0.44, -0.09, 0.46, -0.02, 0.46), .curve(0.19, 0.46, 0.28, 0.24, 0.28, -0.04),
            .curve(0.28, -0.32, 0.18, -0.46, -0.01, -0.46), .curve(-0.17, -0.46, -0.27, -0.34, -0.27, -0.18),
            .curve(-0.27, -0.02, -0.17, 0.10, -0.01, 0.10), .curve(0.13, 0.10, 0.24, 0.00, 0.27, -0.14),
          ]
        )
      ],
      [(SIMD2(-0.10, 0.46), [.curve(0.10, 0.30, 0.26, 0.06, 0.26, -0.16)]), ellipse(0, -0.17, 0.26, 0.29)],
    ],
  ]

  /// The lines of each way to print each digit, as points.
  static let lines: [[[[SIMD2<Float>]]]] = shapes.map { ways in ways.map { $0.map(points) } }

  private static func points(_ line: Line) -> [SIMD2<Float>] {
    var points = [line.start]
    for piece in line.pieces {
      let start = points[points.count - 1]
      switch piece {
      case .to(let x, let y): points.append(SIMD2(x, y))
      case .curve(let ax, let ay, let bx, let by, let x, let y):
        let (a, b, end) = (SIMD2(ax, ay), SIMD2(bx, by), SIMD2(x, y))
        for step in 1...5 {
          let t = Float(step) / 5
          let s = 1 - t
          var point: SIMD2<Float> = start * (s * s * s)
          point += a * (3 * s * s * t)
          point += b * (3 * s * t * t)
          point += end * (t * t * t)
          points.append(point)
        }
      }
    }
    return points
  }
}
