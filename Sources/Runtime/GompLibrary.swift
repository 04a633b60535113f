import CGomp

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The OpenMP run-time library, opened when the first team is needed.
///
/// It is not linked, because it reads its environment once and when it is loaded, and its way of waiting has to be
/// set before: by default a thread that waits at a barrier spins for milliseconds, and where other programs use the same
/// processors it spins away the time of the very thread that it waits for. Here it spins for some tens of microseconds
/// and then sleeps. Measured on two processors (convvae, images per second): alone 25,000 with the default and 24,500
/// so, beside three busy programs 2,400 and 6,500. A barrier that offers the processor (sched_yield) in place of
/// sleeping got 410 where this got 2,100, beside two busy programs and some builds.
///
/// Unchecked: the functions are found once, never change, and may be called from any thread.
struct GompLibrary: @unchecked Sendable {
  let parallel: gomp_parallel_function
  let barrier: gomp_barrier_function
  let threadNumber: gomp_number_function
  let threadCount: gomp_number_function

  /// Nil where the machine has no libgomp: models then run serially.
  static let shared = GompLibrary()

  /// Turns of waiting before a thread sleeps.
  private static let spinCount = "2000"

  private init?() {
    // What the user set stays.
    if getenv("OMP_WAIT_POLICY") == nil { setenv("GOMP_SPINCOUNT", Self.spinCount, 0) }
    guard let handle = dlopen("libgomp.so.1", RTLD_NOW | RTLD_LOCAL),
      let parallel = dlsym(handle, "GOMP_parallel"), let barrier = dlsym(handle, "GOMP_barrier"),
      let number = dlsym(handle, "omp_get_thread_num"), let count = dlsym(handle, "omp_get_num_threads")
    else { return nil }
    // The types are those of libgomp's stable ABI (GOMP_4.0 and OMP_1.0 in its symbol versions).
    self.parallel = unsafeBitCast(parallel, to: gomp_parallel_function.self)
    self.barrier = unsafeBitCast(barrier, to: gomp_barrier_function.self)
    threadNumber = unsafeBitCast(number, to: gomp_number_function.self)
    threadCount = unsafeBitCast(count, to: gomp_number_function.self)
  }
}
