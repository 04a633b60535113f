import Artifact
import CommandLineTable
import Foundation
import Runtime
import Search
import Synchronization

/// What a sweep tells while it runs, from any of its threads, one at a time.
protocol SweepOutput: AnyObject {
  /// - Parameter best: whether no trial before it was as good.
  func ended(_ trial: Study.Trial, of trials: Int, isBest: Bool)
}

/// Makes trials until there are enough: some at the same time, each a process for each of its folds.
final class SweepRunner: Sendable {
  private let folder: SweepFolder
  private let plan: SweepPlan
  private let sampler: any Sampler
  private let models: SweepModels?
  private let trainingThreads: Int
  private let register = TrainingProcess.Register()
  private let state: Mutex<State>

  /// What the threads of the sweep share.
  private struct State: ~Copyable {
    var study: Study
    var output: any SweepOutput
    /// Trials that a sweep before left off.
    var left: [Study.Trial]
    var next: Int
    /// The first error that is none of a trial's.
    var failure: (any Error)?
  }

  /// Why a trial ended.
  private enum Ending {
    case complete(Double)
    case pruned
    case failed(String)
    /// The sweep is to stop; the trial goes on another time.
    case stopped
  }

  init(
    _ folder: SweepFolder, study: sending Study, plan: SweepPlan, threads: Int, output: sending any SweepOutput
  ) throws {
    self.folder = folder
    self.plan = plan
    do {
      sampler = try plan.method.sampler(try study.space, seed: plan.seed)
    } catch let error as SpaceError {
      throw StudyError(error.problem, error.remedy)
    }
    models = plan.library == nil ? SweepModels(folder, text: plan.model) : nil
    trainingThreads = threads
    let trials = try study.trials
    state = Mutex(
      State(
        study: study, output: output, left: trials.filter { $0.state == .running },
        next: (trials.map(\.number).max() ?? -1) + 1))
  }

  /// Makes trials, so many at a time.
  /// - Returns: whether it came to its end, and was not stopped.
  func run(parallel: Int) throws -> Bool {
    let group = DispatchGroup()
    for _ in 0..<parallel {
      group.enter()
      // A thread and no queue: it waits for its processes nearly all of the time.
      let worker = Thread { [self] in
        work()
        group.leave()
      }
      worker.start()
    }
    var isStopped = false
    while group.wait(timeout: .now() + 0.1) == .timedOut {
      guard Interrupt.stop.isRequested, !isStopped else { continue }
      isStopped = true
      register.stopAll()
    }
    if let failure = state.withLock({ $0.failure }) { throw failure }
    return !Interrupt.stop.isRequested
  }

  private func work() {
    do {
      while !Interrupt.stop.isRequested, let trial = try nextTrial() {
        let ending = try run(trial)
        try note(ending, of: trial.number)
      }
    } catch {
      state.withLock { $0.failure = $0.failure ?? error }
      register.stopAll()
      Interrupt.stop.request()
    }
  }

  /// The trial to make next: one that was left off, or a new one; nil where there are enough.
  private func nextTrial() throws -> Study.Trial? {
    try state.withLock { state in
      if !state.left.isEmpty { return state.left.removeFirst() }
      guard state.next < plan.trials else { return nil }
      let observations = try state.study.trials.filter { $0.state != .running }.map {
        Observation($0.values, objective: $0.state == .complete ? $0.objective : nil)
      }
      guard let values = sampler.values(ofTrial: state.next, after: observations) else { return nil }
      try state.study.begin(state.next, values)
      state.next += 1
      return Study.Trial(number: state.next - 1, values: values)
    }
  }

  private func note(_ ending: Ending, of number: Int) throws {
    try state.withLock { state in
      switch ending {
      case .complete(let objective): try state.study.end(number, .complete, objective: objective)
      case .pruned: try state.study.end(number, .pruned)
      case .failed(let message): try state.study.end(number, .failed, message: message)
      case .stopped: return
      }
      let trials = try state.study.trials
      guard let trial = trials.first(where: { $0.number == number }) else { return }
      let others = trials.filter { $0.number != number && $0.state == .complete }.compactMap(\.objective)
      let isBest = trial.objective.map { own in others.allSatisfy { own < $0 } } ?? false
      state.output.ended(trial, of: plan.trials, isBest: isBest)
    }
  }

  // MARK: A trial

