import Inspection
import Testing

@Suite struct GraphTests {
  @Test func operationsAreBoxesAndEdgesCarryTypes() throws {
    #expect(
      try Example.module().graphText == """
        digraph "test" {
          node [fontname="Helvetica", fontsize=10, shape=box, style=filled, fillcolor=white];
          edge [fontname="Helvetica", fontsize=8, color="#606060"];
          subgraph cluster_0 {
            label="@f";
            e0_a0 [label="latent %x", shape=ellipse];
            e0_o0 [label="dense + relu\\n@w", fillcolor="#cfe3f7"];
            e0_a0 -> e0_o0 [label="%x : f32[N,5]"];
            e0_o1 [label="square", fillcolor="white"];
            e0_o0 -> e0_o1 [label="%0 : f32[N,3]"];
            e0_o2 [label="sum_per_image", fillcolor="white"];
            e0_o1 -> e0_o2 [label="%1 : f32[N,3]"];
            e0_o3 [label="mean_images", fillcolor="#fbe0c3"];
            e0_o2 -> e0_o3 [label="%s : f32[N]"];
            e0_r0 [label="latent y", shape=ellipse, style=dashed];
            e0_o0 -> e0_r0 [label="%0 : f32[N,3]"];
            e0_r1 [label="metric loss", shape=ellipse, style=dashed];
            e0_o3 -> e0_r1 [label="%2 : f32[]"];
          }
        }

        """)
  }

  @Test func namesAreQuoted() throws {
    var module = try Example.module()
    module.name = "a\"b\\c"
    #expect(module.graphText.hasPrefix("digraph \"a\\\"b\\\\c\" {\n"))
  }
}
