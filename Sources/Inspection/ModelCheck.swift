import Diagnostics
import Passes
import VDL

/// Everything that the compiler has to say about a model's text, short of making code of it.
public enum ModelCheck {
  /// Errors of the text, of names and arguments, and of shapes; for a model without errors the warnings of the lint rules.
  /// In the order of the text.
  ///
  /// After an error of the grammar nothing else is looked at: what was left out would be missed everywhere.
  ///
  /// - Parameters:
  ///   - settings: texts of numbers that replace the values of `config` declarations.
  ///   - read: the texts of models whose parts are used, as `withUsedModels` wants them.
  ///   - lints: whether the lint rules look through a model without errors.
  /// - Throws: only where the compiler itself is wrong.
  public static func diagnostics(
    _ source: SourceText, settings: [String: String] = [:], lints: Bool = true,
    read: @escaping (String) throws -> SourceText = { throw UsedModelError.notAtHand($0) }
  ) throws -> DiagnosticList {
    let model: ModelSyntax
    do {
      model = try parseModel(source).withUsedModels(read: read)
    } catch {
      return error
    }
    let elaborated = elaborateWherePossible(model, settings: settings)
    guard elaborated.errors.isEmpty else {
      return DiagnosticList(elaborated.errors + elaborated.module.shapeErrorsWherePossible())
        .ordered(first: source.name)
    }
    do {
      _ = try Pipeline([.inferShapes]).run(elaborated.module)
    } catch let errors as DiagnosticList {
      return errors.ordered(first: source.name)
    }
    return DiagnosticList(lints ? lint(model) : [])
  }
}
