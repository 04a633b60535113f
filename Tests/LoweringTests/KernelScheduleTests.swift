import Foundation
import IR
import Kernels
import Lowering
import Testing

/// Schedules other than the rules': every candidate of every product, native against the reference interpreter.
@Suite struct KernelScheduleTests {
  /// Cases around the edges that tiles, strips, stretches and pieces have.
  private static let shapes: Set = [
    "first", "wide", "long", "colours", "crowded", "17_to_33", "600_to_100", "100_to_600",
  ]
  static let cases = (ProductCases.convolutions + ProductCases.dense).filter { opCase in
    shapes.contains { opCase.name.contains("_\($0)_") || opCase.name.hasSuffix("_\($0)") }
  }

  /// A library for each number of a candidate: of the cases whose products have so many.
  private static let mostCandidates = 16
  private static let libraries = (0..<mostCandidates).map { number in
    CaseLibraries("candidates\(number)", schedules: { candidates($0, $1, number) }) {
      (try? cases(number, $0)) ?? []
    }
  }

  private static func cases(_ number: Int, _ target: TestTarget) throws -> [OpCase] {
    try cases.filter {
      let products = try ModelCompiler(target: target.llvm).plan(try $0.laidOut(target)).products
      return !candidates(products, target, number).isEmpty
    }
  }

  private static func candidates(
    _ products: [Product], _ target: TestTarget, _ number: Int
  ) -> [String: KernelSchedule] {
    var schedules: [String: KernelSchedule] = [:]
    for product in products {
      let isOneLane = !product.name.hasSuffix("blocks of \(target.blockImages)")
      let all = ScheduleRules(isOneLane ? target.kernels.oneLane : target.kernels).candidates(product.shape)
      if let candidate = all.dropFirst(number).first { schedules[product.name] = candidate }
    }
    return schedules
  }

  /// This machine, and for the first candidates one of narrow vectors: each library takes seconds to compile.
  private static let trials: [(number: Int, target: TestTarget)] =
    (0..<mostCandidates).map { ($0, .host) }
    + (TestTarget.available.contains(.fourLanes) ? (0..<3).map { ($0, .fourLanes) } : [])

  @Test(arguments: trials)
  func everyCandidateAgreesWithTheReference(number: Int, target: TestTarget) throws {
    let cases = try Self.cases(number, target)
    guard !cases.isEmpty else { return }
    let native = try Self.libraries[number].native(target)
    for opCase in cases {
      for images in batchSizes { try expectAgreement(opCase, native, images: images) }
    }
  }

  @Test(arguments: TestTarget.allCases) func candidatesAreAllTried(target: TestTarget) throws {
    let rules = ScheduleRules(target.kernels)
    for product in try Self.products(target) {
      let candidates = rules.candidates(product.shape)
      #expect(candidates.count <= Self.mostCandidates, "\(product.name)")
      #expect(Set(candidates).count == candidates.count, "\(product.name)")
      #expect(!candidates.contains(rules.standard(product.shape)), "\(product.name)")
      for schedule in candidates + [rules.standard(product.shape)] {
        #expect(rules.problem(schedule, of: product.shape) == nil, "\(product.name): \(schedule.named)")
        #expect(KernelSchedule(named: schedule.named) == schedule)
      }
    }
  }

  private static func products(_ target: TestTarget) throws -> [Product] {
    var seen: Set<Product> = []
    return try cases.flatMap { opCase in
      try ModelCompiler(target: target.llvm).plan(try opCase.laidOut(target)).products
    }.filter { $0.name.hasSuffix("blocks of \(target.blockImages)") && seen.insert($0).inserted }
  }

  /// Every knob is one that some product of the cases has to choose.
  @Test func everyKnobHasCandidates() throws {
    let rules = ScheduleRules(TestTarget.avx2.kernels)
    var tried: Set<Knob> = []
    for product in try Self.products(.avx2) {
      let standard = rules.standard(product.shape)
      for candidate in rules.candidates(product.shape) {
        tried.formUnion(candidate.knobs.filter { candidate[$0] != standard[$0] })
      }
    }
    #expect(tried == Set(Knob.allCases), "\(Set(Knob.allCases).subtracting(tried))")
  }

  @Test func numbersOutsideAreRefused() throws {
    let opCase = try #require(Self.cases.first { $0.name.hasPrefix("conv2d_weight_gradient") })
    let module = try opCase.laidOut(.avx2)
    var compiler = try ModelCompiler(target: TestTarget.avx2.llvm)
    let product = try #require(try compiler.plan(module).products.first)
    let rules = ScheduleRules(TestTarget.avx2.kernels)
    let standard = rules.standard(product.shape)
    for (schedule, message) in [
      (standard.with([.tasks: 0]), "tasks is 0, and may be 8, 16, 32"),
      (standard.with([.tileRows: 13]), "tile_rows is 13, more than the registers hold"),
      (standard.with([.groupRows: 48]), "it has no group_rows"),
      (KernelSchedule([.tasks: 16]), "tile_rows is missing"),
    ] {
      compiler.chosenSchedules = [product.name: schedule]
      let error = #expect(throws: ScheduleError.self) { try compiler.plan(module) }
      let text = error.map { "\($0)" } ?? ""
      #expect(text.hasPrefix("the schedule does not fit 'conv2d_weight_gradient "), "\(text)")
      #expect(text.contains(message) || message.contains("missing") && text.hasSuffix("is missing"), "\(text)")
    }
  }
}
