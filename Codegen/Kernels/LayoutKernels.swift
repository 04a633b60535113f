import IR
import LLVM

/// Between the caller's row-major images and blocks with images in the lanes: tiles of lanes x lanes, transposed in
/// registers. Rows past the call's last image are read as zeros and never written.
public enum LayoutKernels {
  private static let tilesPerTask = 4

  /// The caller's bytes or floats into a block. Bytes become `float(b) / 255`.
  public static func load(_ name: String, from: TensorSlot, to: TensorSlot, target: KernelTarget) -> Kernel {
    let features = from.type.count
    let isBytes = from.type.element == .u8
    return Kernel(name, tasks: .perBlock(taskCount(features, target))) { k, task in
      guard let block = task.block else { return }
      let b = k.b
      let source = k.address(from, block: block)
      let destination = k.address(to, block: block)
      let images = k.images(in: block)
      forEachTile(k, task.part, features: features) { first, width in
        for vector in 0..<k.target.tileVectors {
          let tile = loadTile(
            k, source, features: features, first: first, width: width, vector: b.i64(vector), images: images,
            isBytes: isBytes)
          for (feature, values) in tile.enumerated() {
            k.storeVector(
              values, b.offset(destination, bytes: b.mulIndex(b.addIndex(first, feature), k.rowBytes)), vector)
          }
        }
      }
    }
  }

  /// One tile of the caller's rows as vectors of images, a vector for each of `width` features; lanes without an image
  /// are zero.
  static func loadTile(
    _ k: KernelBuilder, _ source: LLVMValue, features: Int, first: LLVMValue, width: Int, vector: LLVMValue,
    images: LLVMValue, isBytes: Bool
  ) -> [LLVMValue] {
    let b = k.b
    let rows = (0..<k.lanes).map { lane in
      let image = b.addIndex(b.mulIndex(vector, k.lanes), lane)
      let isThere = b.icmp(.slt, image, images)
      // A row that is not there is read from the block's first image, and dropped.
      let row = b.select(isThere, image, b.i64(0))
      let values = loadRow(
        k, source, b.addIndex(b.mulIndex(row, features), first), width: width, isBytes: isBytes)
      return b.select(b.splat(isThere, lanes: k.lanes), values, k.vector.zero)
    }
    return Array(k.transpose(rows).prefix(width))
  }

  private static func loadRow(
    _ k: KernelBuilder, _ source: LLVMValue, _ offset: LLVMValue, width: Int, isBytes: Bool
  ) -> LLVMValue {
    let b = k.b
    let element = isBytes ? b.context.i8 : b.context.f32
    let type = element.lanes(k.lanes)
    let address = b.offset(source, bytes: b.mulIndex(offset, isBytes ? 1 : 4))
    let values =
      width == k.lanes
      ? b.load(type, from: address)
      : b.maskedLoad(type, from: address, mask: b.mask(below: b.i32(width), lanes: k.lanes))
    return isBytes ? greyLevels(k, values) : values
  }

  /// `float(b) / 255` of bytes.
  static func greyLevels(_ k: KernelBuilder, _ bytes: LLVMValue) -> LLVMValue {
    k.b.fdiv(k.b.uitofp(k.b.zext(bytes, to: k.b.context.i32), to: k.b.context.f32), 255.0)
  }

  /// A block's floats into the caller's rows.
  public static func store(_ name: String, from: TensorSlot, to: TensorSlot, target: KernelTarget) -> Kernel {
    let features = from.type.count
    return Kernel(name, tasks: .perBlock(taskCount(features, target))) { k, task in
      guard let block = task.block else { return }
      let b = k.b
      let source = k.address(from, block: block)
      let destination = k.address(to, block: block)
      let images = k.images(in: block)
      k.forEachVector { vector in
        forEachTile(k, task.part, features: features) { first, width in
          let rows = (0..<k.lanes).map { feature in
            feature < width
              ? k.loadVector(
                b.offset(source, bytes: b.mulIndex(b.addIndex(first, feature), k.rowBytes)), vector)
              : k.vector.zero
          }
          for (lane, values) in k.transpose(rows).enumerated() {
            let image = b.addIndex(b.mulIndex(vector, k.lanes), lane)
            b.ifThen(b.icmp(.slt, image, images), name: "image") {
              let place = b.addIndex(first, b.mulIndex(image, features))
              let address = b.offset(destination, bytes: b.mulIndex(place, 4))
              if width == k.lanes {
                b.store(values, to: address)
              } else {
                b.maskedStore(values, to: address, mask: b.mask(below: b.i32(width), lanes: k.lanes))
              }
            }
          }
        }
      }
    }
  }

  /// The caller's rows as they are, for a value that is returned twice.
  public static func copyRows(_ name: String, from: TensorSlot, to: TensorSlot) -> Kernel {
    let bytes = from.type.count * from.type.element.byteCount
    return Kernel(name, tasks: .perBlock(1)) { k, task in
      guard let block = task.block else { return }
      let b = k.b
      let (source, destination) = (k.address(from, block: block), k.address(to, block: block))
      b.forLoop(from: 0, to: b.mulIndex(k.images(in: block), bytes), name: "byte") { byte in
        b.store(
          b.load(b.context.i8, from: b.offset(source, bytes: byte)), to: b.offset(destination, bytes: byte))
      }
    }
  }

  private static func taskCount(_ features: Int, _ target: KernelTarget) -> Int {
    let tiles = (features + target.lanes - 1) / target.lanes
    return (tiles + tilesPerTask - 1) / tilesPerTask
  }

  /// The feature tiles of one task: the first feature and the number of features, less than `lanes` in the last tile.
  private static func forEachTile(
    _ k: KernelBuilder, _ part: LLVMValue, features: Int, _ body: (LLVMValue, Int) -> Void
  ) {
    let b = k.b
    let whole = features / k.lanes
    let first = b.mulIndex(part, tilesPerTask)
    let past = b.addIndex(first, tilesPerTask)
    let end = b.select(b.icmp(.slt, past, whole), past, b.i64(whole))
    b.forLoop(from: first, to: end, name: "tile") { body(b.mulIndex($0, k.lanes), k.lanes) }
    if features % k.lanes > 0 {
      let last = b.udiv(b.i64(whole), tilesPerTask)
      b.ifThen(b.icmp(.eq, part, last), name: "rest") { body(b.i64(whole * k.lanes), features % k.lanes) }
    }
  }
}
