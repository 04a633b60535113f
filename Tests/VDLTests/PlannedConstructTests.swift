import Diagnostics
import Foundation
import LanguageTesting
import Testing
import VDL

/// Everything that the grammar has and no op stands behind is refused by its name, at its place.
@Suite struct PlannedConstructTests {
  private static let base = """
    model m {
      input x: image[1, 8, 8]
      encoder (x) -> z {
        let h = x |> flatten |> dense(8)
        z ~ normal(mean: h |> dense(2), logvar: h |> dense(2))
      }
      prior z ~ normal(mean: 0, std: 1)
      decoder (z) -> x {
        x ~ bernoulli(logits: z |> dense(64) |> reshape(1, 8, 8))
      }
      maximize loglik(x) - kl(z)
      train { optimizer: adam(rate: 1e-3) }
    }
    """
  private static let input = "input x: image[1, 8, 8]"

  /// What the names of each kind stand in: a piece of the base, and what replaces it.
  private static func place(_ kind: PlannedConstructs.Kind, _ name: String) -> (String, String) {
    switch kind {
    case .declaration:
      return (input, "\(input)\n  «\(name) encoder from \"a.vdl\" frozen»")
    case .inputType: return (input, "\(input)\n  input y: «\(name)»[10]")
    case .layer: return ("|> flatten", "|> «\(name)»(2) |> flatten")
    case .distribution: return ("z ~ normal(mean: h", "z ~ «\(name)»(mean: h")
    case .term: return ("- kl(z)", "- 0.1 * «\(name)»(z)")
    }
  }

  private static func place(_ form: PlannedConstructs.Form) -> (String, String) {
    switch form {
    case .secondImage: (input, "\(input)\n  «input y: image[1, 8, 8]»")
    case .secondClass: (input, "\(input)\n  input y: class[3]\n  «input v: class[4]»")
    }
  }

  private func check(_ place: (String, String), _ message: String) throws {
    try #require(Self.base.contains(place.0))
    let text = MarkedText(Self.base.replacingOccurrences(of: place.0, with: place.1))
    var found: [Diagnostic] = []
    do { _ = try elaborate(text.source) } catch { found = error.diagnostics }
    #expect(found.last?.message == message)
    #expect(found.map(\.range) == text.ranges, "\(found)")
  }

  @Test(arguments: PlannedConstructs.Kind.allCases.flatMap { kind in kind.names.map { (kind, $0) } })
  func namesAreRefusedAsPlanned(kind: PlannedConstructs.Kind, name: String) throws {
    try check(Self.place(kind, name), "'\(name)' is not supported yet")
  }

  @Test(arguments: PlannedConstructs.Form.allCases)
  func formsAreRefusedAsPlanned(form: PlannedConstructs.Form) throws {
    try check(Self.place(form), "\(form.rawValue) is not supported yet")
  }

  /// What is planned is not there yet.
  @Test func namesThatAreThereAreNotPlanned() {
    let tables = LanguageReference.markdown
    for kind in PlannedConstructs.Kind.allCases {
      for name in kind.names {
        #expect(!tables.contains("| `\(name)`") && !tables.contains("| `\(name)("), "\(name)")
      }
    }
  }
}
