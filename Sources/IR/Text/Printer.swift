import Diagnostics

/// The text form of the IR, which the parser reads back to an equal module:
///
///     module convvae
///     source "convvae.vdl"
///     hyper beta = 1.0
///     train optimizer = adam, rate = 0.001, decay = 0.0, batch = 128, epochs = 30
///     parameter @encoder.h.conv0.bias : f32[32] init fan_in_uniform(@encoder.h.conv0.weight)    at 13:20-28
///
///     entry @encode(image %x : u8[N,1,28,28]) {
///       %0 = decode_u8 %x : f32[N,1,28,28]    at 8:9-10
///       return image x = %0
///     }
///
/// A type that is not inferred yet prints as `?`. Attributes that equal their default are not printed. A source range
/// is `LINE:COLUMN-COLUMN` or `LINE:COLUMN-LINE:COLUMN`, the end exclusive, with the file before it where that is not the
/// module's own.
extension Module: CustomStringConvertible {
  public var text: String {
    var blocks = [header]
    blocks += entries.map { EntryPrinter($0, sourceFile: sourceFile).text }
    return blocks.joined(separator: "\n")
  }

  public var description: String { text }

  /// All that stands before the entries, with a line break at the end.
  private var header: String {
    var lines = ["module \(name)"]
    if !sourceFile.isEmpty { lines.append("source \(quoted(sourceFile))") }
    lines += configuration.map { "config \($0.name) = \(shortText(of: $0.value))" }
    lines += hypers.map { "hyper \($0.name) = \($0.value)" }
    lines += classes.map { "class \($0.name) = \(shortText(of: $0.value))" }
    lines.append(
      "train optimizer = \(training.optimizer), rate = \(training.rate), decay = \(training.decay), "
        + (training.clip > 0 ? "clip = \(training.clip), " : "")
        + "batch = \(training.batch), epochs = \(training.epochs)")
    for global in globals {
      let line = "\(global.kind.rawValue) @\(global.name) : \(global.type) init \(global.initializer)"
      lines.append(withSources(line, global.sources, file: sourceFile))
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Initializer: CustomStringConvertible {
  public var description: String {
    switch self {
    case .constant(let value): "constant(\(shortText(of: value)))"
    case .normal(let deviation): "normal(\(shortText(of: deviation)))"
    case .scaled(let scale, let weight): "\(scale.rawValue)(@\(weight))"
    }
  }
}

/// Prints one entry and the operations in it. Values without a name are numbered in the order of their definition.
public struct EntryPrinter: Sendable {
  /// Lines up to this length are not broken into one argument or result per line.
  static let lineLength = 112

  private let entry: Entry
  private let sourceFile: String
  private let names: [String]

  /// - Parameter sourceFile: the module's; ranges in other files print with their file.
  public init(_ entry: Entry, sourceFile: String) {
    self.entry = entry
    self.sourceFile = sourceFile
    names = Self.names(of: entry)
  }

  private static func names(of entry: Entry) -> [String] {
    var names = entry.values.map { value in
      value.global.map { "@\($0)" } ?? value.name.map { "%\($0)" } ?? ""
    }
    var next = 0
    let defined = entry.arguments.map(\.value) + entry.operations.flatMap(\.results)
    for value in defined where names.indices.contains(value.index) && names[value.index].isEmpty {
      names[value.index] = "%\(next)"
      next += 1
    }
    return names
  }

  /// `%z`, `%12` or `@parameter`. A value that nothing defines, which the verifier refuses, prints as `%?INDEX`.
  public func name(of value: ValueID) -> String {
    guard names.indices.contains(value.index), !names[value.index].isEmpty else { return "%?\(value.index)" }
    return names[value.index]
  }

  /// The operation as its line in the text form, without indentation and sources.
  public func line(of operation: Operation) -> String {
    var line = operation.results.map(name).joined(separator: ", ") + " = " + operation.name
    if !operation.operands.isEmpty {
      line += " " + operation.operands.map(name).joined(separator: ", ")
    }
    let attributes = operation.printedAttributes
    if !attributes.isEmpty { line += " {" + attributes.joined(separator: ", ") + "}" }
    return line + " : " + operation.results.map(typeText).joined(separator: ", ")
  }

  /// The whole entry, with a line break at the end.
  public var text: String {
    var lines = argumentLines
    for operation in entry.operations {
      lines.append(withSources("  " + line(of: operation), operation.sources, file: sourceFile))
    }
    return (lines + resultLines + ["}"]).joined(separator: "\n") + "\n"
  }

  // MARK: Line numbers, from 0 at the entry's first line

  var lineCount: Int { argumentLines.count + entry.operations.count + resultLines.count + 1 }
  var firstOperationLine: Int { argumentLines.count }

  /// The line of each result: one for all, or one for each behind the line of the word `return`.
  var resultLineNumbers: [Int] {
    let first = firstOperationLine + entry.operations.count
    let isOneLine = resultLines.count == 1
    return entry.results.indices.map { isOneLine ? first : first + 1 + $0 }
  }

  private var argumentLines: [String] {
    let arguments = entry.arguments.map { argument in
      "\(argument.role.rawValue) \(name(of: argument.value)) : \(typeText(argument.value))"
    }
    return list("entry @\(entry.name)(", arguments, end: ") {", indentation: "  ")
  }

  private var resultLines: [String] {
    let results = entry.results.map { "\($0.target) = \(name(of: $0.value))" }
    return list(results.isEmpty ? "  return" : "  return ", results, end: "", indentation: "    ")
  }

  /// A list on one line where it fits, else with one element per line.
  private func list(_ begin: String, _ elements: [String], end: String, indentation: String) -> [String] {
    let line = begin + elements.joined(separator: ", ") + end
    guard line.count > Self.lineLength, let last = elements.last else { return [line] }
    let trimmed = begin.hasSuffix(" ") ? String(begin.dropLast()) : begin
    return [trimmed] + elements.dropLast().map { indentation + $0 + "," } + [indentation + last + end]
  }

  private func typeText(_ value: ValueID) -> String {
    guard entry.values.indices.contains(value.index) else { return "?" }
    return entry.values[value.index].type?.description ?? "?"
  }
}

extension Operation {
  /// `name = value` for each attribute that differs from its default, in the order of the definition.
  fileprivate var printedAttributes: [String] {
    let definitions = OpTable.standard[name]?.attributes ?? []
    let known = definitions.compactMap { definition -> String? in
      guard let value = attributes[definition.name], value != definition.defaultValue else { return nil }
      return "\(definition.name) = \(value.text(hexadecimal: definition.isHexadecimal))"
    }
    let others = attributes.values.filter { name, _ in !definitions.contains { $0.name == name } }
    return known + others.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value.text(hexadecimal: false))" }
  }
}

extension Attribute: CustomStringConvertible {
  public var description: String { text(hexadecimal: false) }

  func text(hexadecimal: Bool) -> String {
    switch self {
    case .int(let value): hexadecimal && value >= 0 ? "0x" + String(value, radix: 16) : "\(value)"
    case .ints(let values): "[" + values.map { "\($0)" }.joined(separator: ", ") + "]"
    case .float(let value): "\(value)"
    case .symbol(let word): isPrintableName(word) ? word : quoted(word)
    case .layout(.canonical): "canonical"
    case .formula(let formula): formula.description
    case .layout(.lanes(let lanes)): "n\(lanes)"
    }
  }
}

extension ResultTarget: CustomStringConvertible {
  /// As after `return`: `metric loss`, `@parameter`.
  public var description: String {
    switch self {
    case .metric(let name): "metric \(name)"
    case .latent(let name): "latent \(name)"
    case .image(let name): "image \(name)"
    case .probabilities(let name): "probabilities \(name)"
    case .gradient(let name): "gradient \(name)"
    case .global(let name): "@\(name)"
    }
  }
}

/// A line with the places that it came from behind it, in a column of their own where the line is short enough.
private func withSources(_ line: String, _ sources: [SourceRange], file: String) -> String {
  guard !sources.isEmpty else { return line }
  let padding = String(repeating: " ", count: max(2, 88 - line.count))
  return line + padding + "at " + sources.map { text(of: $0, file: file) }.joined(separator: ", ")
}

private func text(of range: SourceRange, file: String) -> String {
  let (start, end) = (range.start, range.end)
  let tail = start.line == end.line ? "\(end.column)" : "\(end.line):\(end.column)"
  return (range.file == file ? "" : quoted(range.file) + " ") + "\(start.line):\(start.column)-\(tail)"
}
