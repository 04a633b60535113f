import IR

/// What a pass changed, as lines taken out and put in:
///
///     entry @encode
///     -  %4 = add_bias %3, @encoder.h.conv0.bias : f32[N,32,14,14]
///     -  %5 = relu %4 : f32[N,32,14,14]
///     +  %3 = conv2d %0, @encoder.h.conv0.weight, ... {..., epilogue = relu} : f32[N,32,14,14]
///
/// The numbers of unnamed values change with every operation that is dropped before them; lines that differ in nothing
/// else count as equal.
public enum ChangeReport {
  /// - Parameter entry: the one entry that is wanted; nil for all.
  /// - Returns: one block of lines for the header and for each entry that differ; empty where none does.
  public static func text(from old: Module, to new: Module, entry: String? = nil) -> String {
    let (old, new) = (old.limited(to: entry), new.limited(to: entry))
    var text = block("module", old.withoutEntries, new.withoutEntries)
    for entry in old.entries where new.entry(entry.name) == nil { text += "-entry @\(entry.name)\n" }
    for entry in new.entries {
      guard let before = old.entry(entry.name) else {
        text += "+entry @\(entry.name)\n"
        continue
      }
      if before != entry {
        text += block(
          "entry @\(entry.name)", EntryPrinter(before, sourceFile: old.sourceFile).text,
          EntryPrinter(entry, sourceFile: new.sourceFile).text)
      }
    }
    return text
  }

  private static func block(_ title: String, _ old: String, _ new: String) -> String {
    let lines = changedLines(old, new)
    return lines.isEmpty ? "" : ([title] + lines).joined(separator: "\n") + "\n"
  }

  /// The shortest list of lines to take out and put in (Myers 1986), in the order of the texts.
  private static func changedLines(_ old: String, _ new: String) -> [String] {
    let (before, after) = (old.split(separator: "\n"), new.split(separator: "\n"))
    let (keysBefore, keysAfter) = (before.map(key), after.map(key))
    let difference = keysAfter.difference(from: keysBefore)
    var removed = Set<Int>()
    var inserted = Set<Int>()
    for change in difference {
      switch change {
      case .remove(let offset, _, _): removed.insert(offset)
      case .insert(let offset, _, _): inserted.insert(offset)
      }
    }
    var lines: [String] = []
    var (i, j) = (0, 0)
    while i < before.count || j < after.count {
      if removed.contains(i) {
        lines.append("-" + before[i])
        i += 1
      } else if inserted.contains(j) {
        lines.append("+" + after[j])
        j += 1
      } else {
        (i, j) = (i + 1, j + 1)
      }
    }
    return lines
  }

  /// A line without the numbers of unnamed values and without the padding before its places.
  private static func key(_ line: Substring) -> String {
    var key = ""
    var isInNumber = false
    for character in line {
      if isInNumber, character.isNumber { continue }
      isInNumber = character == "%"
      if character == " ", key.last == " " { continue }
      key.append(character)
    }
    return key
  }
}

extension Module {
  fileprivate func limited(to entry: String?) -> Module {
    guard let entry else { return self }
    var module = self
    module.entries = entries.filter { $0.name == entry }
    return module
  }

  /// The text of all that stands before the entries.
  fileprivate var withoutEntries: String {
    var header = self
    header.entries = []
    return header.text
  }
}
