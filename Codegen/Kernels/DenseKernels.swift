import IR
import LLVM

/// Dense layers over blocks of images. The vector operand is a block's row of numbers, one lane an image; the broadcast
/// operand is the weights where they lie, `[out, in]`: shapes are constants here, so each row of a tile is a
/// displacement from one pointer.
///
/// Where there are rows for many tiles, the loops are cut so that what is read again is in a near cache: a task has
/// about `groupRows` rows of all blocks, and goes through the depth in pieces of `pieceDepth` (knobs of its schedule). A piece of a
/// block's numbers is read by every tile from the first cache, the piece of the task's weights by every block from the second, and
/// each weight comes from memory once a call. Between pieces a tile's sums are stored, two memory operations for each
/// `pieceDepth` multiply-adds. Where the weights' rows are the product's depth (the data gradient), a piece is copied first, since
/// columns of a matrix, often a power of two apart, crowd a few sets of the caches.
public enum DenseKernels {
  /// `y[o] = epilogue(sum over i of w[o, i] x[i])`.
  ///
  /// - Parameter words: what x and w hold; the inputs of both are words.
  public static func forward(
    _ name: String, operation: Operation, x: TensorSlot, w: TensorSlot, epilogue: EpilogueSlots, y: TensorSlot,
    words: ProductWords, schedule: KernelSchedule
  ) -> Kernel {
    let (outputs, inputs) = (w.type.extents[0], w.type.extents[1])
    return DenseProduct(
      epilogue: ProductEpilogue(operation), slots: epilogue, from: x, weights: w, to: y, rows: outputs,
      depth: inputs, rowStep: inputs * 4, depthStep: 4, words: words, schedule: schedule
    ).kernel(name)
  }

  /// `dx[i] = epilogue(sum over o of w[o, i] dy[o])`.
  ///
  /// - Parameter words: what dy and w hold; the outputs of both are words.
  public static func dataGradient(
    _ name: String, operation: Operation, dy: TensorSlot, w: TensorSlot, epilogue: EpilogueSlots,
    dx: TensorSlot, words: ProductWords, schedule: KernelSchedule
  ) -> Kernel {
    let (outputs, inputs) = (w.type.extents[0], w.type.extents[1])
    return DenseProduct(
      epilogue: ProductEpilogue(operation), slots: epilogue, from: dy, weights: w, to: dx, rows: inputs,
      depth: outputs, rowStep: 4, depthStep: inputs * 4, words: words, schedule: schedule
    ).kernel(name)
  }
}

/// The groups of rows that tasks do: of equal size but for one row, and a multiple of eight, so that two, four or eight threads
/// have the same number.
struct DenseGroups {
  let rows: Int
  /// About as many rows as a group is to have.
  let groupRows: Int

  var wanted: Int { max(8, ((rows + groupRows - 1) / groupRows + 4) / 8 * 8) }
  var runs: [(start: Int, size: Int, tiles: Int)] {
    tileRuns(rows, limit: (rows + wanted - 1) / wanted)
  }
}

/// A product of weights with each block's numbers.
private struct DenseProduct {
  let epilogue: ProductEpilogue
  let slots: EpilogueSlots
  let from: TensorSlot
  let weights: TensorSlot
  let to: TensorSlot
  let rows: Int
  let depth: Int
  /// Bytes between the weights of neighbouring rows, and of neighbouring steps of depth.
  let rowStep: Int
  let depthStep: Int
  let words: ProductWords
  let schedule: KernelSchedule

  private var tileRows: Int { schedule[.tileRows] }
  /// Columns may be copied; rows are read where they lie.
  private var copiesColumns: Bool { rowStep == 4 && schedule[.copiesColumns] > 0 }

  func kernel(_ name: String) -> Kernel { schedule[.groupRows] > 0 ? group(name) : tile(name) }

  /// One task is one tile of rows for one block.
  private func tile(_ name: String) -> Kernel {
    let tiles = tileRuns(rows, limit: tileRows).reduce(0) { $0 + $1.tiles }
    return Kernel(name, tasks: .perBlock(tiles)) { k, task in
      let result = k.address(to, block: task.block)
      let product = ProductRows(
        k, rows: rows, tileRows: tileRows, broadcasts: .strided(row: rowStep, depth: depthStep),
        epilogue: epilogue,
        outStep: k.rowBytes, depth: depth, vectorStep: k.rowBytes, words: words)
      product.call(
        k, tile: task.part,
        ProductFunction.Call(
          vectors: k.address(from, block: task.block), broadcasts: k.address(weights), outerCount: k.b.i64(1),
          innerCount: k.b.i64(1), out: result,
          third: slots.third.map { k.address($0, block: task.block) } ?? result,
          scale: slots.scale.map { k.address($0) }))
    }
  }

