import Diagnostics

extension ModelSyntax {
  /// The model with the models whose parts it uses, and with those that they use.
  ///
  /// - Parameter read: the text of a file. The name that it is given, and that the text has to have, is the path that `use` says, as seen
  ///   from where the name of the using text lies: `../convae.vdl` in `Models/experiments/classifier.vdl` is `Models/convae.vdl`.
  /// - Throws: what is wrong with a file or its text; a mistake of the grammar at its place in that text.
  public func withUsedModels(
    read: @escaping (_ name: String) throws -> SourceText
  ) throws(DiagnosticList) -> ModelSyntax {
    var loader = UseLoader(read: read)
    let model = loader.load(self, chain: [normalizedPath(range.file)])
    guard loader.diagnostics.isEmpty else { throw DiagnosticList(loader.diagnostics) }
    return model
  }
}

/// Models may use parts of models that use parts, so many levels deep.
private let deepestUse = 4

private struct UseLoader {
  let read: (String) throws -> SourceText
  private(set) var diagnostics: [Diagnostic] = []
  /// Texts that were read, by their names; nil for what is faulty.
  private var texts: [String: ModelSyntax?] = [:]

  init(read: @escaping (String) throws -> SourceText) { self.read = read }

  /// - Parameter chain: the names of the texts on the way to this one, itself last.
  mutating func load(_ model: ModelSyntax, chain: [String]) -> ModelSyntax {
    var model = model
    for declaration in model.declarations {
      guard case .use(let node) = declaration, model.used[node.file.text] == nil else { continue }
      let name = usedFile(node.file.text, by: model.range.file)
      if chain.contains(name) {
        diagnostics.append(
          Diagnostic(
            "'\(node.file.text)' is the model itself, or uses it: a part is made of another model",
            at: node.file.range))
        continue
      }
      guard chain.count <= deepestUse else {
        diagnostics.append(
          Diagnostic("models use one another more than \(deepestUse) levels deep", at: node.file.range))
        continue
      }
      guard let used = text(name, node) else { continue }
      model.used[node.file.text] = load(used, chain: chain + [name])
    }
    return model
  }

  private mutating func text(_ name: String, _ node: UseDeclaration) -> ModelSyntax? {
    if let known = texts[name] { return known }
    var model: ModelSyntax?
    do {
      model = try parseModel(try read(name))
    } catch let errors as DiagnosticList {
      diagnostics += errors.diagnostics.map { error in
        var error = error
        // What has no place is about the file as a whole.
        error.range = error.range ?? node.file.range
        return error
      }
    } catch {
      diagnostics.append(Diagnostic("\(error)", at: node.file.range))
    }
    texts[name] = .some(model)
    return model
  }
}

/// The name of a file that a text uses: its path as seen from where the user's name lies.
func usedFile(_ path: String, by user: String) -> String {
  guard !path.hasPrefix("/"), let end = user.lastIndex(of: "/") else { return normalizedPath(path) }
  return normalizedPath(user[...end] + path)
}

/// A path without `.` and without `..` behind a folder's name.
private func normalizedPath(_ path: String) -> String {
  var parts: [Substring] = []
  for part in path.split(separator: "/") where part != "." {
    if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
  }
  return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
}

extension DiagnosticList {
  /// In the order of the texts, that of the model first, and of each text's places; what has no place comes first.
  public func ordered(first file: String) -> DiagnosticList {
    var files = [file]
    for diagnostic in diagnostics {
      if let file = diagnostic.range?.file, !files.contains(file) { files.append(file) }
    }
    let loose = diagnostics.filter { $0.range == nil }
    return DiagnosticList(
      loose
        + files.flatMap { file in
          DiagnosticList(diagnostics.filter { $0.range?.file == file }).ordered.diagnostics
        })
  }
}
