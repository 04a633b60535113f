import Artifact
import CModel
import Foundation
import IR
import Kernels
import Lowering
import Runtime

/// A module after its last pass, compiled for a target into a folder, loaded, and called through the C interface with
/// memory whose ends are watched.
///
/// The shared object stays loaded until the process ends, so that the functions found in it stay valid.
final class NativeModule: @unchecked Sendable {
  let module: Module
  let manifest: Manifest
  /// The same artifact as the runner loads it.
  let compiled: CompiledModel
  let header: String
  /// The program beside the library.
  let program: String
  /// The kernels of each entry, by its name.
  let schedules: [String: [ScheduledKernel]]
  /// The shared object's bytes.
  let library: Data
  let target: TestTarget
  private let handle: UnsafeMutableRawPointer

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// - Parameter schedules: chooses some for the module's products.
  init(
    _ module: Module, target: TestTarget, schedules: ([Product]) -> [String: KernelSchedule] = { _ in [:] }
  ) throws {
    self.module = module
    self.target = target
    var compiler = try ModelCompiler(target: target.llvm)
    compiler.chosenSchedules = schedules(try compiler.plan(module).products)
    let output = try compiler.lower(module, source: [])
    manifest = output.manifest
    header = output.header
    self.schedules = output.schedules
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("native-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try compiler.write(output, to: folder.path)
    compiled = try CompiledModel(folder: folder.path)
    library = try Data(contentsOf: folder.appendingPathComponent(manifest.library))
    program = try String(contentsOf: folder.appendingPathComponent("\(manifest.name).vir"), encoding: .utf8)
    guard let handle = dlopen(folder.appendingPathComponent(manifest.library).path, RTLD_NOW | RTLD_LOCAL)
    else {
      throw Failure(description: dlerror().map { String(cString: $0) } ?? "the library cannot be loaded")
    }
    self.handle = handle
  }

  /// What a call made.
  struct Outcome {
    var results: [ResultTarget: [Float]] = [:]

    /// Equal where every bit of every result is.
    var bits: [ResultTarget: [UInt32]] { results.mapValues { $0.map(\.bitPattern) } }
  }

  /// Calls an entry, serially or with a team.
  /// - Throws: where the entry refuses the call, writes past the end of its memory, or to parameters or state
  ///   that are not among its results.
  func call(_ name: String, _ values: EntryValues, team: TurnTakingTeam? = nil) throws -> Outcome {
    guard let entry = module.entry(name), let described = manifest.entry(name),
      let arenaBytes = described.arena.bytes(images: values.images, blockImages: manifest.target.blockImages)
    else { throw Failure(description: "there is no entry \(name)") }
    let memory = try CallMemory(entry, self, values, arenaBytes: arenaBytes)
    let function = try function(described.symbol)
    let status =
      team.map { $0.withExecutor { memory.call(function, executor: $0) } }
      ?? memory.call(function, executor: nil)
    guard status == 0 else { throw Failure(description: "\(name) returned \(status)") }
    try memory.check()
    return memory.outcome()
  }

  func function(_ symbol: String) throws -> vaec_entry { try self.symbol(symbol, as: vaec_entry.self) }

  /// An exported function as the C function type that the header declares it with.
  func symbol<Signature>(_ name: String, as type: Signature.Type) throws -> Signature {
    guard let address = dlsym(handle, name) else { throw Failure(description: "there is no symbol \(name)") }
    return unsafeBitCast(address, to: type)
  }
}

/// The memory of one call.
struct CallMemory {
  private let entry: Entry
  private let native: NativeModule
  private let images: Int
  private let weights: GuardedMemory
  private let state: GuardedMemory
  private let arena: GuardedMemory
  private let inputs: [GuardedMemory]
  private let outputs: [GuardedMemory]
  private let before: (weights: [UInt8], state: [UInt8])

  init(_ entry: Entry, _ native: NativeModule, _ values: EntryValues, arenaBytes: Int) throws {
    self.entry = entry
    self.native = native
    images = values.images
    weights = try GuardedMemory(bytes: native.manifest.weightsBytes)
    state = try GuardedMemory(bytes: native.manifest.stateBytes)
    arena = try GuardedMemory(bytes: arenaBytes)
    for (name, tensor) in values.globals {
      guard let (memory, offset) = Self.place(of: name, native.manifest, weights, state) else { continue }
      memory.write(tensor.data.map { Float($0) }, at: offset)
    }
    inputs = try entry.arguments.map { argument in
      let name = entry[argument.value].name ?? ""
      guard let tensor = values.arguments[name] else {
        throw NativeModule.Failure(description: "no value for %\(name)")
      }
      return try .holding(tensor, entry.type(of: argument.value)?.element ?? .f32)
    }
    outputs = try entry.results.filter { !$0.isNewGlobal }.map { result in
      try GuardedMemory(bytes: 4 * Self.count(result, entry, values.images))
    }
    before = (weights.content, state.content)
  }

