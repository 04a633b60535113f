/// A text of any origin as a part of one line: what would end the line or move the cursor is written as an escape, and a long
/// text is cut.
public func printable(_ text: String, longest: Int = 1000) -> String {
  var result = ""
  for scalar in text.unicodeScalars.prefix(longest) {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned, .privateUse:
      result += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return text.unicodeScalars.count > longest ? result + "..." : result
}
