import IR
import Kernels

/// Where every value of an entry lies, fixed at compile time. Values that are never alive at the same time share memory;
/// a block's values lie together, so that the working set of a block is one piece of the arena.
public struct MemoryPlan: Sendable {
  public private(set) var tensors: [ValueID: PlannedTensor] = [:]
  /// Scratch of each operation, in the order in which it asked for it.
  public private(set) var scratch: [Int: [Location]] = [:]
  public private(set) var arena = ArenaLayout(sharedBytes: 0, blockBytes: 0)
  /// Results that have to be copied to their target behind the last operation.
  public private(set) var copies: [(result: Int, from: ValueID, to: Location)] = []
  /// What lies in the arena, for the reader of the plan.
  public private(set) var buffers: [Buffer] = []

  /// A piece of the arena, alive from one operation to another.
  public struct Buffer: Sendable {
    /// What lies in it, one after the other: each but the first took the place of its operation's operand, which was needed no
    /// more.
    public fileprivate(set) var values: [String]
    public let isPerBlock: Bool
    public let bytes: Int
    /// Bytes of one row of its images, where they have several; else 0.
    public let sampleBytes: Int
    public let first: Int
    public fileprivate(set) var last: Int
    public fileprivate(set) var offset = 0
  }

  /// - Parameters:
  ///   - globals: places of parameters and state.
  ///   - scratch: what each operation needs for itself.
  init(
    _ entry: Entry, globals: [String: Location], target: KernelTarget, scratch: (Operation) -> [Scratch]
  ) {
    var owners: [ValueID: Int] = [:]
    let lastUses = lastUses(entry)
    for (index, argument) in entry.arguments.enumerated() {
      tensors[argument.value] = PlannedTensor(type: entry.typeOf(argument.value), location: .input(index))
    }
    for index in entry.values.indices {
      if let name = entry.values[index].global, let place = globals[name] {
        tensors[ValueID(index)] = PlannedTensor(type: entry.typeOf(ValueID(index)), location: place)
      }
    }
    let direct = directTargets(entry, globals)
    var scratchOwners: [Int: [Int]] = [:]
    for (position, operation) in entry.operations.enumerated() {
      for operand in operation.operands {
        if let owner = owners[operand] { buffers[owner].last = position }
      }
      if operation.name == "reshape", direct[operation.results[0]] == nil {
        // The same elements in the same order: the same memory.
        let (source, result) = (operation.operands[0], operation.results[0])
        if let owner = owners[source] {
          owners[result] = owner
          continue
        } else if let tensor = tensors[source] {
          tensors[result] = PlannedTensor(type: entry.typeOf(result), location: tensor.location)
          continue
        }
      }
      for (index, result) in operation.results.enumerated() {
        let type = entry.typeOf(result)
        if let place = direct[result] {
          tensors[result] = PlannedTensor(type: type, location: place)
          continue
        }
        let name = entry[result].name ?? "\(operation.name).\(position)"
        if let owner = replaceable(by: index, of: operation, at: position, entry, owners, lastUses) {
          owners[result] = owner
          buffers[owner].values.append(name)
          continue
        }
        owners[result] = buffers.count
        buffers.append(
          Buffer(
            values: [name], isPerBlock: type.isPerImage, bytes: Self.bytes(type, target),
            sampleBytes: type.samples > 1 ? Self.bytesOfRow(type, target) : 0, first: position, last: position))
      }
      let samples = operation.samples(in: entry)
      for piece in scratch(operation) {
        scratchOwners[position, default: []].append(buffers.count)
        let bytes = Self.aligned(piece.bytes)
        // What all blocks share, the rows of an image share too.
        let rows = piece.isPerBlock ? samples : 1
        buffers.append(
          Buffer(
            values: ["\(operation.name).\(position).scratch"], isPerBlock: piece.isPerBlock,
            bytes: bytes * rows, sampleBytes: rows > 1 ? bytes : 0, first: position, last: position))
      }
    }
    for (index, result) in entry.results.enumerated()
    where directPlace(of: index, entry, globals, direct) == nil {
      copies.append((index, result.value, destination(of: index, entry, globals)))
      if let owner = owners[result.value] { buffers[owner].last = entry.operations.count }
    }
    // Old values of globals go to where they are wanted before new ones take their place.
    copies = copies.filter { entry[$0.from].global != nil } + copies.filter { entry[$0.from].global == nil }
    arena = ArenaLayout(sharedBytes: place(perBlock: false), blockBytes: place(perBlock: true))
    for (value, owner) in owners {
      tensors[value] = PlannedTensor(type: entry.typeOf(value), location: buffers[owner].location)
    }
    self.scratch = scratchOwners.mapValues { $0.map { buffers[$0].location } }
  }