  private static func count(_ result: EntryResult, _ entry: Entry, _ images: Int) -> Int {
    entry.type(of: result.value)?.shape(images: images).reduce(1, *) ?? 0
  }

  private static func place(
    of global: String, _ manifest: Manifest, _ weights: GuardedMemory, _ state: GuardedMemory
  ) -> (GuardedMemory, Int)? {
    if let parameter = manifest.weights.first(where: { $0.name == global }) {
      return (weights, parameter.offset)
    }
    return manifest.state.first { $0.name == global }.map { (state, $0.offset) }
  }

  func call(_ function: vaec_entry, executor: UnsafePointer<vaec_executor>?) -> Int32 {
    let inputs = inputs.map { UnsafeRawPointer?($0.start) }
    let outputs = outputs.map { UnsafeMutableRawPointer?($0.start) }
    return inputs.withUnsafeBufferPointer { inputs in
      outputs.withUnsafeBufferPointer { outputs in
        var call = vaec_call(
          weights: weights.start.assumingMemoryBound(to: Float.self),
          state: state.start.assumingMemoryBound(to: Float.self), arena: arena.start, count: Int64(images),
          inputs: inputs.baseAddress, outputs: outputs.baseAddress, executor: executor)
        return function(&call)
      }
    }
  }

  /// Throws where the call wrote what is not its own.
  func check() throws {
    let all =
      [("weights", weights), ("state", state), ("arena", arena)]
      + zip(entry.arguments, inputs).map { (entry[$0.value].name ?? "argument", $1) }
      + zip(entry.results.filter { !$0.isNewGlobal }, outputs).map { ("\($0.target)", $1) }
    for (name, memory) in all where !memory.isIntact {
      throw NativeModule.Failure(description: "@\(entry.name) wrote past the end of \(name)")
    }
    let manifest = native.manifest
    let made = Set(entry.results.compactMap(\.newGlobal))
    let regions = [
      (weights, before.weights, manifest.weights.map { ($0.name, $0.offset, $0.shape) }),
      (state, before.state, manifest.state.map { ($0.name, $0.offset, $0.shape) }),
    ]
    for (memory, before, tensors) in regions {
      var expected = memory.content
      for (name, offset, shape) in tensors where made.contains(name) {
        let range = offset..<offset + 4 * shape.reduce(1, *)
        expected.replaceSubrange(range, with: before[range])
      }
      guard expected == before else {
        throw NativeModule.Failure(
          description: "@\(entry.name) changed parameters or state that it does not return")
      }
    }
  }

  func outcome() -> NativeModule.Outcome {
    var outcome = NativeModule.Outcome()
    var remaining = outputs[...]
    for result in entry.results {
      let count = Self.count(result, entry, images)
      if let name = result.newGlobal {
        guard let (memory, offset) = Self.place(of: name, native.manifest, weights, state) else { continue }
        outcome.results[result.target] = memory.floats(at: offset, count: count)
      } else if let memory = remaining.popFirst() {
        outcome.results[result.target] = memory.floats(count: count)
      }
    }
    return outcome
  }
}

extension GuardedMemory {
  /// Memory that holds an argument's elements.
  static func holding(_ tensor: HostTensor, _ element: ElementType) throws -> GuardedMemory {
    let memory = try GuardedMemory(bytes: tensor.count * element.byteCount, isReadOnly: true)
    switch element {
    case .u8: memory.write(tensor.data.map { UInt8($0) })
    case .i32: memory.write(tensor.data.map { Int32($0) })
    case .f32, .bf16: memory.write(tensor.data.map { Float($0) })
    }
    return memory
  }
}

extension EntryResult {
  /// The name of the global that the result is the new value of, if it is.
  fileprivate var newGlobal: String? { if case .global(let name) = target { name } else { nil } }
  fileprivate var isNewGlobal: Bool { newGlobal != nil }
}