  private func run(_ trial: Study.Trial) throws -> Ending {
    let model: String
    do {
      model = try models?.model(plan.compilerArguments(trial.values)) ?? plan.model
    } catch let error as NotCompiled {
      return .failed(error.description)
    }
    var objectives: [Double] = []
    for fold in 1...(plan.folds ?? 1) {
      let known = try state.withLock { state in
        try state.study.runs.first { $0.trial == trial.number && $0.fold == fold }?.objective
      }
      if let known {
        objectives.append(known)
        continue
      }
      let ending = try run(trial, fold: fold, model: model)
      guard case .complete(let objective) = ending else { return ending }
      objectives.append(objective)
    }
    return .complete(objectives.reduce(0, +) / Double(objectives.count))
  }

  private func run(_ trial: Study.Trial, fold: Int, model: String) throws -> Ending {
    let name = folder.run(trial: trial.number, fold: fold, of: plan.folds)
    let path = folder.path + "/" + name
    try state.withLock { try $0.study.note(Study.Run(trial: trial.number, fold: fold, folder: name)) }
    guard waitForOthers(path) else { return .stopped }
    var isPruned = false
    if try !isAtItsEnd(path) {
      let process = TrainingProcess(
        arguments(trial, fold: fold, model: model, path: path), in: plan.workingFolder, log: path)
      let end = try process.run(register) { epoch in
        let isHopeless = try note(epoch, trial: trial.number, fold: fold)
        isPruned = isPruned || isHopeless
        return !isHopeless
      }
      try state.withLock { try $0.study.addSeconds(end.seconds, to: trial.number) }
      // Also where it came to its end before it was stopped: what is given up does not depend on how fast that is.
      if isPruned { return .pruned }
      if end.status != 0 {
        if Interrupt.stop.isRequested { return .stopped }
        return .failed(end.message ?? "the run ended with status \(end.status)")
      }
    }
    return try conclude(path, name, trial: trial.number, fold: fold)
  }

  /// A run may be trained still by a process that a killed sweep had started and that is yet to notice.
  /// - Returns: false where the sweep is to stop meanwhile.
  private func waitForOthers(_ path: String) -> Bool {
    while let run = try? RunFolder(existing: path), run.isTraining {
      if Interrupt.stop.isRequested { return false }
      usleep(100_000)
    }
    return true
  }

  /// Whether there is nothing left to train, though the study does not know.
  private func isAtItsEnd(_ path: String) throws -> Bool {
    guard let run = try? RunFolder(existing: path) else { return false }
    return try RunRecord(run).state.isComplete
  }

  private func arguments(_ trial: Study.Trial, fold: Int, model: String, path: String) -> [String] {
    let common = ["--json", "--no-pictures", "--threads", "\(trainingThreads)"]
    if (try? RunFolder(existing: path)) != nil { return ["train", "--resume", path] + common }
    return ["train", model, "--output", path] + common + plan.heldOut(fold: fold)
      + plan.runOptions(trial.values)
  }

  /// Notes an epoch.
  /// - Returns: whether the trial is hopeless.
  private func note(_ epoch: TrainingProcess.Epoch, trial: Int, fold: Int) throws -> Bool {
    try state.withLock { state in
      try state.study.note(epoch: epoch.number, fold: fold, trial: trial, terms: epoch.terms)
      guard plan.prunes else { return false }
      let points = try state.study.points(of: plan.objective)
      return MedianRule().givesUp(
        points[trial] ?? [:], at: MedianRule.Point(fold: fold, epoch: epoch.number),
        others: points.filter { $0.key != trial }.map(\.value))
    }
  }

  /// Takes what a run that is at its end came to from its folder, which has the epochs too that no sweep was there to note.
  private func conclude(_ path: String, _ name: String, trial: Int, fold: Int) throws -> Ending {
    let record = try RunRecord(try RunFolder(existing: path))
    let values = record.history.compactMap { $0.terms[plan.objective] }.filter(\.isFinite)
    guard record.split == "validation", let least = values.min() else {
      return .failed("no epoch has the term \(plan.objective) on images held out")
    }
    try state.withLock { state in
      for epoch in record.history {
        try state.study.note(epoch: epoch.epoch, fold: fold, trial: trial, terms: epoch.terms)
      }
      try state.study.note(Study.Run(trial: trial, fold: fold, folder: name, objective: least))
    }
    return .complete(least)
  }
}
