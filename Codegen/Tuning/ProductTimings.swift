import Foundation
import IR
import Kernels
import Lowering
import Runtime

/// A module compiled with some schedules and loaded, to measure its products where they stand: in calls of its entries, the caches as
/// the kernels before have left them.
final class MeasuredProgram {
  /// An entry on a number of threads, and the kernels that each product is made of.
  private struct Case {
    let benchmark: BenchmarkCase
    let profile: KernelProfile
    let products: [Product?]
  }

  private let cases: [Case]

  /// - Parameter folder: for the compiled model; gone when it has been loaded, so that nothing stays of a process that is stopped.
  init(
    _ module: Module, _ compiler: ModelCompiler, calls: [TunedCall], threads: [Int], folder: String
  ) throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let output = try compiler.lower(module, source: [])
    try compiler.write(output, to: folder)
    let model = try CompiledModel(folder: folder)
    cases = try calls.flatMap { call in
      try threads.map { threads in
        let benchmark = try BenchmarkCase(model, entry: call.entry, images: call.images, threads: threads)
        return Case(
          benchmark: benchmark, profile: benchmark.makeProfile(),
          products: (output.schedules[call.entry] ?? []).map(\.product))
      }
    }
  }

  /// Calls every entry once and adds the seconds of each product.
  func call(_ timings: inout ProductTimings) throws {
    for (number, measured) in cases.enumerated() {
      let times = try measured.benchmark.kernelTimes(of: measured.profile)
      var sums: [Product: Double] = [:]
      for (product, seconds) in zip(measured.products, times) {
        if let product { sums[product, default: 0] += seconds }
      }
      timings.add(sums, whole: times.reduce(0, +), case: number)
    }
  }
}

/// An entry that is called, with a number of images.
struct TunedCall: Equatable {
  let entry: String
  let images: Int
}

/// Seconds of products in several calls of each case.
struct ProductTimings {
  private var products: [Product: [Int: Samples]] = [:]
  private var wholes: [Int: Samples] = [:]

  mutating func add(_ seconds: [Product: Double], whole: Double, case number: Int) {
    for (product, seconds) in seconds {
      products[product, default: [:]][number, default: Samples()].add(seconds)
    }
    wholes[number, default: Samples()].add(whole)
  }

  /// The part of the kernels' time that each product has over all cases, by the product's name.
  var shares: [String: Double] {
    let whole = wholes.values.reduce(0) { $0 + $1.median }
    guard whole > 0 else { return [:] }
    let parts = products.map { product, cases in
      (product.name, cases.values.reduce(0) { $0 + $1.median } / whole)
    }
    return Dictionary(parts, uniquingKeysWith: +)
  }

  /// How many times the time of another measurement a product takes: the geometric mean of the cases' medians. Nil where it was
  /// not measured in both.
  func ratio(of product: Product, to other: ProductTimings) -> Double? {
    guard let mine = products[product], let others = other.products[product] else { return nil }
    let logarithms = mine.compactMap { number, samples -> Double? in
      guard let before = others[number]?.median, before > 0, samples.median > 0 else { return nil }
      return log(samples.median / before)
    }
    guard !logarithms.isEmpty else { return nil }
    return exp(logarithms.reduce(0, +) / Double(logarithms.count))
  }

  /// The same for all kernels together.
  func wholeRatio(to other: ProductTimings) -> Double? {
    let logarithms = wholes.compactMap { number, samples -> Double? in
      guard let before = other.wholes[number]?.median, before > 0, samples.median > 0 else { return nil }
      return log(samples.median / before)
    }
    guard !logarithms.isEmpty else { return nil }
    return exp(logarithms.reduce(0, +) / Double(logarithms.count))
  }
}
