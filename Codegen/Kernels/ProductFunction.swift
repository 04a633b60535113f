import IR
import LLVM
import Random

/// What a product does with its accumulators before it stores them: scale, bias, then an activation; or an activation's
/// gradient by the activation's output.
public struct ProductEpilogue: Sendable {
  public enum Third: String, Sendable { case none, bias, activationOutput }

  /// The activation's name, or `none`.
  public let name: String
  public let third: Third
  /// Whether each row is multiplied by a number before the bias is added.
  public let isScaled: Bool
  /// The formula of the activation (of the accumulator), or of its gradient (of the accumulator and the output).
  public let formula: ScalarExpression?

  /// From an operation's attribute `epilogue` and its number of operands.
  public init(_ operation: Operation) {
    name = operation.attributes.symbol("epilogue") ?? "none"
    let definition = name == "none" ? nil : OpTable.standard[name]
    formula = definition?.formula
    isScaled = operation.operands.count > 3
    if definition?.operands.count == 2 {
      third = .activationOutput
    } else {
      third = operation.operands.count > 2 ? .bias : .none
    }
  }
}

/// The tensors that an epilogue reads: what an operation has behind the two operands of its product.
public struct EpilogueSlots: Sendable {
  let third: TensorSlot?
  let scale: TensorSlot?

  public init(_ operands: [TensorSlot]) {
    third = operands.count > 2 ? operands[2] : nil
    scale = operands.count > 3 ? operands[3] : nil
  }
}

/// A register tile with its epilogue as a function of its own: kernels call it for every tile of that shape, so that the
/// code stays small and a profiler shows it by name.
///
/// Where vectors lie together, as in dense layers and in what a convolution has gathered, layers differ in little else than how
/// far they go in memory and how deep: their tiles have the same code, which reads that from a table of the layer's. Where
/// they do not, convolutions have few channels and short products, for which reading it takes too long.
struct ProductFunction {
  let function: LLVMFunction
  let tile: ProductTile
  /// The table: the tile's `stepNumbers` and the bytes between rows of the result.
  private let table: LLVMValue?
  private let isScaled: Bool

  /// Arguments of a call, in the function's order. `third` is the first row's bias, or the place in the activation's
  /// output that belongs to `out`; any pointer where there is neither.
  struct Call {
    var vectors: LLVMValue
    var broadcasts: LLVMValue
    var outerCount: LLVMValue
    var innerCount: LLVMValue
    var out: LLVMValue
    var third: LLVMValue
    /// The first row's scale, where there is one.
    var scale: LLVMValue?
  }

