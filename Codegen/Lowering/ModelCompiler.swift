import Artifact
import Diagnostics
import Foundation
import IR
import Kernels
import LLVM

/// From a module after the last pass to the files of a compiled model.
public struct ModelCompiler {
  /// The version of the compiler, written to manifests and headers.
  public static let version = "vaec \(PackageVersion.current)"

  public let target: KernelTarget
  /// Schedules that were chosen for products, by their names; all others get the rules'. Those of products that a module does not
  /// have are left alone.
  public var chosenSchedules: [String: KernelSchedule] = [:]
  /// Called behind every stage with the time that it took.
  public var observe: (_ stage: String, Duration) -> Void = { _, _ in }
  private let machine: LLVMTargetMachine

  /// - Throws: `LLVMError` where the target is not known, `TargetError` where its processor lacks what kernels use.
  public init(target: LLVMTarget) throws {
    guard TargetSelection.isSupported(target) else { throw TargetError(cpu: target.cpu) }
    self.target = KernelTarget(target)
    machine = try LLVMTargetMachine(target, level: .standard)
  }

  /// Everything that was made of a module.
  public struct Output {
    public let manifest: Manifest
    public let header: String
    /// The program as text: what the code's line table points into.
    public let program: String
    public let llvm: LLVMModule
    public let plans: [String: MemoryPlan]
    public let schedules: [String: [ScheduledKernel]]
  }

  /// The products of kernels that have a schedule, each once, in their order.
  static func products(of kernels: [ScheduledKernel]) -> [Product] {
    var seen: Set<Product> = []
    return kernels.compactMap(\.product).filter { seen.insert($0).inserted }
  }

  /// Emits the LLVM module.
  ///
  /// - Parameters:
  ///   - source: the model's text.
  ///   - options: what the command line said beside it, for the manifest.
  ///   - used: the texts of models whose parts it uses.
  /// - Throws: `UnsupportedProgram` for what the passes never make, `ScheduleError` for schedules that do not fit; `LoweringError` and
  ///   `LLVMError` for faults of ours.
  public func lower(
    _ module: Module, source: [UInt8], options: [String] = [], used: [SourceText] = []
  ) throws -> Output {
    try measure("lowering") { try emit(module, source: source, options: options, used: used) }
  }

  private func measure<T>(_ stage: String, _ body: () throws -> T) rethrows -> T {
    let start = ContinuousClock.now
    let result = try body()
    observe(stage, ContinuousClock.now - start)
    return result
  }

  private func emit(
    _ module: Module, source: [UInt8], options: [String], used: [SourceText]
  ) throws -> Output {
    try module.checkForLowering(target)
    let llvm = LLVMModule(module.name, machine: machine)
    let layout = GlobalLayout(module)
    var plans: [String: MemoryPlan] = [:]
    var kernels: [String: [ScheduledKernel]] = [:]
    let schedules = try ProductSchedules(chosenSchedules, for: module, target)
    let variants = try module.entries.map {
      try self.variants(of: $0, in: module, layout: layout, schedules)
    }
    let code = KernelCode(llvm, schedules: variants.map(\.schedule))
    for (entry, variants) in zip(module.entries, variants) {
      EntryLowering(
        module: llvm, target: target, code: code, symbol: Self.symbol(entry, module), variants: variants
      ).emit()
      plans[entry.name] = variants.blocks.plan
      kernels[entry.name] = variants.schedule
    }
    let machineText = [
      target.machine.triple, target.machine.cpu, target.machine.features.joined(separator: ","),
    ]
    let chosen = chosen(for: Self.products(of: variants.flatMap(\.schedule)))
    let digest = SHA256.hex(
      of: Array(
        ([Self.version] + machineText + [module.text] + chosen.map(\.text)).joined(separator: "\n").utf8))
    var manifest = try ManifestMaker(module: module, target: target, layout: layout).make(
      plans: plans, compiler: Self.version, digest: digest, source: source, options: options, used: used)
    manifest.schedule = chosen.isEmpty ? nil : chosen
    emitQueries(llvm, manifest, kernels: KernelTable(module, schedules: kernels).text)
    let lines = LineTables(module, variants: variants, code: code, llvm: llvm, producer: Self.version)
    try llvm.verify()
    return Output(
      manifest: manifest, header: Header.text(manifest), program: lines.text, llvm: llvm, plans: plans,
      schedules: kernels)
  }

  private static func symbol(_ entry: Entry, _ module: Module) -> String { "\(module.name)_\(entry.name)" }

  /// What was chosen for some products, for the manifest.
  private func chosen(for products: [Product]) -> [Manifest.ProductSchedule] {
    products.compactMap { product in
      chosenSchedules[product.name].map { Manifest.ProductSchedule(product: product.name, knobs: $0.named) }
    }
  }

