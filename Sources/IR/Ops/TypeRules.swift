/// Pieces that the ops' type rules share.
extension TypingContext {
  /// Requires an operand of that element type.
  func require(_ index: Int, _ element: ElementType, _ op: String) throws {
    guard operands[index].element == element else {
      throw TypeError("'\(op)' needs \(element.rawValue) here, not \(operands[index])")
    }
  }

  /// Requires a product's two factors to be floats of one type: it multiplies what both were rounded to.
  func requireFactors(_ op: String) throws {
    let (first, second) = (operands[0], operands[1])
    guard first.element.isFloat, second.element == first.element else {
      throw TypeError(
        "'\(op)' needs two factors of type f32 or two of type bf16, not \(first) and \(second)")
    }
  }

  /// Requires an operand of that rank, images included.
  func require(_ index: Int, rank: Int, _ op: String, _ form: String) throws {
    guard operands[index].rank == rank else {
      throw TypeError("'\(op)' needs \(form), not \(operands[index])")
    }
  }

  /// Refuses several rows for an image.
  func requireOneRow(_ index: Int, _ op: String) throws {
    guard operands[index].samples == 1 else {
      throw TypeError("'\(op)' needs one row for each image, not \(operands[index])")
    }
  }

  /// Makes two extents equal where one is unknown; false where they differ.
  mutating func unify(_ a: Int, _ i: Int, _ b: Int, _ j: Int) -> Bool {
    let first = operands[a].dimensions[i]
    let second = operands[b].dimensions[j]
    if first == .unknown {
      operands[a].dimensions[i] = second
    } else if second == .unknown {
      operands[b].dimensions[j] = first
    } else {
      return first == second
    }
    return true
  }

  /// Lets operands without images tell each other extents that they lack, where they have the same rank.
  mutating func unifyExtents() {
    let tensors = operands.indices.filter { operands[$0].rank > 0 && !operands[$0].isPerImage }
    for a in tensors {
      for b in tensors where operands[a].rank == operands[b].rank {
        for dimension in operands[a].dimensions.indices { _ = unify(a, dimension, b, dimension) }
      }
    }
  }
}
