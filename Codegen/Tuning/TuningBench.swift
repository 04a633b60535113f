import Artifact
import Foundation
import IR
import Kernels
import Lowering

/// Calls a program by other schedules in turn with the same program by the rules'.
final class TuningBench {
  private let program: Module
  private let compiler: ModelCompiler
  private let calls: [TunedCall]
  private let threads: [Int]
  private let folder: URL
  private let clock: TuningClock
  private let seconds: Double
  private let trialSeconds: Double
  private var number = 0

  private static let leastRounds = 5
  static let mostRounds = 40

  /// - Parameters:
  ///   - folder: for the compiled programs; is made.
  ///   - seconds: by the clock, after which no trial is begun.
  ///   - trialSeconds: seconds of calls that a trial takes at least, or `mostRounds` of them.
  init(
    program: Module, compiler: ModelCompiler, calls: [TunedCall], threads: [Int], folder: URL,
    clock: TuningClock, seconds: Double, trialSeconds: Double
  ) {
    self.program = program
    self.compiler = compiler
    self.calls = calls
    self.threads = threads
    self.folder = folder
    self.clock = clock
    self.seconds = seconds
    self.trialSeconds = trialSeconds
  }

  /// The program by the rules, made when it is first asked for: a trial like others, for the clock.
  private lazy var standard = Result { try clock.trial { try made([:]) } }

  private func made(_ schedules: [Product: KernelSchedule]) throws -> MeasuredProgram {
    try makeFolder(folder.path)
    var compiler = compiler
    for (product, schedule) in schedules { compiler.chosenSchedules[product.name] = schedule }
    number += 1
    return try MeasuredProgram(
      program, compiler, calls: calls, threads: threads,
      folder: folder.appendingPathComponent("program\(number)").path)
  }

  /// The part of the time that each product takes by the rules, by the product's name.
  func shares() throws -> [String: Double] {
    var timings = ProductTimings()
    let standard = try standard.get()
    for _ in 0..<3 { try standard.call(&timings) }
    return timings.shares
  }

  /// How the program by other schedules compares; nil where there is no time for it and `reserve` more.
  func compare(_ schedules: [Product: KernelSchedule], reserve: Int = 0) throws -> Comparison? {
    guard clock.allows(another: 1 + reserve, within: seconds) else { return nil }
    let standard = try standard.get()
    // Where it was made just now, the clock knows more.
    guard clock.allows(another: 1 + reserve, within: seconds) else { return nil }
    return try clock.trial {
      let candidate = try made(schedules)
      var warm = ProductTimings()
      try candidate.call(&warm)
      var comparison = Comparison()
      let start = clock.seconds
      for round in 0..<Self.mostRounds {
        if round % 2 == 0 { try standard.call(&comparison.before) }
        try candidate.call(&comparison.after)
        if round % 2 == 1 { try standard.call(&comparison.before) }
        let isEnough = round + 1 >= Self.leastRounds && clock.seconds - start >= trialSeconds
        if isEnough || clock.seconds >= seconds { break }
      }
      return comparison
    }
  }

  /// The timings of both programs.
  struct Comparison {
    fileprivate(set) var before = ProductTimings()
    fileprivate(set) var after = ProductTimings()

    /// A product's time as a part of that by the rules.
    func ratio(of product: Product) -> Double? { after.ratio(of: product, to: before) }
    /// The same of all kernels.
    var wholeRatio: Double? { after.wholeRatio(to: before) }
  }
}

/// The time since the beginning, and what a trial costs.
final class TuningClock {
  private let start = ContinuousClock.now
  private var longest = 0.0

  var seconds: Double { start.duration(to: .now) / .seconds(1) }

  /// Whether that many trials like the longest end before a time is over.
  func allows(another trials: Int, within limit: Double) -> Bool {
    seconds + longest * Double(trials) < limit
  }

  func trial<T>(_ body: () throws -> T) rethrows -> T {
    let before = seconds
    defer { longest = max(longest, seconds - before) }
    return try body()
  }
}
