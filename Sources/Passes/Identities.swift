import IR

/// What `simplify` knows of the ops, in the order in which it is tried.
let simplificationRules: [RewriteRule] = [
  dropSingleRow, foldConstants, dropNeutralOperand, foldNegation, foldReshape, foldRelayout, dropBroadcast,
  spreadLast, foldSumOfSpread, scaleBeforeSplitting, scaleSmallestOperand,
]

/// The sum, the mean and log mean exp of one row are that row; a row once is itself.
private let dropSingleRow: RewriteRule = { operation, rewriter in
  guard ["sum_samples", "mean_samples", "log_mean_exp_samples", "repeat_samples"].contains(operation.name),
    let x = operation.operands.first, rewriter.type(of: x) == rewriter.type(of: operation.results[0])
  else { return nil }
  return x
}

/// An elementwise op of constants is a constant, where it has a finite value.
private let foldConstants: RewriteRule = { operation, rewriter in
  guard let formula = OpTable.standard[operation.name]?.formula, !operation.operands.isEmpty else { return nil }
  let numbers = operation.operands.compactMap { rewriter.constant($0) }
  guard numbers.count == operation.operands.count else { return nil }
  let value = formula.evaluate(numbers, operation.attributes)
  return value.isFinite ? try rewriter.add("constant", [], ["value": .float(value)]) : nil
}

/// x + 0 = x - 0 = x * 1 = x / 1 = x; x * -1 = 0 - x = -x.
private let dropNeutralOperand: RewriteRule = { operation, rewriter in
  guard operation.operands.count == 2 else { return nil }
  let (a, b) = (operation.operands[0], operation.operands[1])
  switch (operation.name, rewriter.constant(a), rewriter.constant(b)) {
  case ("add", _, 0), ("sub", _, 0), ("mul", _, 1), ("div", _, 1): return a
  case ("add", 0, _), ("mul", 1, _): return b
  case ("mul", _, -1): return try rewriter.add("neg", [a])
  case ("mul", -1, _), ("sub", 0, _): return try rewriter.add("neg", [b])
  default: return nil
  }
}

/// -(-x) = x; -(a - b) = b - a; a + -b = a - b; a - -b = a + b.
private let foldNegation: RewriteRule = { operation, rewriter in
  func negated(_ index: Int) -> ValueID? {
    rewriter.definition(of: operation.operands[index], "neg")?.operands[0]
  }
  switch operation.name {
  case "neg":
    if let x = negated(0) { return x }
    guard let difference = rewriter.definition(of: operation.operands[0], "sub") else { return nil }
    return try rewriter.add("sub", [difference.operands[1], difference.operands[0]])
  case "add":
    if let b = negated(1) { return try rewriter.add("sub", [operation.operands[0], b]) }
    if let a = negated(0) { return try rewriter.add("sub", [operation.operands[1], a]) }
    return nil
  case "sub":
    return try negated(1).map { try rewriter.add("add", [operation.operands[0], $0]) }
  default: return nil
  }
}

/// A reshape to the same shape is nothing; of two reshapes the second counts; what is spread out is spread out in the shape
/// that is wanted.
private let foldReshape: RewriteRule = { operation, rewriter in
  guard operation.name == "reshape" else { return nil }
  let x = operation.operands[0]
  let type = rewriter.type(of: operation.results[0])
  if rewriter.type(of: x) == type { return x }
  if let spread = rewriter.definition(of: x, "broadcast_per_image"), type.rank > 1 {
    return try rewriter.add("broadcast_per_image", spread.operands, ["shape": .ints(type.extents)])
  }
  guard let inner = rewriter.definition(of: x, "reshape") else { return nil }
  return try rewriter.add("reshape", inner.operands, operation.attributes)
}

/// The same for layouts.
private let foldRelayout: RewriteRule = { operation, rewriter in
  guard operation.name == "relayout" else { return nil }
  let x = operation.operands[0]
  if rewriter.type(of: x).layout == operation.attributes.layout("to") { return x }
  guard let inner = rewriter.definition(of: x, "relayout") else { return nil }
  return try rewriter.add("relayout", inner.operands, operation.attributes)
}

