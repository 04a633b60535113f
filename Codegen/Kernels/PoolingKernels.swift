import IR
import LLVM

/// Windows over the channels of images. Every load and store is a full vector of images; a kernel without padding has its
/// taps written out, so that average pooling by two costs four loads, four additions and a store per vector: as fast as
/// memory gives and takes.
public enum PoolingKernels {
  /// `y = scale * sum of each window`.
  public static func sum(
    _ name: String, x: TensorSlot, y: TensorSlot, geometry g: ConvolutionGeometry, scale: Double
  ) -> Kernel {
    windows(name, [x], y: y, geometry: g) { k, from, window in
      let zeros = Array(repeating: k.vector.zero, count: k.target.tileVectors)
      let sums = window.reduce(k, zeros) { sums, offset, _ in
        sums.indices.map { k.b.add(sums[$0], k.loadVector(k.b.offset(from[0], bytes: offset), $0)) }
      }
      return scale == 1 ? sums : sums.map { k.b.mul($0, scale) }
    }
  }

  /// `y = largest element of each window`.
  public static func largest(
    _ name: String, x: TensorSlot, y: TensorSlot, geometry g: ConvolutionGeometry
  ) -> Kernel {
    windows(name, [x], y: y, geometry: g) { k, from, window in
      let lowest = k.vector.constant(-Double.infinity)
      return window.reduce(k, Array(repeating: lowest, count: k.target.tileVectors)) { largest, offset, _ in
        largest.indices.map { k.b.maximum(k.loadVector(k.b.offset(from[0], bytes: offset), $0), largest[$0]) }
      }
    }
  }

  /// `y = the element of "from" where x is largest first, for each window`.
  public static func select(
    _ name: String, from: TensorSlot, x: TensorSlot, y: TensorSlot, geometry g: ConvolutionGeometry
  ) -> Kernel {
    windows(name, [x, from], y: y, geometry: g) { k, from, window in
      window.chosen(k, from: from[0], k.vector.zero) { offset, vector, _ in
        k.loadVector(k.b.offset(from[1], bytes: offset), vector)
      }
    }
  }

  /// One task is some rows of the map; `body` makes the vectors of one window.
  private static func windows(
    _ name: String, _ images: [TensorSlot], y: TensorSlot, geometry g: ConvolutionGeometry,
    _ body: @escaping (KernelBuilder, _ images: [LLVMValue], Window) -> [LLVMValue]
  ) -> Kernel {
    let rows = MapRows(y.type)
    return Kernel(name, tasks: rows.tasks) { k, task in
      let b = k.b
      let (from, to) = (images.map { k.address($0, block: task.block) }, k.address(y, block: task.block))
      rows.forEach(k, task) { channel, row in
        let taps = Taps(
          k, row, stride: g.strideHeight, pad: g.padTop, extent: g.inputHeight, g.kernelHeight, g.isPadded)
        let source = b.addIndex(b.mulIndex(channel, g.inputHeight), taps.start)
        let target = b.mulIndex(b.addIndex(b.mulIndex(channel, g.outputHeight), row), g.outputWidth)
        b.forLoop(from: 0, to: b.i64(g.outputWidth), name: "column") { column in
          let columns = Taps(
            k, column, stride: g.strideWidth, pad: g.padLeft, extent: g.inputWidth, g.kernelWidth, g.isPadded)
          let first = b.addIndex(b.mulIndex(source, g.inputWidth), columns.start)
          let window = Window(
            offset: b.mulIndex(first, k.rowBytes), rows: taps, columns: columns,
            rowStep: g.inputWidth * k.rowBytes)
          let place = b.offset(to, bytes: b.mulIndex(b.addIndex(target, column), k.rowBytes))
          for (index, value) in body(k, from, window).enumerated() { k.storeVector(value, place, index) }
        }
      }
    }
  }

