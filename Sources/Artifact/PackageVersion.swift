/// The version of the package: of both programs, of what they write and of what a compiled model says of its compiler.
public enum PackageVersion {
  public static let current = "0.1.0"
}