  /// Makes the part that all blocks share at least so large.
  mutating func reserve(sharedBytes: Int) {
    arena = ArenaLayout(
      sharedBytes: Self.aligned(max(arena.sharedBytes, sharedBytes)), blockBytes: arena.blockBytes)
  }

  /// The buffer of an operand whose place a result may take: the operation works in place on it, and nothing needs it, under
  /// whatever shape, behind the operation.
  private func replaceable(
    by result: Int, of operation: Operation, at position: Int, _ entry: Entry, _ owners: [ValueID: Int],
    _ lastUses: [ValueID: Int]
  ) -> Int? {
    let type = entry.typeOf(operation.results[result])
    let owned = operation.operands.map { owners[$0] }
    for index in operation.operandsInPlace(of: result) {
      let operand = operation.operands[index]
      guard let owner = owned[index], case let other = entry.typeOf(operand),
        other.count == type.count, other.isPerImage == type.isPerImage, other.element == type.element,
        other.samples == type.samples,
        operation.formula != nil || owned.count(where: { $0 == owner }) == 1
      else { continue }
      let tenants = owners.filter { $0.value == owner }.keys
      if tenants.allSatisfy({ lastUses[$0, default: 0] <= position }) { return owner }
    }
    return nil
  }

  /// Where a result is wanted: in the caller's memory, or where the global lies that it is the new value of.
  private func destination(of result: Int, _ entry: Entry, _ globals: [String: Location]) -> Location {
    if case .global(let name) = entry.results[result].target, let place = globals[name] { return place }
    return .output(entry.outputNumber(of: result))
  }

  /// Offsets by first fit among the buffers that are alive at the same time; the bytes of the whole.
  private mutating func place(perBlock: Bool) -> Int {
    var placed: [Int] = []
    var total = 0
    for index in buffers.indices where buffers[index].isPerBlock == perBlock {
      let neighbours = placed.filter {
        buffers[$0].last >= buffers[index].first && buffers[$0].first <= buffers[index].last
      }.sorted { buffers[$0].offset < buffers[$1].offset }
      var offset = 0
      for other in neighbours {
        if offset + buffers[index].bytes <= buffers[other].offset { break }
        offset = max(offset, buffers[other].offset + buffers[other].bytes)
      }
      buffers[index].offset = offset
      total = max(total, offset + buffers[index].bytes)
      placed.append(index)
    }
    return Self.aligned(total)
  }

  /// Bytes of a value in a block, or in all for a value without images.
  static func bytes(_ type: TensorType, _ target: KernelTarget) -> Int {
    aligned(bytesOfRow(type, target) * type.samples)
  }

  /// Bytes of one row of each of a block's images.
  private static func bytesOfRow(_ type: TensorType, _ target: KernelTarget) -> Int {
    type.count * type.element.byteCount * (type.isPerImage ? target.blockImages : 1)
  }

  static func aligned(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
}

/// The position of the last operation that reads each value, behind the last for a result of the entry.
private func lastUses(_ entry: Entry) -> [ValueID: Int] {
  var last: [ValueID: Int] = [:]
  for (position, operation) in entry.operations.enumerated() {
    for operand in operation.operands { last[operand] = position }
  }
  for result in entry.results { last[result.value] = entry.operations.count }
  return last
}

extension MemoryPlan.Buffer {
  /// The values that lie in it, `conv2d.1 > relu.2`.
  public var name: String { values.joined(separator: " > ") }