  /// One task is a group of rows for all blocks.
  private func group(_ name: String) -> Kernel {
    let groups = DenseGroups(rows: rows, groupRows: schedule[.groupRows]).runs
    return Kernel(name, tasks: .fixed(groups.reduce(0) { $0 + $1.tiles })) { k, task in
      let b = k.b
      let padded = paddedRows(groups[0].size, k)
      var pieceDepth = schedule[.pieceDepth]
      // What is copied lies on the stack.
      if copiesColumns { pieceDepth = max(1, min(pieceDepth, 2 * k.target.gatheredBytes / (padded * 4))) }
      let bytes = padded * min(depth, pieceDepth) * 4
      let copy = copiesColumns ? b.stackSlot(b.context.i8.array(of: bytes), align: 64, name: "piece") : nil
      func run(_ group: (start: Int, size: Int, tiles: Int), _ index: LLVMValue) {
        let first = b.addIndex(b.mulIndex(index, group.size), group.start)
        pieces(k, first: first, count: group.size, pieceDepth: pieceDepth, copy: copy)
      }
      guard groups.count == 2 else { return run(groups[0], task.part) }
      _ = b.ifThen(
        b.icmp(.slt, task.part, groups[0].tiles), name: "group",
        {
          run(groups[0], task.part)
          return []
        },
        else: {
          run(groups[1], b.sub(task.part, groups[0].tiles))
          return []
        })
    }
  }

  /// All pieces of the depth for `count` rows from `first` on.
  private func pieces(
    _ k: KernelBuilder, first: LLVMValue, count: Int, pieceDepth: Int, copy: LLVMValue?
  ) {
    let b = k.b
    let whole = (depth + pieceDepth - 1) / pieceDepth
    func run(_ start: LLVMValue, _ size: Int, _ part: ProductPart) {
      piece(k, first: first, count: count, start: start, size: size, copy: copy, part)
    }
    guard whole > 1 else { return run(b.i64(0), depth, .whole) }
    let last = (whole - 1) * pieceDepth
    run(b.i64(0), pieceDepth, ProductPart(isFirst: true, isLast: false))
    b.forLoop(from: pieceDepth, to: b.i64(last), step: pieceDepth, name: "piece") {
      run($0, pieceDepth, ProductPart(isFirst: false, isLast: false))
    }
    run(b.i64(last), depth - last, ProductPart(isFirst: false, isLast: true))
  }

  private func piece(
    _ k: KernelBuilder, first: LLVMValue, count: Int, start: LLVMValue, size: Int, copy: LLVMValue?,
    _ part: ProductPart
  ) {
    let b = k.b
    let offset = b.add(b.mulIndex(first, rowStep), b.mulIndex(start, depthStep))
    var piece = b.offset(k.address(weights), bytes: offset)
    var broadcasts = ProductBroadcasts.strided(row: rowStep, depth: depthStep)
    if let copy {
      fill(copy, k, piece, rows: count, depth: size)
      piece = copy
      broadcasts = .strided(row: 4, depth: paddedRows(count, k) * 4)
    }
    let product = ProductRows(
      k, rows: count, tileRows: tileRows, broadcasts: broadcasts, epilogue: epilogue, outStep: k.rowBytes,
      depth: size,
      vectorStep: k.rowBytes, part: part, words: words)
    b.forLoop(from: 0, to: k.blocks(), name: "block") { block in
      func rowsOf(_ slot: TensorSlot) -> LLVMValue {
        b.offset(k.address(slot, block: block), bytes: b.mulIndex(first, k.rowBytes))
      }
      func numbersOf(_ slot: TensorSlot) -> LLVMValue {
        b.offset(k.address(slot), bytes: b.mulIndex(first, 4))
      }
      let result = rowsOf(to)
      let third = slots.third.map { epilogue.third == .bias ? numbersOf($0) : rowsOf($0) }
      product.callAll(
        k,
        ProductFunction.Call(
          vectors: b.offset(k.address(from, block: block), bytes: b.mulIndex(start, k.rowBytes)),
          broadcasts: piece, outerCount: b.i64(1), innerCount: b.i64(1), out: result, third: third ?? result,
          scale: slots.scale.map(numbersOf)))
    }
  }

  private func paddedRows(_ count: Int, _ k: KernelBuilder) -> Int { (count + k.lanes - 1) / k.lanes * k.lanes }

  /// Copies a piece whose rows are neighbours: `[depth][row]`, rows padded to whole vectors.
  private func fill(_ copy: LLVMValue, _ k: KernelBuilder, _ source: LLVMValue, rows: Int, depth: Int) {
    let b = k.b
    let padded = paddedRows(rows, k)
    b.forLoop(from: 0, to: b.i64(depth), name: "copy") { step in
      let from = b.offset(source, bytes: b.mulIndex(step, depthStep))
      let to = b.offset(copy, bytes: b.mulIndex(step, padded * 4))
      for vector in 0..<padded / k.lanes {
        let (from, to) = (
          b.offset(from, bytes: vector * k.lanes * 4), b.offset(to, bytes: vector * k.lanes * 4)
        )
        let rest = rows - vector * k.lanes
        let values =
          rest >= k.lanes
          ? b.load(k.vector, from: from)
          : b.maskedLoad(k.vector, from: from, mask: b.mask(below: b.i32(rest), lanes: k.lanes))
        b.store(values, to: to)
      }
    }
  }
}
