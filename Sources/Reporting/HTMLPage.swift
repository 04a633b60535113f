import Foundation

/// A page of text, tables and pictures in one HTML file, which needs nothing else: pictures are inside, there is no script and
/// no address of another file.
public struct HTMLPage: Sendable {
  public let title: String
  private var body = ""
  private var headings: [String] = []

  public init(title: String) { self.title = title }

  /// Begins a section; the page's contents list it.
  public mutating func section(_ heading: String) {
    body += "<h2 id=\"s\(headings.count)\">\(Self.escaped(heading))</h2>\n"
    headings.append(heading)
  }

  public mutating func paragraph(_ text: String) { body += "<p>\(Self.escaped(text))</p>\n" }

  /// Names and values, one pair a line.
  public mutating func facts(_ facts: [(name: String, value: String)]) {
    body += "<table>\n"
    for fact in facts {
      body += "<tr><th>\(Self.escaped(fact.name))</th><td>\(Self.escaped(fact.value))</td></tr>\n"
    }
    body += "</table>\n"
  }

  /// A table with a line of titles; numbers stand at the right.
  public mutating func table(_ titles: [String], _ rows: [[String]]) {
    func line(_ cells: [String], _ element: String) -> String {
      let parts = cells.map { cell in
        let isNumber = Double(cell) != nil || cell == "-"
        return "<\(element)\(isNumber ? " class=\"n\"" : "")>\(Self.escaped(cell))</\(element)>"
      }
      return "<tr>\(parts.joined())</tr>\n"
    }
    body += "<table>\n\(line(titles, "th"))\(rows.map { line($0, "td") }.joined())</table>\n"
  }

  /// A picture with what it shows; half as wide as its pixels, as pictures are drawn at two pixels a unit.
  public mutating func picture(_ picture: Picture, caption: String) {
    let data = Data(picture.png).base64EncodedString()
    body +=
      "<figure><img src=\"data:image/png;base64,\(data)\" width=\"\(max(1, picture.width / 2))\" "
      + "alt=\"\(Self.escaped(caption))\"><figcaption>\(Self.escaped(caption))</figcaption></figure>\n"
  }

  /// Text as it is, line for line.
  public mutating func verbatim(_ text: String) { body += "<pre>\(Self.escaped(text))</pre>\n" }

  /// The file.
  public var html: String {
    let contents = headings.enumerated().map { "<a href=\"#s\($0)\">\(Self.escaped($1))</a>" }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(Self.escaped(title))</title>
      <style>\(Self.style)</style>
      </head>
      <body>
      <h1>\(Self.escaped(title))</h1>
      <nav>\(contents.joined(separator: " · "))</nav>
      \(body)</body>
      </html>

      """
  }

  private static let style = """
    body { font: 15px/1.5 sans-serif; color: #222; background: #fff; max-width: 62em; margin: 2em auto; padding: 0 1em; }
    h1 { font-size: 1.6em; } h2 { font-size: 1.2em; margin-top: 2em; border-bottom: 1px solid #ccc; }
    table { border-collapse: collapse; margin: 1em 0; }
    th, td { text-align: left; vertical-align: top; padding: .15em .9em .15em 0; border-bottom: 1px solid #eee; }
    th { font-weight: 600; } .n { text-align: right; font-variant-numeric: tabular-nums; }
    pre { background: #f6f6f6; padding: .8em; overflow-x: auto; font-size: .9em; line-height: 1.4; }
    figure { margin: 1.5em 0; } img { max-width: 100%; height: auto; }
    figcaption { color: #555; font-size: .9em; } nav { color: #555; }
    """

  /// Text in which nothing is taken for markup; control characters, which HTML does not have, become U+FFFD.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      case _ where scalar.value < 32 || (0x7F...0x9F).contains(scalar.value): result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
