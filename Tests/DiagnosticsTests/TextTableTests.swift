import Diagnostics
import Testing

@Suite struct TextTableTests {
  @Test func columnsAreAsWideAsTheirWidestCell() {
    var table = TextTable([("name", .left), ("count", .right), ("", .left)])
    table.add("relu", "7", "x")
    table.addRule()
    table.add("convolution", "1234567")
    table.add("a", "b", "c", "one too many")
    #expect(
      table.text == """
        name           count
        relu               7  x
        -----------------------
        convolution  1234567
        a                  b  c

        """)
  }

  @Test(arguments: [
    (0, "0"), (999, "999"), (1000, "1,000"), (-1000, "-1,000"), (668_709, "668,709"),
    (Int.max, "9,223,372,036,854,775,807"), (Int.min, "-9,223,372,036,854,775,808"),
  ])
  func digitsAreGroupedInThrees(number: Int, text: String) {
    #expect(grouped(number) == text)
  }

  @Test(arguments: [
    (5.094064, 3, "5.094"), (0.0049, 2, "0.00"), (0.005, 2, "0.01"), (-1.25, 1, "-1.3"), (12.5, 0, "13"),
    (0.04, 1, "0.0"), (.infinity, 2, "-"), (.nan, 2, "-"), (1e300, 2, "-"),
  ])
  func numbersAreRoundedToTheirDigits(number: Double, digits: Int, text: String) {
    #expect(decimal(number, digits) == text)
  }
}
