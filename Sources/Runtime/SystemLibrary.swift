#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A shared library of the machine, asked whether it is there and which version it is.
public enum SystemLibrary {
  /// Whether the loader finds a library: `libgomp.so.1`.
  public static func isThere(_ name: String) -> Bool {
    guard let handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL) else { return false }
    dlclose(handle)
    return true
  }

  /// What a library's function of its version returns; nil where there is no such library.
  ///
  /// - Parameter symbol: a function that takes no argument, or ignores one, and returns a constant C string: the name is
  ///   of this package's own source, never of a user's.
  public static func version(_ name: String, symbol: StaticString) -> String? {
    guard let handle = dlopen(name, RTLD_LAZY | RTLD_LOCAL) else { return nil }
    defer { dlclose(handle) }
    guard let address = dlsym(handle, "\(symbol)") else { return nil }
    typealias Function = @convention(c) (UnsafeRawPointer?) -> UnsafePointer<CChar>?
    // Read before the library is closed.
    return unsafeBitCast(address, to: Function.self)(nil).map { String(cString: $0) }
  }
}
