/// How to train. `init(_:)` has what the model's text declares.
public struct TrainingOptions: Sendable {
  public var epochs: Int
  /// Images per step; the last batch of an epoch has what is left.
  public var batch: Int
  /// The learning rate.
  public var rate: Double
  /// How the learning rate follows the steps.
  public var rateSchedule = RateSchedule.constant
  /// The rate is raised in a straight line from nothing over this span.
  public var warmUp: Span?
  /// Values of hypers; those that are not here have the model's defaults.
  public var hypers: [String: Double]
  /// Hypers that follow the steps. Evaluation takes the values at their ends.
  public var hyperSchedules: [String: HyperSchedule] = [:]
  /// Chooses the order of the images and the noise (the first weights are the instance's).
  public var seed: UInt64
  /// Training ends after so many epochs in which the validation loss was not less than before; needs images that are
  /// held out.
  public var patience: Int?
  /// Training ends after this many optimizer steps even within an epoch, counted from the beginning of the run.
  public var stepLimit: Int?
  /// Training ends after the step at which so many seconds have passed, counted from this call.
  public var timeLimit: Double?
  /// How often the state is saved within an epoch.
  public var saving: SavingInterval

  /// The defaults that the model declares.
  public init(_ model: CompiledModel) {
    let training = model.manifest.training
    self.init(epochs: training.epochs, batch: training.batch, rate: training.rate)
  }

  public init(
    epochs: Int, batch: Int, rate: Double, hypers: [String: Double] = [:], seed: UInt64 = 1,
    patience: Int? = nil, stepLimit: Int? = nil, timeLimit: Double? = nil,
    saving: SavingInterval = .standard
  ) {
    self.epochs = epochs
    self.batch = batch
    self.rate = rate
    self.hypers = hypers
    self.seed = seed
    self.patience = patience
    self.stepLimit = stepLimit
    self.timeLimit = timeLimit
    self.saving = saving
  }
}

/// How often training saves where it stands, besides the end of every epoch.
public enum SavingInterval: Equatable, Sendable {
  case steps(Int)
  case seconds(Double)

  /// A minute: what is lost when a process is killed is little, and saving takes far less.
  public static let standard = Self.seconds(60)
}

/// The images of a training run. Images keep their numbers in the data set, on which their noise depends, whatever is
/// held out.
public struct TrainingData: Sendable {
  public var images: any ImageSource
  /// The numbers of the images to train on.
  public var training: [Int]
  /// The numbers of the images that are held out: they choose the best epoch.
  public var validation: [Int]
  /// Images that are only reported.
  public var test: (any ImageSource)?

  /// All images of a source but those that are held out.
  public init(_ images: any ImageSource, holdingOut validation: [Int] = [], test: (any ImageSource)? = nil) {
    self.images = images
    self.validation = validation
    self.test = test
    let held = Set(validation)
    training = (0..<images.count).filter { !held.contains($0) }
  }
}