  private func variants(
    of entry: Entry, in module: Module, layout: GlobalLayout, _ schedules: ProductSchedules
  ) throws -> EntryVariants {
    guard entry.values.allSatisfy({ $0.type?.isComplete ?? false }) else {
      throw LoweringError.incomplete(entry: entry.name)
    }
    return try EntryVariants(
      entry, globals: layout.places, products: schedules, target: target, symbol: Self.symbol(entry, module))
  }

  /// What the code of a module will do and where, without the code.
  public func plan(_ module: Module) throws -> ModulePlan {
    try module.checkForLowering(target)
    let layout = GlobalLayout(module)
    let schedules = try ProductSchedules(chosenSchedules, for: module, target)
    let entries = try module.entries.map { entry in
      let variants = try variants(of: entry, in: module, layout: layout, schedules)
      return EntryPlan(
        entry: entry, memory: variants.blocks.plan, schedule: variants.blocks.schedule,
        singleSchedule: variants.single?.schedule)
    }
    let products = Self.products(of: entries.flatMap { $0.schedule + ($0.singleSchedule ?? []) })
    return ModulePlan(
      module: module, target: target, layout: layout, entries: entries, products: products,
      chosen: chosen(for: products))
  }

  /// The functions that a caller asks before the first call.
  private func emitQueries(_ module: LLVMModule, _ manifest: Manifest, kernels: String) {
    let b = LLVMBuilder(module)
    let version = module.addFunction("\(manifest.name)_abi_version", [], returning: b.context.i32)
    b.define(version) { _ in b.ret(b.i32(manifest.abi)) }
    let texts = [
      ("cpu_features", manifest.target.features.joined(separator: ",")), ("digest", manifest.digest),
      ("kernels", kernels),
    ]
    for (name, text) in texts {
      let function = module.addFunction("\(manifest.name)_\(name)", [], returning: b.context.pointer)
      let address = module.addText("\(manifest.name).\(name)", text)
      b.define(function) { _ in b.ret(address) }
    }
  }

  /// What LLVM does with the module before it makes machine code. Kernels are written with explicit vectors and loops, so
  /// little is left: values in memory, repeated addresses, what does not change inside a loop. With `default<O1>` the code is
  /// as fast, and compilation takes a sixth longer.
  private static let passes =
    "inline,function(sroa,early-cse<memssa>,simplifycfg,instcombine<no-verify-fixpoint>,loop-mssa(loop-rotate,licm),"
    + "early-cse<memssa>,instcombine<no-verify-fixpoint>,simplifycfg)"
  /// Objects that a library is made of, so that several threads make them. A fixed number: the library is the same on every
  /// machine.
  private static let parts = 4

  /// LLVM's program as text, optimised.
  public func text(_ output: Output) throws -> String {
    try optimize(output)
    return output.llvm.text
  }

  public func assembly(_ output: Output) throws -> String {
    try optimize(output)
    return try machine.assembly(of: output.llvm)
  }

  public func object(_ output: Output) throws -> [UInt8] {
    try optimize(output)
    return try machine.object(of: output.llvm)
  }

  private func optimize(_ output: Output) throws {
    try measure("LLVM passes") { try machine.run(passes: Self.passes, on: output.llvm) }
  }

  /// Writes the model's folder: shared object, the program as text, header and manifest, the manifest last, so that a folder
  /// with a manifest is complete. Where that fails, nothing new stays.
  public func write(_ output: Output, to folder: String) throws {
    let objects = try measure("LLVM") { try output.llvm.objects(parts: Self.parts, passes: Self.passes) }
    var manifest = output.manifest
    let library = try measure("link") { try Linker.link(objects: objects, soname: manifest.library) }
    manifest.libraryDigest = SHA256.hex(of: library)
    let (program, text) = ("\(manifest.name).vir", "\(manifest.name).json")
    try writeFolder(folder, files: [manifest.library, program, manifest.header, text]) {
      try AtomicFile.write(library, to: "\(folder)/\(manifest.library)")
      try AtomicFile.write(Data(output.program.utf8), to: "\(folder)/\(program)")
      try AtomicFile.write(Data(output.header.utf8), to: "\(folder)/\(manifest.header)")
      try manifest.write(to: "\(folder)/\(text)")
    }
  }
}

/// A processor without fused multiply-add.
public struct TargetError: Error, CustomStringConvertible {
  public let cpu: String

  public var description: String {
    "no code can be made for the processor '\(cpu)': it lacks FMA, which every x86-64 processor since 2013 has; "
      + "choose another with --cpu"
  }
}
