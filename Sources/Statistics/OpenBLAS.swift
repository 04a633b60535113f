#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// OpenBLAS with its LAPACK, opened when it is first needed.
///
/// It is not linked, because it chooses its kernels when it is loaded and version 0.3.21 takes newer AMD processors for a
/// Haswell, at half their speed: the kernels are named in its environment before, unless the user has named some.
///
/// Unsafe by nature: what dlsym finds is taken for a function of the type that the BLAS and LAPACK interfaces say (32-bit
/// integers). Every call below checks that the arrays are as long as the extents say before it passes them on.
public struct OpenBLAS: @unchecked Sendable {
  /// Nil where the machine has none.
  public static let shared = OpenBLAS()
  /// The file that was opened.
  public static let libraryName = "libopenblas.so.0"

  /// The kernels that it chose, such as `SkylakeX`.
  public let core: String
  /// Its version and how it was built.
  public let configuration: String

  private typealias SingleProduct =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Float, UnsafePointer<Float>, Int32, UnsafePointer<Float>, Int32,
      Float, UnsafeMutablePointer<Float>, Int32
    ) -> Void
  private typealias DoubleProduct =
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Double, UnsafePointer<Double>, Int32, UnsafePointer<Double>,
      Int32,
      Double, UnsafeMutablePointer<Double>, Int32
    ) -> Void
  private typealias SymmetricEigen =
    @convention(c) (
      UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafePointer<Int32>, UnsafeMutablePointer<Double>,
      UnsafePointer<Int32>, UnsafeMutablePointer<Double>, UnsafeMutablePointer<Double>, UnsafePointer<Int32>,
      UnsafeMutablePointer<Int32>, UnsafePointer<Int32>, UnsafeMutablePointer<Int32>, Int, Int
    ) -> Void
  private typealias Text = @convention(c) () -> UnsafePointer<CChar>?
  private typealias SetThreads = @convention(c) (Int32) -> Void

  private let singleProduct: SingleProduct
  private let doubleProduct: DoubleProduct
  private let symmetricEigen: SymmetricEigen
  private let setThreads: SetThreads

  private init?() {
    if let core = Self.kernels(for: Self.processorFlags()) { setenv("OPENBLAS_CORETYPE", core, 0) }
    guard let handle = dlopen(Self.libraryName, RTLD_NOW | RTLD_LOCAL),
      let sgemm = dlsym(handle, "cblas_sgemm"), let dgemm = dlsym(handle, "cblas_dgemm"),
      let eigen = dlsym(handle, "dsyevd_"), let threads = dlsym(handle, "openblas_set_num_threads"),
      let core = dlsym(handle, "openblas_get_corename"),
      let configuration = dlsym(handle, "openblas_get_config")
    else { return nil }
    singleProduct = unsafeBitCast(sgemm, to: SingleProduct.self)
    doubleProduct = unsafeBitCast(dgemm, to: DoubleProduct.self)
    symmetricEigen = unsafeBitCast(eigen, to: SymmetricEigen.self)
    setThreads = unsafeBitCast(threads, to: SetThreads.self)
    func text(_ address: UnsafeMutableRawPointer) -> String {
      unsafeBitCast(address, to: Text.self)().map { String(cString: $0) } ?? "unknown"
    }
    self.core = text(core)
    self.configuration = text(configuration).trimmingSuffix(while: \.isWhitespace)
    // Work is split above it, so that a sum does not depend on the number of threads.
    setThreads(1)
  }

  /// The kernels that the library would choose if nobody named any: what it takes this machine for. To be asked before
  /// `shared`: the library is opened, asked and closed, and chooses again when it is opened next.
  /// - Returns: nil where the machine has none.
  public static func ownChoice() -> String? {
    let variables = ["OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS"]
    let before = variables.map { getenv($0).map { String(cString: $0) } }
    defer {
      for (variable, value) in zip(variables, before) {
        if let value { setenv(variable, value, 1) } else { unsetenv(variable) }
      }
    }
    unsetenv("OPENBLAS_CORETYPE")
    // Without threads of its own it can be closed again.
    setenv("OPENBLAS_NUM_THREADS", "1", 1)
    guard let handle = dlopen(libraryName, RTLD_NOW | RTLD_LOCAL) else { return nil }
    defer { dlclose(handle) }
    return dlsym(handle, "openblas_get_corename").flatMap { address in
      unsafeBitCast(address, to: Text.self)().map { String(cString: $0) }
    }
  }

  /// The kernels for a processor with these flags of /proc/cpuinfo; nil leaves the choice to the library.
  package static func kernels(for flags: Set<String>) -> String? {
    let avx512: Set = ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]
    return avx512.isSubset(of: flags) ? "SkylakeX" : nil
  }

  private static func processorFlags() -> Set<String> {
    guard let file = fopen("/proc/cpuinfo", "r") else { return [] }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 8192)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      if text.hasPrefix("flags") { return Set(text.split(whereSeparator: \.isWhitespace).map(String.init)) }
    }
    return []
  }

  /// `a b^T` for row-major `a` [m, k] and `b` [n, k]; nil where the extents do not fit the arrays.
  public func product(_ a: [Float], transposed b: [Float], m: Int, n: Int, k: Int) -> [Float]? {
    guard let (m32, n32, k32) = Self.extents(m, n, k), a.count == m * k, b.count == n * k else { return nil }
    var c = [Float](repeating: 0, count: m * n)
    if c.isEmpty || k == 0 { return c }
    singleProduct(rowMajor, plain, turned, m32, n32, k32, 1, a, k32, b, k32, 0, &c, n32)
    return c
  }

  /// `a b^T` for row-major `a` [m, k] and `b` [n, k]; nil where the extents do not fit the arrays.
  public func product(_ a: [Double], transposed b: [Double], m: Int, n: Int, k: Int) -> [Double]? {
    guard let (m32, n32, k32) = Self.extents(m, n, k), a.count == m * k, b.count == n * k else { return nil }
    var c = [Double](repeating: 0, count: m * n)
    if c.isEmpty || k == 0 { return c }
    doubleProduct(rowMajor, plain, turned, m32, n32, k32, 1, a, k32, b, k32, 0, &c, n32)
    return c
  }

  /// Adds `a^T b` to `c` for row-major `a` [k, m], `b` [k, n] and `c` [m, n]; false where the extents do not fit.
  public func addProduct(
    transposed a: [Double], _ b: [Double], m: Int, n: Int, k: Int, to c: inout [Double]
  ) -> Bool {
    guard let (m32, n32, k32) = Self.extents(m, n, k), a.count == k * m, b.count == k * n, c.count == m * n
    else {
      return false
    }
    if c.isEmpty || k == 0 { return true }
    doubleProduct(rowMajor, turned, plain, m32, n32, k32, 1, a, m32, b, n32, 1, &c, n32)
    return true
  }

  /// Eigenvalues, ascending, and eigenvectors, one a row, of a symmetric matrix [n, n]; nil where the extents do not fit or
  /// the iteration does not converge (a matrix with NaN).
  public func eigen(symmetric matrix: [Double], n: Int) -> (values: [Double], vectors: [Double])? {
    guard n > 0, var n32 = Int32(exactly: n), matrix.count == n * n, matrix.allSatisfy(\.isFinite) else {
      return nil
    }
    var vectors = matrix
    var values = [Double](repeating: 0, count: n)
    var (workSize, indexSize, status): (Int32, Int32, Int32) = (-1, -1, 0)
    var (work, indices): ([Double], [Int32]) = ([0], [0])
    // The first call asks how much room the second one needs. Column-major eigenvectors are rows here.
    symmetricEigen(
      "V", "L", &n32, &vectors, &n32, &values, &work, &workSize, &indices, &indexSize, &status, 1, 1)
    guard status == 0, let size = Int32(exactly: work[0].rounded(.up)) else { return nil }
    (workSize, indexSize) = (size, indices[0])
    work = [Double](repeating: 0, count: Int(workSize))
    indices = [Int32](repeating: 0, count: Int(indexSize))
    symmetricEigen(
      "V", "L", &n32, &vectors, &n32, &values, &work, &workSize, &indices, &indexSize, &status, 1, 1)
    return status == 0 ? (values, vectors) : nil
  }

  private static func extents(_ m: Int, _ n: Int, _ k: Int) -> (Int32, Int32, Int32)? {
    guard m >= 0, n >= 0, k >= 0, let m = Int32(exactly: m), let n = Int32(exactly: n),
      let k = Int32(exactly: k)
    else { return nil }
    return (m, n, k)
  }

  // Values of CBLAS_LAYOUT and CBLAS_TRANSPOSE in cblas.h.
  private var rowMajor: Int32 { 101 }
  private var plain: Int32 { 111 }
  private var turned: Int32 { 112 }
}

extension String {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
    var text = self[...]
    while let last = text.last, predicate(last) { text.removeLast() }
    return String(text)
  }
}