  /// The module's function for a tile, defined on first use: layers whose tiles have the same shape, in whatever entry, share
  /// it.
  ///
  /// - Parameters:
  ///   - outStep: bytes between the rows of the result.
  ///   - part: of the sum, where a product's depth is cut.
  ///   - asksAhead: asks for the rows of the result before the product.
  init(
    _ k: KernelBuilder, tile: ProductTile, epilogue: ProductEpilogue, outStep: Int, part: ProductPart = .whole,
    asksAhead: Bool = false
  ) {
    self.tile = tile
    isScaled = epilogue.isScaled
    let b = k.b
    let numbers = tile.stepNumbers + [outStep]
    let isShared = tile.vectorStep == k.rowBytes
    table = isShared ? b.module.constant(numbers.map(Int64.init)) : nil
    let name = Self.name(isShared ? tile.shape : tile, epilogue, isShared ? nil : outStep, part, asksAhead)
    if let known = b.module.function(named: name) {
      function = known
      return
    }
    let pointer = b.context.pointer
    let i64 = b.context.i64
    let more = (isScaled ? ["scale"] : []) + (isShared ? ["table"] : [])
    let function = b.module.addFunction(
      name, [pointer, pointer, i64, i64, pointer, pointer] + more.map { _ in pointer },
      returning: b.context.void, linkage: .internal,
      parameterNames: ["vectors", "broadcasts", "outer", "inner", "out", "third"] + more)
    function.add(.noInline)
    // A gradient may take the place of the activation that it reads.
    if epilogue.third != .activationOutput { function.add(.noAlias, parameter: 4) }
    b.define(function) { p in
      let numbers = numbers.enumerated().map { index, number in
        isShared ? b.load(i64, from: b.offset(p[p.count - 1], bytes: index * 8)) : b.i64(number)
      }
      let outStep = numbers[numbers.count - 1]
      func place(_ row: Int, _ start: LLVMValue) -> LLVMValue {
        b.offset(start, bytes: b.mulIndex(outStep, row))
      }
      let initial = tile.rowOffsets.indices.map { row in
        guard part.isFirst else {
          return (0..<tile.vectors).map { k.loadVector(place(row, p[4]), $0) }
        }
        // A bias that is not scaled is what the sums begin with.
        let begins = epilogue.third == .bias && !epilogue.isScaled
        let value = begins ? k.broadcast(b.offset(p[5], bytes: row * 4)) : k.vector.zero
        return Array(repeating: value, count: tile.vectors)
      }
      if asksAhead {
        for row in 0..<tile.rows {
          // Rows a map apart are what no processor guesses; so their way from memory is hidden behind the product.
          if epilogue.third == .activationOutput { b.prefetchToRead(place(row, p[5]), bytes: k.rowBytes) }
          b.prefetchToWrite(place(row, p[4]), bytes: k.rowBytes)
        }
      }
      let sums = tile.emit(
        k, vectors: p[0], broadcasts: p[1], outerCount: p[2], innerCount: p[3], initial: initial,
        steps: ProductTile.Steps(numbers))
      for (row, vectors) in sums.enumerated() {
        for (index, sum) in vectors.enumerated() {
          var value = sum
          if part.isLast, epilogue.isScaled {
            let numbers = [p[6], p[5]].map { k.broadcast(b.offset($0, bytes: row * 4)) }
            value = b.fma(value, numbers[0], numbers[1])
          }
          if part.isLast, let formula = epilogue.formula {
            let output =
              epilogue.third == .activationOutput
              ? [k.loadVector(place(row, p[5]), index)] : []
            value = FormulaEmitter(b, lanes: k.lanes).emit(formula, operands: [value] + output)
          }
          k.storeVector(value, place(row, p[4]), index)
        }
      }
    }
    self.function = function
  }

  /// Rows x vectors, depth (`n` where it is any) and epilogue for the reader of a profile; all that the code depends on in the
  /// digits behind.
  private static func name(
    _ tile: ProductTile, _ epilogue: ProductEpilogue, _ outStep: Int?, _ part: ProductPart, _ asksAhead: Bool
  ) -> String {
    let identity =
      "\(tile) \(epilogue.name) \(epilogue.third) \(outStep.map(String.init) ?? "any") \(part) \(asksAhead)"
      + (epilogue.isScaled ? " scaled" : "")
    let digits = String(streamIdentifier(of: identity), radix: 16)
    let depth = outStep == nil && tile.isLoop ? "n" : "\(tile.depth)"
    let end = part.isLast ? epilogue.name : "partial"
    return "tile_\(tile.rows)x\(tile.vectors)_depth\(depth)_\(end).\(digits)"
  }

  func call(_ k: KernelBuilder, _ call: Call) {
    k.b.call(
      function,
      [call.vectors, call.broadcasts, call.outerCount, call.innerCount, call.out, call.third]
        + (isScaled ? [call.scale ?? call.third] : []) + (table.map { [$0] } ?? []))
  }
}

/// Which part of a sum a tile adds up: the first begins with a bias that is not scaled, others with what is stored; the last
/// ends with the epilogue.
struct ProductPart {
  var isFirst: Bool
  var isLast: Bool

  static let whole = ProductPart(isFirst: true, isLast: true)
}

/// How the broadcast operand of a product lies.
enum ProductBroadcasts {
  /// Bytes between its rows, and between its steps of depth.
  case strided(row: Int, depth: Int)
  /// Tile after tile, each `[depth][row]` for that whole depth, through which the inner loop goes; turns of the outer loop
  /// are this many bytes apart.
  case packed(depth: Int, outerStep: Int)
}