  var location: Location {
    isPerBlock ? .block(offset: offset, sampleBytes: sampleBytes) : .shared(offset: offset)
  }
}

extension Entry {
  /// The type of a value of an entry whose types are all known.
  func typeOf(_ value: ValueID) -> TensorType { type(of: value) ?? .scalar }

  /// The results that the caller gives memory for: all but new values of globals.
  var outputs: [EntryResult] { results.filter { !$0.target.isGlobal } }

  /// The number of a result among `outputs`.
  func outputNumber(of result: Int) -> Int { results[..<result].count { !$0.target.isGlobal } }
}

extension ResultTarget {
  var isGlobal: Bool { if case .global = self { true } else { false } }
}

/// The values that their operations write straight to where the caller, or the next step, wants them: canonical results
/// to the caller's memory, new values of globals over the old ones where nothing reads those any more.
private func directTargets(_ entry: Entry, _ globals: [String: Location]) -> [ValueID: Location] {
  let definitions = entry.definitions()
  let users = entry.users()
  var direct: [ValueID: Location] = [:]
  for (index, result) in entry.results.enumerated() {
    guard let defined = definitions[result.value], direct[result.value] == nil else { continue }
    let type = entry.typeOf(result.value)
    guard entry.operations[defined].name != "reshape" else { continue }
    if case .global(let name) = result.target {
      let readers = entry.values.indices.filter { entry.values[$0].global == name }.flatMap {
        users[ValueID($0)] ?? []
      }
      // A result that is the old value is read last of all.
      let isReturned = entry.results.contains { entry[$0.value].global == name }
      let isOverwritable = !isReturned && readers.allSatisfy { $0 <= defined }
      let isElementwise = entry.operations[defined].worksInPlace
      if isOverwritable, isElementwise || !readers.contains(defined) { direct[result.value] = globals[name] }
    } else if type.layout == .canonical, !(type.isPerImage && entry.operations[defined].name != "relayout") {
      direct[result.value] = .output(entry.outputNumber(of: index))
    }
  }
  return direct
}

private func directPlace(
  of index: Int, _ entry: Entry, _ globals: [String: Location], _ direct: [ValueID: Location]
) -> Location? {
  let result = entry.results[index]
  guard let place = direct[result.value] else { return nil }
  if case .global(let name) = result.target { return place == globals[name] ? place : nil }
  return place == .output(entry.outputNumber(of: index)) ? place : nil
}

extension Operation {
  /// Rows for each image that the operation goes through, one after the other.
  func samples(in entry: Entry) -> Int {
    // What reduces rows goes through the images, and through their rows inside.
    if OpTable.standard[name]?.mapsSamples == false {
      return results.map { entry.typeOf($0).samples }.max() ?? 1
    }
    return name == "relayout" ? 1 : (operands + results).map { entry.typeOf($0).samples }.max() ?? 1
  }

  /// True for an operation that reads each element of its operands before it writes that element of its results, and
  /// no other.
  var worksInPlace: Bool { !formulas.isEmpty }

  /// The operands, by number, of which the operation reads no element behind the same element of a result, so that the result
  /// may take their place where they are of its size. One that it reads twice, in two ways, does not count.
  func operandsInPlace(of result: Int) -> [Int] {
    if formula != nil { return Array(operands.indices) }
    switch name {
    case "add_bias", "affine_channels": return [0]
    case "normalization_gradient": return [0, 1]
    // The gradient is made from the logits and the target pixel by pixel.
    case "bernoulli_loglik_sum_gradient": return result == 1 ? [0] : []
    // A tile reads the activation where it writes the gradient.
    // (A dense layer's sums are stored before they are complete.)
    case "conv2d", "conv2d_transpose":
      return ProductEpilogue(self).third == .activationOutput ? [2] : []
    default: return []
    }
  }
}
