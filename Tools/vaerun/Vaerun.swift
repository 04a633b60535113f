import Artifact
import CommandLineTable

/// The program: its table of commands, and what runs each.
package enum Vaerun {
  package static let table = CommandTable(
    program: "vaerun", version: PackageVersion.current, summary: "trains and runs models that vaec compiled",
    commands: [
      TrainCommand.command, SweepCommand.command, EvaluateCommand.command, ReconstructCommand.command,
      SampleCommand.command, ManifoldCommand.command, TraverseCommand.command, InterpolateCommand.command,
      AttributesCommand.command, ActivationsCommand.command, CurvesCommand.command, EncodeCommand.command,
      DecodeCommand.command, ExportCommand.command, LatentsCommand.command, ProbeCommand.command,
      ConfusionCommand.command,
      FrechetCommand.command, PCACommand.command, DataCommand.command, BenchCommand.command,
      RunsCommand.command,
      CompareCommand.command, TimesCommand.command, ReportCommand.command, InspectCommand.command,
      DoctorCommand.command,
    ],
    examples: [
      Example("vaec compile Models/convvae.vdl", "compiles a model into build/convvae"),
      Example("vaerun train", "trains the newest model under build/"),
      Example("vaerun evaluate", "evaluates its newest run"),
      Example("vaerun manifold", "draws what its latent plane decodes to"),
    ],
    environment: [
      EnvironmentVariable("VAEC_DATA_DIR", "a folder in which data sets are looked for"),
      EnvironmentVariable(
        "VAEC_CACHE_DIR", "decoded pictures and fetched data sets are kept there, in place of the next"),
      EnvironmentVariable(
        Interrupt.sweepVariable, "set by 'vaerun sweep' for the runs that it starts: they save and end with it"),
      EnvironmentVariable(
        "XDG_CACHE_HOME", "data sets are looked for in its folder vaec, or else in ~/.cache/vaec"),
    ])

  static func run(_ invocation: Invocation) throws -> ExitStatus {
    switch invocation.command.name {
    case "train": return try TrainCommand.run(invocation)
    case "sweep": return try SweepCommand.run(invocation)
    case "evaluate": try EvaluateCommand.run(invocation)
    case "reconstruct": try ReconstructCommand.run(invocation)
    case "sample": try SampleCommand.run(invocation)
    case "manifold": try ManifoldCommand.run(invocation)
    case "traverse": try TraverseCommand.run(invocation)
    case "interpolate": try InterpolateCommand.run(invocation)
    case "attributes": try AttributesCommand.run(invocation)
    case "activations": try ActivationsCommand.run(invocation)
    case "times": try TimesCommand.run(invocation)
    case "frechet": try FrechetCommand.run(invocation)
    case "report": try ReportCommand.run(invocation)
    case "curves": try CurvesCommand.run(invocation)
    case "encode": try EncodeCommand.run(invocation)
    case "decode": try DecodeCommand.run(invocation)
    case "export": try ExportCommand.run(invocation)
    case "latents": try LatentsCommand.run(invocation)
    case "bench": try BenchCommand.run(invocation)
    case "probe": try ProbeCommand.run(invocation)
    case "confusion": try ConfusionCommand.run(invocation)
    case "pca": try PCACommand.run(invocation)
    case "runs": try RunsCommand.run(invocation)
    case "compare": try CompareCommand.run(invocation)
    case "inspect": try InspectCommand.run(invocation)
    case "doctor": return try DoctorCommand.run(invocation)
    case "data": try DataCommand.run(invocation)
    default: throw InternalError("the command \(invocation.command.name) is in the table and nothing runs it")
    }
    return .success
  }
}
