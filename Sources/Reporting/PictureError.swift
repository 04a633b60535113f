/// Why a picture could not be drawn or written. The description is one line: what is wrong and what to do.
public enum PictureError: Error, Equatable, CustomStringConvertible {
  /// The picture would be `width` x `height` pixels, more than `Canvas.maximumSide` or `Canvas.maximumPixels`.
  case tooLarge(width: Int, height: Int)
  /// The data do not fit what is to be drawn; the text says how.
  case badInput(String)
  /// The file cannot be written; `reason` says what stands in the way and the remedy.
  case cannotWrite(path: String, reason: String)
  /// The drawing library failed; `reason` is its own.
  case drawingFailed(reason: String)

  public var description: String {
    switch self {
    case .tooLarge(let width, let height):
      return "a picture of \(width) x \(height) pixels is too large (at most \(Canvas.maximumSide) along a side"
        + " and \(Canvas.maximumPixels) in all); draw fewer images or a smaller zoom"
    case .badInput(let problem):
      return problem
    case .cannotWrite(let path, let reason):
      return "cannot write \(path): \(reason)"
    case .drawingFailed(let reason):
      return
        "the picture cannot be drawn: \(reason); check the memory that is left and the installation of cairo"
    }
  }
}