  /// `dx = dy where x is first largest in its window, summed over the windows`; one task is one channel of a block.
  ///
  /// A window is read twice: for the place of its first maximum, then tap by tap to add `dy` there. Where windows do not
  /// overlap, the second time only stores.
  public static func largestGradient(
    _ name: String, dy: TensorSlot, x: TensorSlot, dx: TensorSlot, geometry g: ConvolutionGeometry
  ) -> Kernel {
    Kernel(name, tasks: .perBlock(g.inputChannels)) { k, task in
      let b = k.b
      let vectors = k.target.tileVectors
      let area = g.inputHeight * g.inputWidth
      func channel(_ slot: TensorSlot, _ rows: Int) -> LLVMValue {
        b.offset(k.address(slot, block: task.block), bytes: b.mulIndex(task.part, rows * k.rowBytes))
      }
      let (from, to) = (channel(x, area), channel(dx, area))
      let gradients = channel(dy, g.outputHeight * g.outputWidth)
      if !g.tiles { fill(k, to, rows: area) }
      b.forLoop(from: 0, to: b.i64(g.outputHeight), name: "row") { row in
        let rows = Taps(
          k, row, stride: g.strideHeight, pad: g.padTop, extent: g.inputHeight, g.kernelHeight, g.isPadded)
        b.forLoop(from: 0, to: b.i64(g.outputWidth), name: "column") { column in
          let columns = Taps(
            k, column, stride: g.strideWidth, pad: g.padLeft, extent: g.inputWidth, g.kernelWidth, g.isPadded)
          let first = b.mulIndex(b.addIndex(b.mulIndex(rows.start, g.inputWidth), columns.start), k.rowBytes)
          let window = Window(
            offset: first, rows: rows, columns: columns, rowStep: g.inputWidth * k.rowBytes)
          let places = window.chosen(k, from: from, b.context.i32.lanes(k.lanes).zero) { _, _, tap in
            b.splat(tap, lanes: k.lanes)
          }
          let place = b.mulIndex(b.addIndex(b.mulIndex(row, g.outputWidth), column), k.rowBytes)
          let arrived = (0..<vectors).map { k.loadVector(b.offset(gradients, bytes: place), $0) }
          _ = window.reduce(k, []) { _, offset, tap in
            let address = b.offset(to, bytes: offset)
            for index in 0..<vectors {
              let isFirst = b.icmp(.eq, places[index], b.splat(tap, lanes: k.lanes))
              let share = b.select(isFirst, arrived[index], k.vector.zero)
              let sum = g.overlaps ? b.add(k.loadVector(address, index), share) : share
              k.storeVector(sum, address, index)
            }
            return []
          }
        }
      }
    }
  }

  /// `x = scale * sum over the windows that hold it of y`; one task is some rows of the image.
  public static func spread(
    _ name: String, y: TensorSlot, x: TensorSlot, geometry g: ConvolutionGeometry, scale: Double
  ) -> Kernel {
    let rows = MapRows(x.type)
    return Kernel(name, tasks: rows.tasks) { k, task in
      let b = k.b
      let (from, to) = (k.address(y, block: task.block), k.address(x, block: task.block))
      rows.forEach(k, task) { channel, row in
        let target = b.mulIndex(b.addIndex(b.mulIndex(channel, g.inputHeight), row), g.inputWidth * k.rowBytes)
        let map = b.offset(
          from, bytes: b.mulIndex(channel, g.outputHeight * g.outputWidth * k.rowBytes))
        if g.strideWidth == g.kernelWidth, g.strideHeight == g.kernelHeight, !g.isPadded {
          repeatRow(k, map: map, to: b.offset(to, bytes: target), row: row, geometry: g, scale: scale)
        } else {
          gatherRow(k, map: map, to: b.offset(to, bytes: target), row: row, geometry: g, scale: scale)
        }
      }
    }
  }

  /// A row of the image where windows lie side by side: each element of the map, repeated.
  private static func repeatRow(
    _ k: KernelBuilder, map: LLVMValue, to: LLVMValue, row: LLVMValue, geometry g: ConvolutionGeometry,
    scale: Double
  ) {
    let b = k.b
    let mapRow = b.udiv(row, g.strideHeight)
    func store(_ value: LLVMValue, _ vector: Int, at column: LLVMValue) {
      k.storeVector(value, b.offset(to, bytes: b.mulIndex(column, k.rowBytes)), vector)
    }
    func repeated() {
      b.forLoop(from: 0, to: b.i64(g.outputWidth), name: "column") { column in
        let place = b.mulIndex(b.addIndex(b.mulIndex(mapRow, g.outputWidth), column), k.rowBytes)
        for vector in 0..<k.target.tileVectors {
          let loaded = k.loadVector(b.offset(map, bytes: place), vector)
          let value = scale == 1 ? loaded : b.mul(loaded, scale)
          b.forLoop(from: 0, to: b.i64(g.kernelWidth), name: "copy") { copy in
            store(value, vector, at: b.addIndex(b.mulIndex(column, g.strideWidth), copy))
          }
        }
      }
      zeros(from: g.outputWidth * g.strideWidth)
    }
    func zeros(from column: Int) {
      b.forLoop(from: b.i64(column), to: b.i64(g.inputWidth), name: "gap") { column in
        for vector in 0..<k.target.tileVectors { store(k.vector.zero, vector, at: column) }
      }
    }
    guard g.inputHeight > g.outputHeight * g.strideHeight else { return repeated() }
    b.ifThen(
      b.icmp(.slt, mapRow, g.outputHeight), name: "reached",
      {
        repeated()
        return []
      },
      else: {
        zeros(from: 0)
        return []
      })
  }