/// Tile functions for rows of a product: runs of tiles of equal size.
struct ProductRows {
  private struct Run {
    let start: Int
    let tiles: Int
    let product: ProductFunction
  }

  private let runs: [Run]
  /// Bytes between the first floats of two rows that begin tiles, for each row between them.
  private let broadcastRowStep: Int
  private let outStep: Int
  private let thirdRowStep: Int

  /// - Parameters:
  ///   - tileRows: the most rows of a tile.
  ///   - outStep: bytes between the result's rows.
  init(
    _ k: KernelBuilder, rows: Int, tileRows: Int, broadcasts: ProductBroadcasts, epilogue: ProductEpilogue,
    outStep: Int, depth: Int, vectorStep: Int, outer: ProductTile.Loop = .none, inner: ProductTile.Loop = .none,
    part: ProductPart = .whole, asksAhead: Bool = false, words: ProductWords = .floats
  ) {
    self.outStep = outStep
    thirdRowStep =
      switch epilogue.third {
      case .none: 0
      case .bias: 4
      case .activationOutput: outStep
      }
    broadcastRowStep =
      switch broadcasts {
      case .strided(let row, _): row
      case .packed(let wholeDepth, _): wholeDepth * 4
      }
    runs = tileRuns(rows, limit: tileRows).map { run in
      var (outer, inner) = (outer, inner)
      let rowStep: Int
      let depthStep: Int
      switch broadcasts {
      case .strided(let row, let depth): (rowStep, depthStep) = (row, depth)
      case .packed(_, let outerStep):
        (rowStep, depthStep) = (4, run.size * 4)
        outer.broadcastStep = outerStep
        inner = .init(vectorStep: depth * vectorStep, broadcastStep: depth * depthStep)
      }
      let tile = ProductTile(
        rowOffsets: (0..<run.size).map { $0 * rowStep }, vectors: k.target.tileVectors, depth: depth,
        vectorStep: vectorStep, broadcastStep: depthStep, outer: outer, inner: inner, words: words)
      let function = ProductFunction(
        k, tile: tile, epilogue: epilogue, outStep: outStep, part: part, asksAhead: asksAhead)
      return Run(start: run.start, tiles: run.tiles, product: function)
    }
  }

  /// Calls every tile in turn; `first` has the addresses of row 0. The depth begins with step `depthStart` of the broadcast
  /// operand.
  func callAll(_ k: KernelBuilder, _ first: ProductFunction.Call, depthStart: LLVMValue? = nil) {
    let b = k.b
    for run in runs {
      var start = first
      if let depthStart {
        start.broadcasts = b.offset(
          first.broadcasts, bytes: b.mulIndex(depthStart, run.product.tile.broadcastStep))
      }
      b.forLoop(from: 0, to: b.i64(run.tiles), name: "tile") { call(k, run, index: $0, start) }
    }
  }

  /// Calls the one tile of a number known at run time.
  func call(_ k: KernelBuilder, tile: LLVMValue, _ first: ProductFunction.Call) {
    let b = k.b
    guard runs.count == 2 else { return call(k, runs[0], index: tile, first) }
    _ = b.ifThen(
      b.icmp(.slt, tile, runs[0].tiles), name: "run",
      {
        call(k, runs[0], index: tile, first)
        return []
      },
      else: {
        call(k, runs[1], index: b.sub(tile, runs[0].tiles), first)
        return []
      })
  }

  private func call(_ k: KernelBuilder, _ run: Run, index: LLVMValue, _ first: ProductFunction.Call) {
    let b = k.b
    let row = b.addIndex(b.mulIndex(index, run.product.tile.rows), run.start)
    var call = first
    call.broadcasts = b.offset(first.broadcasts, bytes: b.mulIndex(row, broadcastRowStep))
    call.out = b.offset(first.out, bytes: b.mulIndex(row, outStep))
    if thirdRowStep > 0 { call.third = b.offset(first.third, bytes: b.mulIndex(row, thirdRowStep)) }
    call.scale = first.scale.map { b.offset($0, bytes: b.mulIndex(row, 4)) }
    run.product.call(k, call)
  }
}
