extension ImageGrid {
  /// Images in rows of `columns`, in their order: samples from the prior, or what a data set holds.
  public static func images(_ images: [Raster], columns: Int = 10, title: String = "") -> ImageGrid {
    ImageGrid(title: title, rows: images.inRows(of: columns))
  }

  /// Rows of originals, each with the rows of its reconstructions, one for each model, under it, and between them what was
  /// reconstructed where that is not the original. Throws `badInput` where the counts differ.
  public static func reconstructions(
    originals: [Raster], corrupted: [Raster]? = nil, reconstructions: [(name: String, images: [Raster])],
    columns: Int = 10, title: String = ""
  ) throws(PictureError) -> ImageGrid {
    if let corrupted, corrupted.count != originals.count {
      throw .badInput(
        "\(originals.count) originals have \(corrupted.count) corrupted ones; give one for each original")
    }
    for model in reconstructions where model.images.count != originals.count {
      throw .badInput(
        "\(originals.count) originals have \(model.images.count) reconstructions; give one for each original")
    }
    let kinds =
      [(name: "original", images: originals)] + (corrupted.map { [(name: "corrupted", images: $0)] } ?? [])
      + reconstructions
    let blocks = kinds.map { $0.images.inRows(of: columns) }
    let rows = blocks[0].indices.flatMap { row in blocks.map { $0[row] } }
    return ImageGrid(
      title: title, rows: rows, rowLabels: rows.indices.map { kinds[$0 % kinds.count].name },
      rowsPerGroup: kinds.count)
  }

  /// The images decoded from a grid in the latent plane, without gaps and with the latents' values along the edges.
  /// `images[j * xs.count + i]` is decoded from (xs[i], ys[j]); x runs to the right and y upward. `xs` and `ys`
  /// rise or fall, not necessarily by equal steps. Throws `badInput` where counts or values do not fit.
  public static func manifold(
    images: [Raster], xs: [Double], ys: [Double], title: String = "", xName: String = "z₁", yName: String = "z₂"
  ) throws(PictureError) -> ImageGrid {
    guard images.count == xs.count * ys.count else {
      throw .badInput(
        "a grid of \(xs.count) x \(ys.count) latents has \(images.count) images; give one for each latent")
    }
    for values in [xs, ys] where !isMonotone(values) {
      throw .badInput("a latent grid's values must be finite and rise or fall along each axis")
    }
    var grid = ImageGrid(
      title: title, rows: images.inRows(of: max(1, xs.count)).reversed(), gap: 0)
    grid.axes = (GridAxis(name: xName, values: xs), GridAxis(name: yName, values: ys.reversed()))
    return grid
  }

  private static func isMonotone(_ values: [Double]) -> Bool {
    let pairs = zip(values, values.dropFirst())
    return values.allSatisfy(isDrawable) && (pairs.allSatisfy { $0 < $1 } || pairs.allSatisfy { $0 > $1 })
  }
}

extension Array where Element == Raster {
  /// Rows of `columns` (at least 1) images; the last may be shorter.
  fileprivate func inRows(of columns: Int) -> [[Raster?]] {
    let columns = Swift.max(1, columns)
    return stride(from: 0, to: count, by: columns).map { start in
      self[start..<Swift.min(start + Swift.min(columns, count), count)].map { $0 }
    }
  }
}
