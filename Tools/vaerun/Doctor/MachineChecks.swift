import Artifact
import Diagnostics
import Runtime

/// The machine itself.
enum MachineChecks {
  static var all: [Finding] { [machine, instructions, memory] }

  private static var machine: Finding {
    let machine = MachineDescription.current
    let name = machine.processor == "unknown" ? "a processor without a name" : machine.processor
    return .ok("machine", "\(name), \(Terminal.count(machine.processors, "core")), \(machine.system)")
  }

  /// What is worth a word, by LLVM's names.
  private static let notable: [(name: String, features: [String])] = [
    ("AVX2", ["avx2"]), ("FMA", ["fma"]), ("F16C", ["f16c"]), ("AVX-512", avx512),
    ("AVX512-BF16", ["avx512bf16"]), ("AVX512-VNNI", ["avx512vnni"]), ("AMX", ["amx-tile"]),
    ("NEON", ["neon"]), ("dot products", ["dotprod"]), ("half precision", ["fullfp16"]), ("SVE", ["sve"]),
    ("BF16", ["bf16"]),
  ]
  private static let avx512 = ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]

  private static var instructions: Finding {
    let machine = Machine.current
    guard machine.features != nil else {
      return .absent(
        "instructions", "the system does not tell them", remedy: "models are tried without a check")
    }
    let seen = notable.filter { machine.missing(of: $0.features).isEmpty }.map(\.name).joined(separator: ", ")
    #if arch(x86_64)
      let lacking = machine.missing(of: ["avx2", "fma"])
      guard lacking.isEmpty else {
        return .missing(
          "instructions",
          "\(seen.isEmpty ? "none of note" : seen), without \(lacking.joined(separator: " and "))",
          remedy: "vaec makes code for processors with AVX2 and FMA, Intel's and AMD's since about 2015")
      }
    #endif
    return .ok("instructions", seen)
  }

  private static var memory: Finding {
    let all = Int(clamping: MachineDescription.current.memoryBytes)
    let free = AvailableMemory.bytes.map { ", \(byteText($0)) free" } ?? ""
    return .ok("memory", byteText(all) + free)
  }
}
