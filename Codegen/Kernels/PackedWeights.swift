import LLVM

/// A kernel's weights as `[row][tile][column][depth][row of the tile]`, columns in the order in which positions visit them.
struct PackedWeights {
  private let pass: ConvolutionPass
  private let runs: [(start: Int, size: Int, tiles: Int)]
  private var kernelWidth: Int { pass.geometry.kernelWidth }

  init(_ pass: ConvolutionPass, tileRows: Int) {
    self.pass = pass
    runs = tileRuns(pass.rows, limit: tileRows)
  }

  /// Bytes from one row of the kernel to the next.
  var rowBytes: Int { pass.rows * kernelWidth * pass.depth * 4 }
  var byteCount: Int { pass.geometry.kernelHeight * rowBytes }

  /// The number of a column among those of its row: those of the first phase, then those of the second, and so on.
  func order(_ k: KernelBuilder, of column: LLVMValue) -> LLVMValue {
    let phases = pass.kernelStep.columns
    guard phases > 1 else { return column }
    let b = k.b
    let phase = b.urem(column, phases)
    // The first kernelWidth % phases of the phases have a column more than the others.
    let more = k.clamp(phase, 0, kernelWidth % phases)
    return b.add(b.add(b.mulIndex(phase, kernelWidth / phases), more), b.udiv(column, phases))
  }

  /// One task is a tile.
  func kernel(_ name: String, from: TensorSlot, to: TensorSlot) -> Kernel {
    Kernel(name, tasks: .fixed(runs.reduce(0) { $0 + $1.tiles })) { k, task in
      let b = k.b
      forTile(k, task.part) { row, size in
        let source = b.offset(k.address(from), bytes: b.mulIndex(row, pass.weightRowStep))
        let target = b.offset(k.address(to), bytes: b.mulIndex(row, kernelWidth * pass.depth * 4))
        b.forLoop(from: 0, to: b.i64(pass.depth), name: "depth") { depth in
          let weights = b.offset(source, bytes: b.mulIndex(depth, pass.weightDepthStep))
          b.forLoop(from: 0, to: b.i64(pass.geometry.kernelHeight), name: "row") { kernelRow in
            b.forLoop(from: 0, to: b.i64(kernelWidth), name: "column") { column in
              let tap = b.add(b.mulIndex(kernelRow, kernelWidth), column)
              let from = b.offset(weights, bytes: b.mulIndex(tap, 4))
              let step = b.add(b.mulIndex(order(k, of: column), pass.depth), depth)
              let to = b.offset(
                target, bytes: b.add(b.mulIndex(kernelRow, rowBytes), b.mulIndex(step, size * 4)))
              for index in 0..<size {
                let weight = k.loadFloat(b.offset(from, bytes: index * pass.weightRowStep))
                b.store(weight, to: b.offset(to, bytes: index * 4))
              }
            }
          }
        }
      }
    }
  }

  /// Runs `body(first row, rows)` for the tile of a number.
  private func forTile(_ k: KernelBuilder, _ tile: LLVMValue, _ body: (LLVMValue, Int) -> Void) {
    let b = k.b
    func run(_ number: Int, _ index: LLVMValue) {
      body(b.addIndex(b.mulIndex(index, runs[number].size), runs[number].start), runs[number].size)
    }
    guard runs.count == 2 else { return run(0, tile) }
    _ = b.ifThen(
      b.icmp(.slt, tile, runs[0].tiles), name: "run",
      {
        run(0, tile)
        return []
      },
      else: {
        run(1, b.sub(tile, runs[0].tiles))
        return []
      })
  }
}
