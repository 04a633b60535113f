/// Words of the text form: how names and numbers are written so that they read back equal.

extension UInt8 {
  /// ASCII letters and `_`.
  var beginsName: Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
      || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
      || self == UInt8(ascii: "_")
  }

  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }

  /// Letters, digits and `_`.
  var continuesName: Bool { beginsName || isDigit }

  /// `.` and `/` stand inside a name, between two of its letters or digits.
  var joinsName: Bool { self == UInt8(ascii: ".") || self == UInt8(ascii: "/") }
}

/// True where the text form can hold a name as it is: `encoder.h.conv0.weight`, `adam.m/decoder.bias`.
func isPrintableName(_ name: String) -> Bool {
  let bytes = Array(name.utf8)
  guard let first = bytes.first, let last = bytes.last, first.beginsName, last.continuesName else {
    return false
  }
  return bytes.indices.allSatisfy { index in
    bytes[index].continuesName || (bytes[index].joinsName && bytes[index + 1].continuesName)
  }
}

/// A number for a place where whole numbers are usual: `100`, `0.5`, `1e-08`.
func shortText(of number: Double) -> String {
  Int(exactly: number).map { "\($0)" } ?? "\(number)"
}

/// Text in double quotes with `"`, `\` and line breaks escaped.
func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case "\r": result += "\\r"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