  /// A row of the image where windows overlap, lie apart or reach into padding.
  private static func gatherRow(
    _ k: KernelBuilder, map: LLVMValue, to: LLVMValue, row: LLVMValue, geometry g: ConvolutionGeometry,
    scale: Double
  ) {
    let b = k.b
    // Position p lies in the windows from ceil((p + pad - kernel + 1) / stride) to floor((p + pad) / stride).
    func holders(_ position: LLVMValue, stride: Int, pad: Int, kernel: Int, count: Int) -> (
      LLVMValue, LLVMValue
    ) {
      let padded = b.addIndex(position, pad)
      let first = b.sdiv(b.addIndex(padded, stride - kernel), stride)
      let end = b.minimum(b.addIndex(b.udiv(padded, stride), 1), b.i64(count))
      return (b.maximum(first, b.i64(0)), end)
    }
    let rows = holders(
      row, stride: g.strideHeight, pad: g.padTop, kernel: g.kernelHeight, count: g.outputHeight)
    b.forLoop(from: 0, to: b.i64(g.inputWidth), name: "column") { column in
      let columns = holders(
        column, stride: g.strideWidth, pad: g.padLeft, kernel: g.kernelWidth, count: g.outputWidth)
      let zeros = Array(repeating: k.vector.zero, count: k.target.tileVectors)
      let sums = b.forLoop(from: rows.0, to: rows.1, carrying: zeros, name: "windowrow") { windowRow, sums in
        b.forLoop(from: columns.0, to: columns.1, carrying: sums, name: "window") { window, sums in
          let place = b.addIndex(b.mulIndex(windowRow, g.outputWidth), window)
          let address = b.offset(map, bytes: b.mulIndex(place, k.rowBytes))
          return sums.indices.map { b.add(sums[$0], k.loadVector(address, $0)) }
        }
      }
      let address = b.offset(to, bytes: b.mulIndex(column, k.rowBytes))
      for (vector, sum) in sums.enumerated() {
        k.storeVector(scale == 1 ? sum : b.mul(sum, scale), address, vector)
      }
    }
  }

  /// `y[n, c] = mean over the positions of x[n, c]`.
  public static func meanPositions(_ name: String, x: TensorSlot, y: TensorSlot) -> Kernel {
    let runs = ChannelRuns(x.type)
    return Kernel(name, tasks: .perBlock(runs.count)) { k, task in
      let b = k.b
      let (from, to) = (k.address(x, block: task.block), k.address(y, block: task.block))
      runs.forEach(k, task.part) { channel in
        let rows = b.offset(from, bytes: b.mulIndex(channel, runs.positions * k.rowBytes))
        for vector in 0..<k.target.tileVectors {
          let sum = ReductionKernels.sumRows(k, from: rows, rows: runs.positions, vector: vector)
          k.storeVector(
            b.mul(sum, 1 / Double(runs.positions)), b.offset(to, bytes: b.mulIndex(channel, k.rowBytes)), vector
          )
        }
      }
    }
  }

  /// `y[n, c, ...] = scale * x[n, c]`.
  public static func repeatPositions(_ name: String, x: TensorSlot, y: TensorSlot, scale: Double) -> Kernel {
    let runs = ChannelRuns(y.type)
    return Kernel(name, tasks: .perBlock(runs.count)) { k, task in
      let b = k.b
      let (from, to) = (k.address(x, block: task.block), k.address(y, block: task.block))
      runs.forEach(k, task.part) { channel in
        let rows = b.offset(to, bytes: b.mulIndex(channel, runs.positions * k.rowBytes))
        for vector in 0..<k.target.tileVectors {
          let loaded = k.loadVector(b.offset(from, bytes: b.mulIndex(channel, k.rowBytes)), vector)
          let value = scale == 1 ? loaded : b.mul(loaded, scale)
          b.forLoop(from: 0, to: b.i64(runs.positions), name: "position") { position in
            k.storeVector(value, b.offset(rows, bytes: b.mulIndex(position, k.rowBytes)), vector)
          }
        }
      }
    }
  }

