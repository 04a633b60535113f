import Diagnostics
import IR
import Testing

@Suite struct OperationCostTests {
  private static let text = """
    module test
    parameter @w : f32[3,5] init constant(0)
    entry @f(latent %x : f32[N,5]) {
      %0 = dense %x, @w {epilogue = relu} : f32[N,3]
      %1 = dense_weight_gradient %0, %x : f32[3,5]
      %2 = square @w : f32[3,5]
      %3 = exp %0 : ?
      return latent y = %0, @w = %1
    }
    """

  private func entry() throws -> Entry {
    try #require(try Module(parsing: SourceText(name: "test.vir", text: Self.text)).entry("f"))
  }

  @Test func workIsPerImageWhereAnOperandOrResultHasARowPerImage() throws {
    let entry = try entry()
    let costs = entry.operations.map { entry.cost(of: $0) }
    #expect(costs[0] == OperationCost(flops: 30, isPerImage: true))
    #expect(costs[1] == OperationCost(flops: 30, isPerImage: true))
    #expect(costs[2] == OperationCost(flops: 15, isPerImage: false))
    #expect(costs[3] == nil, "its type is not known")
  }

  @Test func productsAloneAreCountedForAModel() throws {
    #expect(try entry().productFlopsPerImage == 60)
  }

  @Test func productsAreTheDenseAndConvolutionOps() {
    let products = OpTable.standard.definitions.filter(\.isProduct).map(\.name).sorted()
    #expect(
      products == [
        "conv2d", "conv2d_transpose", "conv2d_weight_gradient", "dense", "dense_data_gradient",
        "dense_weight_gradient",
      ])
  }

  @Test func operationsCanBeLocatedInTheTextAtHand() throws {
    let text = """
      module test
      source "model.vdl"
      parameter @w : f32[3,5] init constant(0)  at 1:2-3
      entry @f(latent %x : f32[N,5]) {
        %0 = dense %x, @w : f32[N,3]  at 7:8-9
        return latent y = %0
      }
      """
    let source = SourceText(name: "test.vir", text: text)
    let own = try Module(parsing: source, locatedInText: true)
    func place(_ line: Int, _ columns: Range<Int>) -> SourceRange {
      SourceRange(
        file: "test.vir", start: SourcePosition(line: line, column: columns.lowerBound),
        end: SourcePosition(line: line, column: columns.upperBound))
    }
    #expect(own.globals[0].sources == [place(3, 11..<13)])
    #expect(own.entries[0].operations[0].sources == [place(5, 8..<13)])
    let model = try Module(parsing: source)
    #expect(model.entries[0].operations[0].sources.map(\.file) == ["model.vdl"])
  }
}
