/// Why a model cannot be trained or run on data, and what helps.
public enum RunError: Error, Equatable, CustomStringConvertible {
  case noImages
  case noImage(Int, count: Int)
  case otherImageShape(found: [Int], needed: [Int])
  case noLabels(entry: String)
  case labelOutOfRange(Int32, image: Int, name: String, classes: Int)
  case unknownHyper(String, model: String, there: [String])
  case notFilled(entry: String, argument: String)
  case tooManySteps
  /// A loss is NaN or infinite: training stopped.
  case notFinite(metric: String, value: String, epoch: Int, step: Int, kept: String?)
  case folderTaken(String)
  case noFolder(String, reason: String)
  case noRun(model: String, parent: String)
  case badRun(path: String, reason: String)
  case noBest(path: String)
  /// The run has no metrics yet.
  case noRows(path: String)
  /// Another process trains this run.
  case busy(path: String)
  /// A checkpoint stands where a run of these data and this batch cannot stand.
  case otherPosition(step: Int, epoch: Int, stepsPerEpoch: Int)
  case otherBatch(found: Int, needed: Int)
  /// Not what the run was trained with.
  case otherModel(folder: String, configuration: String)
  case otherData(name: String, configuration: String)
  /// The data's digest was made in the way of an earlier version.
  case earlierDigest(configuration: String)
  case otherInitialWeights(path: String, configuration: String)
  /// There is nothing left to train.
  case nothingLeft(reason: String)
  case patienceWithoutValidation
  case plateauWithoutValidation

  public var description: String {
    switch self {
    case .noImages:
      return "the data hold no images: choose other data or a larger --limit"
    case .noImage(let image, let count):
      return "there is no image \(image): the data hold the images 0 to \(count - 1)"
    case .otherImageShape(let found, let needed):
      return "the data's images are \(Self.shape(found)) and the model takes \(Self.shape(needed)): "
        + "choose other data with --data, or compile a model of that size"
    case .noLabels(let entry):
      return "\(entry) needs labels and the data have none: choose data with classes"
    case .labelOutOfRange(let label, let image, let name, let classes):
      return
        "image \(image) has the class \(label) and the model's \(name) is one of \(classes) classes, from 0: choose "
        + "data with those classes, or compile the model for more"
    case .unknownHyper(let name, let model, let there):
      let names = there.isEmpty ? "it has none" : "it has \(there.joined(separator: ", "))"
      return "\(model) has no hyper \(name): \(names)"
    case .notFilled(let entry, let argument):
      return "\(entry) takes \(argument), which cannot be had from images: call it with a value"
    case .tooManySteps:
      return "this would be more than 2147483647 steps or images: use fewer epochs"
    case .notFinite(let metric, let value, let epoch, let step, let kept):
      let weights = kept.map { "; the last good weights are in \($0)" } ?? ""
      return "\(metric) is \(value) at step \(step) (epoch \(epoch))\(weights): train again with a lower --rate"
    case .folderTaken(let path):
      return "\(path) holds a run already: name another folder with --output"
    case .noFolder(let path, let reason):
      return "cannot make the folder \(path): \(reason)"
    case .noRows(let path):
      return "\(path) has no metrics yet: they are written from its first steps on"
    case .noRun(let model, let parent):
      return
        "there is no run of \(model) under \(parent): train it first with 'vaerun train', or name one with --run or --weights"
    case .badRun(let path, let reason):
      return "\(path) is not a run of vaerun: \(reason): name a folder that 'vaerun train' wrote"
    case .noBest(let path):
      return
        "\(path) has no best epoch: it was trained without images held out to choose by: take its last weights, or "
        + "train with --val 0.1"
    case .busy(let path):
      return "\(path) is being trained by another process: wait for its end, or stop it"
    case .otherPosition(let step, let epoch, let stepsPerEpoch):
      return
        "the checkpoint stands at step \(step) behind epoch \(epoch), and an epoch has \(stepsPerEpoch) steps here: "
        + "go on with the data and the batch that it was trained with"
    case .otherBatch(let found, let needed):
      return "the checkpoint was trained with the batch \(needed), not \(found): go on with that one"
    case .otherModel(let folder, let configuration):
      return
        "\(folder) is not the compiled model that \(configuration) was made with (another digest): compile the model "
        + "as it was, or name it to train it as it is"
    case .earlierDigest(let configuration):
      return
        "\(configuration) was written by an earlier vaerun, whose digest of the data this one cannot compare: begin a new run "
        + "with its options, and --init for its weights"
    case .otherData(let name, let configuration):
      return
        "the data set \(name) is not the one that \(configuration) was made with (another digest): name the folder "
        + "of those files with --data-dir"
    case .otherInitialWeights(let path, let configuration):
      return
        "\(path) is not the file that \(configuration) began with (another digest): name the one to begin with by --init"
    case .nothingLeft(let reason):
      return "there is nothing left to train: \(reason)"
    case .patienceWithoutValidation:
      return "patience needs images that are held out: add --val 0.1"
    case .plateauWithoutValidation:
      return "a rate that waits for plateaus needs images that are held out: add --val 0.1"
    }
  }

  private static func shape(_ sizes: [Int]) -> String { sizes.map(String.init).joined(separator: "x") }
}