  private static func fill(_ k: KernelBuilder, _ to: LLVMValue, rows: Int) {
    let b = k.b
    b.forLoop(from: 0, to: b.i64(rows), name: "zero") { row in
      for vector in 0..<k.target.tileVectors {
        k.storeVector(k.vector.zero, b.offset(to, bytes: b.mulIndex(row, k.rowBytes)), vector)
      }
    }
  }
}

/// The taps of a window along one axis that lie inside the image. There is one at least: padding is below the kernel.
private struct Taps {
  /// The first position inside the image.
  let start: LLVMValue
  let count: LLVMValue

  init(
    _ k: KernelBuilder, _ position: LLVMValue, stride: Int, pad: Int, extent: Int, _ kernel: Int,
    _ isPadded: Bool
  ) {
    let b = k.b
    let origin = b.sub(b.mulIndex(position, stride), pad)
    guard isPadded else {
      start = origin
      count = b.i64(kernel)
      return
    }
    start = b.maximum(origin, b.i64(0))
    count = b.sub(b.minimum(b.addIndex(origin, kernel), b.i64(extent)), start)
  }
}

/// One window of a channel.
private struct Window {
  /// Of its first element inside the image, in bytes.
  let offset: LLVMValue
  let rows: Taps
  let columns: Taps
  /// Bytes between the image's rows.
  let rowStep: Int

  /// Kernels up to this many taps are written out.
  private static let unrolledTaps = 16

  /// Runs `body` for each element in the order of rows and columns: with what the one before returned, the element's offset in
  /// bytes and its number (i32).
  func reduce(
    _ k: KernelBuilder, _ initial: [LLVMValue],
    _ body: (_ carried: [LLVMValue], _ offset: LLVMValue, _ tap: LLVMValue) -> [LLVMValue]
  ) -> [LLVMValue] {
    let b = k.b
    if let height = rows.count.constantInteger, let width = columns.count.constantInteger,
      height * width <= Self.unrolledTaps
    {
      return (0..<height * width).reduce(initial) { carried, tap in
        let place = tap / width * rowStep + tap % width * k.rowBytes
        return body(carried, b.addIndex(offset, place), b.i32(tap))
      }
    }
    return b.forLoop(from: 0, to: rows.count, carrying: initial, name: "taprow") { row, carried in
      let first = b.addIndex(offset, b.mulIndex(row, rowStep))
      return b.forLoop(from: 0, to: columns.count, carrying: carried, name: "tap") { column, carried in
        let tap = b.trunc(b.add(b.mul(row, columns.count), column), to: b.context.i32)
        return body(carried, b.addIndex(first, b.mulIndex(column, k.rowBytes)), tap)
      }
    }
  }

  /// What belongs to the first largest element of the window in an image, for each vector of images: `value` of its offset,
  /// the vector and its number.
  func chosen(
    _ k: KernelBuilder, from image: LLVMValue, _ initial: LLVMValue,
    _ value: (_ offset: LLVMValue, _ vector: Int, _ tap: LLVMValue) -> LLVMValue
  ) -> [LLVMValue] {
    let b = k.b
    let vectors = k.target.tileVectors
    let lowest = k.vector.constant(-Double.infinity)
    let start = Array(repeating: lowest, count: vectors) + Array(repeating: initial, count: vectors)
    let found = reduce(k, start) { carried, offset, tap in
      let address = b.offset(image, bytes: offset)
      var next = carried
      for vector in 0..<vectors {
        let element = k.loadVector(address, vector)
        let isLarger = b.fcmp(.ogt, element, carried[vector])
        next[vector] = b.select(isLarger, element, carried[vector])
        next[vectors + vector] = b.select(isLarger, value(offset, vector, tap), carried[vectors + vector])
      }
      return next
    }
    return Array(found[vectors...])
  }
}

extension ConvolutionGeometry {
  /// Whether windows reach into padding. Behind the last one there may be elements that none reaches.
  fileprivate var isPadded: Bool {
    padTop > 0 || padLeft > 0 || (outputHeight - 1) * strideHeight + kernelHeight > inputHeight
      || (outputWidth - 1) * strideWidth + kernelWidth > inputWidth
  }

  fileprivate var overlaps: Bool { strideHeight < kernelHeight || strideWidth < kernelWidth }

  /// Whether every element lies in exactly one window.
  fileprivate var tiles: Bool {
    strideHeight == kernelHeight && strideWidth == kernelWidth && !isPadded
      && outputHeight * strideHeight == inputHeight && outputWidth * strideWidth == inputWidth
  }
}
