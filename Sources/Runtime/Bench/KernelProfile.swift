import CModel

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// What a compiled model says of one of its kernels.
public struct KernelDescription: Sendable, Equatable {
  /// Such as `26_conv2d_weight_gradient`: the operation's number in its entry, and its op.
  public var name: String
  /// The line of the program's text beside the library, from 1.
  public var line: Int
  /// True for a product of matrices, false for everything else.
  public var isProduct: Bool
  /// FLOPs, and bytes of operands and results, each once, for each image and for the call. An operation of several kernels
  /// has them at the last.
  public var perImage: Work
  public var perCall: Work

  /// True for a kernel that runs in calls with few images, in place of those that run in others.
  public var isForFewImages: Bool { name.hasPrefix("one.") }

  public struct Work: Sendable, Equatable {
    public var flops: Double
    public var bytes: Double
  }

  /// FLOPs and bytes of a call.
  public func work(images: Int) -> Work {
    Work(
      flops: perImage.flops * Double(images) + perCall.flops,
      bytes: perImage.bytes * Double(images) + perCall.bytes)
  }

  /// From the words of a line of `NAME_kernels` behind the entry's name; nil where it is no such line.
  init?(words: [Substring]) {
    let numbers = words.dropFirst().compactMap { Int($0) }
    guard words.count == 7, numbers.count == 6 else { return nil }
    name = String(words[0])
    line = numbers[0]
    isProduct = numbers[1] == 1
    perImage = Work(flops: Double(numbers[2]), bytes: Double(numbers[3]))
    perCall = Work(flops: Double(numbers[4]), bytes: Double(numbers[5]))
  }
}

extension CompiledModel {
  /// The kernels of an entry, in the order in which they run.
  public func kernels(of entry: String) throws -> [KernelDescription] {
    try kernelLines().compactMap { line in
      let words = line.split(separator: " ")
      return words.first.map { $0 == entry } == true ? KernelDescription(words: Array(words.dropFirst())) : nil
    }
  }
}

/// Takes the times of an entry's kernels, as an executor of its own for the time of the measurement.
///
/// Each worker writes its own numbers alone: when it began the kernel that it is in, and how long it was in each.
public final class KernelProfile {
  public let threads: Int
  private let kernels: Int
  /// Nanoseconds, for each worker its begin and then one sum for each kernel; a worker's numbers share no cache line with
  /// another's.
  private let times: UnsafeMutableBufferPointer<UInt64>
  private let stride: Int

  public init(kernels: Int, threads: Int) {
    self.kernels = kernels
    self.threads = GompExecutor(threads: threads).threads
    stride = (kernels + 8) / 8 * 8 + 8
    times = .allocate(capacity: stride * self.threads)
    times.initialize(repeating: 0)
  }

  deinit { times.deallocate() }

  /// Forgets what was measured.
  public func clear() { for index in times.indices { times[index] = 0 } }

  /// Seconds that the workers spent in each kernel, the mean over the workers.
  public var seconds: [Double] {
    (0..<kernels).map { kernel in
      let sum = (0..<threads).reduce(0.0) { $0 + Double(times[$1 * stride + 1 + kernel]) }
      return sum / Double(threads) * 1e-9
    }
  }

  /// Seconds that the slowest worker spent in each kernel.
  public var slowest: [Double] {
    (0..<kernels).map { kernel in
      let most = (0..<threads).reduce(0 as UInt64) { max($0, times[$1 * stride + 1 + kernel]) }
      return Double(most) * 1e-9
    }
  }

  /// Gives `body` the C form of the executor for the time of a call.
  func withExecutor<Result>(_ body: (UnsafePointer<vaec_executor>) -> Result) -> Result {
    // `self` is alive until the call has returned, and the callbacks run within it.
    withExtendedLifetime(self) {
      let executor = vaec_executor(
        context: Unmanaged.passUnretained(self).toOpaque(),
        run: { context, body, argument in
          guard let context else { return }
          let profile = Unmanaged<KernelProfile>.fromOpaque(context).takeUnretainedValue()
          GompExecutor(threads: profile.threads).run(body, argument)
        },
        barrier: { context in
          guard let context else { return }
          let profile = Unmanaged<KernelProfile>.fromOpaque(context).takeUnretainedValue()
          if profile.threads > 1 { GompLibrary.shared?.barrier() }
        },
        profile: { context, worker, kernel, isEnd in
          guard let context else { return }
          let profile = Unmanaged<KernelProfile>.fromOpaque(context).takeUnretainedValue()
          profile.note(worker: Int(worker), kernel: Int(kernel), isEnd: isEnd != 0)
        })
      return withUnsafePointer(to: executor) { body($0) }
    }
  }

  private func note(worker: Int, kernel: Int, isEnd: Bool) {
    guard worker >= 0, worker < threads, kernel >= 0, kernel < kernels else { return }
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    let now = UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
    if isEnd {
      times[worker * stride + 1 + kernel] &+= now &- times[worker * stride]
    } else {
      times[worker * stride] = now
    }
  }
}
