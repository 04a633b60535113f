import Reporting
import Testing

@Suite struct HistogramTests {
  private func isBlue(_ pixel: [UInt8]) -> Bool { pixel == [0x00, 0x72, 0xB2] }

  /// The heights of the bars in pixels, at their middles.
  private func heights(_ histogram: Histogram, bars: Int) throws -> [Int] {
    let decoded = try DecodedPicture(histogram.render(scale: 1))
    let columns = (0..<decoded.width).filter { x in (0..<decoded.height).contains { isBlue(decoded[x, $0]) } }
    let (left, right) = (try #require(columns.first), try #require(columns.last))
    return (0..<bars).map { bar in
      let x = left + (right - left) * (2 * bar + 1) / (2 * bars)
      return (0..<decoded.height).count { isBlue(decoded[x, $0]) }
    }
  }

  @Test func barsAreAsHighAsTheirNumbers() throws {
    let found = try heights(
      Histogram(xName: "x", yName: "y", edges: [0, 1, 2, 3], heights: [2, 1, 4]), bars: 3)
    #expect(abs(found[2] - 2 * found[0]) <= 3 && abs(found[0] - 2 * found[1]) <= 3, "\(found)")
  }

  @Test func logarithmicBarsShowRareNumbers() throws {
    let histogram = Histogram(
      xName: "x", yName: "y", edges: [0, 1, 2, 3], heights: [1, 0.01, 0.0001], isLogarithmic: true)
    let found = try heights(histogram, bars: 3)
    // Each factor is the same step.
    #expect(abs((found[0] - found[1]) - (found[1] - found[2])) <= 3 && found[2] > 5, "\(found)")
  }

  @Test func whatIsNoHistogramIsRefused() {
    for (edges, heights) in [
      ([0.0, 1], [1.0, 2]), ([1, 0], [1]), ([0, 1], [-1]), ([0, .nan], [1]), ([], []), ([0, 1], [.infinity]),
    ] {
      #expect(throws: PictureError.self) {
        try Histogram(xName: "", yName: "", edges: edges, heights: heights).render()
      }
    }
    #expect(throws: Never.self) { try Histogram(xName: "", yName: "", edges: [0, 1], heights: [0]).render() }
    #expect(throws: Never.self) {
      try Histogram(xName: "", yName: "", edges: [0, 1], heights: [0], isLogarithmic: true).render()
    }
  }
}

@Suite struct HTMLPageTests {
  @Test func textIsNeverMarkup() {
    var page = HTMLPage(title: "a <b> & \"c\"")
    page.section("</h2><script>")
    page.paragraph("x < y\u{0}")
    page.facts([("<i>", "'v'")])
    page.table(["<u>"], [["<s>"]])
    page.verbatim("a\n  b<pre>")
    let html = page.html
    for text in [
      "<title>a &lt;b&gt; &amp; &quot;c&quot;</title>", "&lt;/h2&gt;&lt;script&gt;", "x &lt; y\u{FFFD}",
      "<th>&lt;i&gt;</th><td>&#39;v&#39;</td>", "<td>&lt;s&gt;</td>", "<pre>a\n  b&lt;pre&gt;</pre>",
    ] {
      #expect(html.contains(text), "\(text)")
    }
    #expect(!html.contains("<script") && !html.contains("<b>") && !html.contains("\u{0}"))
  }

  @Test func picturesAreInside() throws {
    let picture = try Histogram(xName: "", yName: "", edges: [0, 1], heights: [1]).render()
    var page = HTMLPage(title: "t")
    page.picture(picture, caption: "a \"bar\"")
    #expect(page.html.contains("<img src=\"data:image/png;base64,iVBORw0KGgo"))
    #expect(page.html.contains("width=\"420\" alt=\"a &quot;bar&quot;\""))
    #expect(Picture(png: picture.png)?.width == 840)
    #expect(Picture(png: Array(picture.png.prefix(20))) == nil && Picture(png: [1, 2, 3]) == nil)
  }
}
