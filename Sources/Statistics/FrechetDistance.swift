/// The Frechet distance of the Gaussians with the moments of two sets of points (Dowson and Landau 1982):
/// |m1 - m2|^2 + tr(C1 + C2 - 2 (C1^1/2 C2 C1^1/2)^1/2).
public func frechetDistance(_ first: Matrix, _ second: Matrix) throws -> Double {
  guard first.columns == second.columns else { throw StatisticsError.shape(what: "the Frechet distance") }
  let a = try PrincipalComponents(of: first)
  let b = try PrincipalComponents(of: second)
  let library = try OpenBLAS.required()
  let size = first.columns
  let distance = zip(a.mean, b.mean).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  // With roots R = diag(sqrt(variances)) * components, C = R^T R; the wanted trace is that of the singular values of
  // R1 R2^T, the roots of the eigenvalues of (R1 R2^T) (R1 R2^T)^T.
  func root(_ analysis: PrincipalComponents) -> [Double] {
    (0..<size).flatMap { row in analysis.components.row(row).map { $0 * analysis.variances[row].squareRoot() } }
  }
  guard let cross = library.product(root(a), transposed: root(b), m: size, n: size, k: size),
    let squared = library.product(cross, transposed: cross, m: size, n: size, k: size),
    let (values, _) = library.eigen(symmetric: squared, n: size)
  else { throw StatisticsError.noConvergence(what: "the Frechet distance") }
  let common = values.reduce(0) { $0 + max(0, $1).squareRoot() }
  return max(0, distance + a.variances.reduce(0, +) + b.variances.reduce(0, +) - 2 * common)
}
