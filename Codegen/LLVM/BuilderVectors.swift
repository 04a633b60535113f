internal import CLLVM

// Lanes. A scalar counts as a vector of one lane here, so that kernels can be written for any width.
extension LLVMBuilder {
  /// A scalar in all of `lanes` lanes.
  public func splat(_ scalar: LLVMValue, lanes: Int, name: String = "") -> LLVMValue {
    guard lanes > 1 else { return scalar }
    let first = insert(scalar, into: scalar.type.vector(of: lanes).poison, at: 0)
    return shuffle(first, Array(repeating: 0, count: lanes), name: name)
  }

  public func insert(
    _ scalar: LLVMValue, into vector: LLVMValue, at lane: some LLVMOperand, name: String = ""
  ) -> LLVMValue {
    guard vector.type.isVector else { return scalar }
    let lane = lane.value(like: context.i32)
    return LLVMValue(
      LLVMBuildInsertElement(reference, vector.reference, scalar.reference, lane.reference, name))
  }

  public func extract(_ vector: LLVMValue, at lane: some LLVMOperand, name: String = "") -> LLVMValue {
    guard vector.type.isVector else { return vector }
    let lane = lane.value(like: context.i32)
    return LLVMValue(LLVMBuildExtractElement(reference, vector.reference, lane.reference, name))
  }

  /// Lanes chosen from the concatenation of two vectors of one type; -1 leaves a lane undefined.
  public func shuffle(_ a: LLVMValue, _ b: LLVMValue, _ lanes: [Int], name: String = "") -> LLVMValue {
    let mask = LLVMValue(vector: lanes.map { $0 < 0 ? context.i32.poison : i32($0) })
    return LLVMValue(
      LLVMBuildShuffleVector(reference, a.reference, b.reference, mask.reference, name))
  }

  /// Lanes chosen from one vector.
  public func shuffle(_ a: LLVMValue, _ lanes: [Int], name: String = "") -> LLVMValue {
    shuffle(a, a.type.poison, lanes, name: name)
  }

  /// `0, 1, 2, ...` in the lanes of an integer type.
  public func iota(_ element: LLVMType, lanes: Int) -> LLVMValue {
    element.lanes(lanes).constant(lanes: Array(0..<lanes))
  }

  /// The mask of the lanes below `count`, an integer scalar: all where it is at least their number, none where
  /// it is at most 0. For the last, partial vector of a row.
  public func mask(below count: LLVMValue, lanes: Int, name: String = "") -> LLVMValue {
    icmp(.slt, iota(count.type, lanes: lanes), splat(count, lanes: lanes), name: name)
  }

  /// The sum of a vector's lanes as a scalar, in the fixed order of `reduceLanes`.
  public func sumOfLanes(_ vector: LLVMValue) -> LLVMValue { reduceLanes(vector) { add($0, $1) } }

  /// Combines the lower with the upper half of a vector's lanes until one is left. Their number is a power of
  /// two.
  public func reduceLanes(
    _ vector: LLVMValue, _ combine: (LLVMValue, LLVMValue) -> LLVMValue
  ) -> LLVMValue {
    var rest = vector
    while rest.type.laneCount > 1 {
      let half = rest.type.laneCount / 2
      rest = combine(shuffle(rest, Array(0..<half)), shuffle(rest, Array(half..<2 * half)))
    }
    return extract(rest, at: 0)
  }
}