/// Elementwise ops broadcast by themselves: beside an operand of full shape, another need not be spread out
/// before.
private let dropBroadcast: RewriteRule = { operation, rewriter in
  guard operation.formula != nil, operation.name != "broadcast_like" else { return nil }
  let spread = operation.operands.map { operand in
    (rewriter.definition(of: operand, "broadcast_per_image")
      ?? rewriter.definition(of: operand, "broadcast_like"))?
      .operands[0]
  }
  let shape = rewriter.type(of: operation.results[0]).dimensions
  let hasFullOperand = zip(operation.operands, spread).contains { operand, source in
    source == nil && rewriter.type(of: operand).dimensions == shape
  }
  guard hasFullOperand, spread.contains(where: { $0 != nil }) else { return nil }
  let operands = zip(operation.operands, spread).map { operand, source in source ?? operand }
  return try rewriter.add(operation.name, operands, operation.attributes)
}

/// Where all operands are numbers per image that were spread out, the numbers are combined and spread out once:
/// broadcast(a) * broadcast(b) = broadcast(a * b).
private let spreadLast: RewriteRule = { operation, rewriter in
  guard operation.formula != nil, operation.name != "broadcast_like" else { return nil }
  let spread = operation.operands.map { rewriter.definition(of: $0, "broadcast_per_image")?.operands[0] }
  guard spread.contains(where: { $0 != nil }) else { return nil }
  let numbers = zip(operation.operands, spread).compactMap { operand, source -> ValueID? in
    if let source { return source }
    let type = rewriter.type(of: operand)
    return type.isScalar || type.isPerImageNumber ? operand : nil
  }
  guard numbers.count == operation.operands.count else { return nil }
  let combined = try rewriter.add(operation.name, numbers, operation.attributes)
  let extents = rewriter.type(of: operation.results[0]).extents
  return try rewriter.add("broadcast_per_image", [combined], ["shape": .ints(extents)])
}

/// The mean of a number that was spread out over an image is the number; the sum is that many times it.
private let foldSumOfSpread: RewriteRule = { operation, rewriter in
  guard operation.name == "sum_per_image" || operation.name == "mean_per_image",
    let spread = rewriter.definition(of: operation.operands[0], "broadcast_per_image")
  else { return nil }
  if operation.name == "mean_per_image" { return spread.operands[0] }
  let count = rewriter.type(of: operation.operands[0]).count
  let factor = try rewriter.add("constant", [], ["value": .float(Double(count))])
  return try rewriter.add("mul", [spread.operands[0], factor])
}

/// A factor is applied to the scalar that is split among the images, not to each of its parts.
private let scaleBeforeSplitting: RewriteRule = { operation, rewriter in
  func whole(_ index: Int) -> ValueID? {
    rewriter.definition(of: operation.operands[index], "split_images")?.operands[0]
  }
  func isScalar(_ index: Int) -> Bool { rewriter.type(of: operation.operands[index]).isScalar }
  let scaled: [ValueID]
  switch operation.name {
  case "neg":
    guard let x = whole(0) else { return nil }
    scaled = [x]
  case "mul", "div":
    if let x = whole(0), isScalar(1) {
      scaled = [x, operation.operands[1]]
    } else if operation.name == "mul", let x = whole(1), isScalar(0) {
      scaled = [operation.operands[0], x]
    } else {
      return nil
    }
  default: return nil
  }
  return try rewriter.add("split_images", [try rewriter.add(operation.name, scaled)])
}

/// a * (c * x) = (a * c) * x and -(c * x) = -c * x where a and c are smaller than x: fewer elements are scaled.
private let scaleSmallestOperand: RewriteRule = { operation, rewriter in
  /// Splits a product that only this operation reads into a small factor and the rest.
  func factors(_ value: ValueID) -> (small: ValueID, rest: ValueID)? {
    guard let product = rewriter.definition(of: value, "mul"), rewriter.hasOneUse(value) else { return nil }
    let ranks = product.operands.map { rewriter.type(of: $0).rank }
    guard ranks[0] != ranks[1] else { return nil }
    let small = ranks[0] < ranks[1] ? 0 : 1
    return (product.operands[small], product.operands[1 - small])
  }
  switch operation.name {
  case "neg":
    // Only where the sign then vanishes: in a constant, or in the scalar that is split.
    guard let (small, rest) = factors(operation.operands[0]),
      rewriter.constant(small) != nil || rewriter.definition(of: small, "split_images") != nil
    else { return nil }
    return try rewriter.add("mul", [try rewriter.add("neg", [small]), rest])
  case "mul":
    for (scale, product) in [(0, 1), (1, 0)].map({ (operation.operands[$0], operation.operands[$1]) }) {
      guard let (small, rest) = factors(product), rewriter.type(of: small).isScalar,
        rewriter.type(of: scale).rank < rewriter.type(of: rest).rank
      else { continue }
      return try rewriter.add("mul", [try rewriter.add("mul", [scale, small]), rest])
    }
    return nil
  default: return nil
  }
}
