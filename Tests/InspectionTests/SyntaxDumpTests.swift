import Diagnostics
import Inspection
import Testing
import VDL

@Suite struct SyntaxDumpTests {
  @Test func nodesShowTheirKindsPlacesAndParts() throws {
    let source = SourceText(
      name: "m.vdl",
      text: """
        /// A model.
        model m {
          encoder (x) -> z { z = x |> dense(2, init: he_normal) as code }
          minimize -mse(x)
        }
        """)
    #expect(
      try parseModel(source).dump == """
        ModelSyntax 2:1-5:2
          documentation: "A model."
          name: "m" 2:7-8
          declarations:
            scope 3:3-66
              kind: encoder
              parameters:
                "x" 3:12-13
              results:
                "z" 3:18-19
              statements:
                binding 3:22-64
                  name: "z" 3:22-23
                  value: pipeline 3:26-64
                    source: name: "x" 3:26-27
                    stages:
                      Call 3:31-64
                        name: "dense" 3:31-36
                        arguments:
                          Argument 3:37-38
                            value: number 3:37-38
                              value: integer: 2
                              text: "2"
                          Argument 3:40-55
                            label: "init" 3:40-44
                            value: name: "he_normal" 3:46-55
                        hasParentheses: true
                        alias: "code" 3:60-64
            objective 4:3-19
              direction: minimize
              value: negation 4:12-19
                operand: call 4:13-19
                  name: "mse" 4:13-16
                  arguments:
                    Argument 4:17-18
                      value: name: "x" 4:17-18
                  hasParentheses: true
          comments:
            Comment 1:1-13
              text: "/// A model."
              isFirstOnLine: true

        """)
  }
}
