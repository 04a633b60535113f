import Artifact
import IR
import Kernels

/// What the code of a module does and where its values lie: all that lowering decides before it emits code.
public struct ModulePlan {
  public let module: Module
  public let target: KernelTarget
  let layout: GlobalLayout
  public let entries: [EntryPlan]
  /// The products that have a schedule, each once.
  public let products: [Product]
  /// The schedules that were chosen for its products.
  let chosen: [Manifest.ProductSchedule]
  /// Of how many of its products the schedule was chosen.
  public var chosenCount: Int { chosen.count }

  public var weightsBytes: Int { layout.weightsBytes }
  public var stateBytes: Int { layout.stateBytes }

  init(
    module: Module, target: KernelTarget, layout: GlobalLayout, entries: [EntryPlan],
    products: [Product], chosen: [Manifest.ProductSchedule]
  ) {
    self.module = module
    self.target = target
    self.layout = layout
    self.entries = entries
    self.products = products
    self.chosen = chosen
  }
}

/// The part of a plan that is one entry's.
public struct EntryPlan {
  public let entry: Entry
  public let memory: MemoryPlan
  public let schedule: [ScheduledKernel]
  /// For calls with few images, where there is another.
  public let singleSchedule: [ScheduledKernel]?
}
