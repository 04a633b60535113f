import Artifact
import Kernels
import LLVM

/// Makes the library with which the runner measures what the machine can do at most.
public enum MachineProbe {
  /// Writes the shared object.
  public static func write(for target: LLVMTarget, to path: String) throws {
    guard TargetSelection.isSupported(target) else { throw TargetError(cpu: target.cpu) }
    let machine = try LLVMTargetMachine(target)
    let module = LLVMModule("vaec_probe", machine: machine)
    ProbeKernels.emit(into: module, target: KernelTarget(target))
    try module.verify()
    try machine.run(passes: "default<O1>", on: module)
    let object = try machine.object(of: module)
    try AtomicFile.write(try Linker.link(objects: [object], soname: "probe.so"), to: path)
  }
}
