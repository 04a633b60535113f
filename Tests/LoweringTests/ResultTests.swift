import Diagnostics
import GraphTesting
import IR
import Lowering
import Passes
import Testing

/// Results in every place that they can have: the caller's memory, parameters, state, an argument, twice.
@Suite struct ResultTests {
  private static let text = """
    module results
    hyper beta = 0.5
    parameter @a : f32[5] init constant(0)
    parameter @b : f32[5] init constant(0)
    parameter @w : f32[3,5] init constant(0)
    parameter @u : f32[3,5] init constant(0)
    state @m : f32[5] init constant(0)
    entry @evaluate(latent %z : f32[N,3]) {
      %0 = sum_per_image %z : f32[N]
      return metric loss = %0
    }
    entry @arguments(latent %z : f32[N,3], latent %n : f32[N], hyper %hyper.beta : f32[]) {
      return latent z = %z, latent again = %z, metric n = %n, metric beta = %hyper.beta
    }
    entry @twice(latent %z : f32[N,3]) {
      %0 = square %z : f32[N,3]
      %1 = sum_per_image %0 : f32[N]
      %2 = mean_images %1 : f32[]
      return latent z = %0, latent again = %0, metric n = %1, metric m = %1, metric mean = %2, metric same = %2
    }
    entry @reshaped(latent %z : f32[N,6]) {
      %0 = reshape %z {shape = [2, 3]} : f32[N,2,3]
      %1 = neg %0 : f32[N,2,3]
      %2 = reshape %1 {shape = [3, 2]} : f32[N,3,2]
      return latent argument = %0, latent negative = %1, latent reshaped = %2
    }
    entry @gradients(latent %dy : f32[N,3], latent %x : f32[N,5]) {
      %0 = dense_weight_gradient %dy, %x : f32[3,5]
      %1 = add @w, %0 : f32[3,5]
      return gradient w = %0, gradient u = %0, @w = %1
    }
    entry @updates(hyper %hyper.beta : f32[]) {
      %0 = mul @a, %hyper.beta : f32[5]
      %1 = add %0, @b : f32[5]
      %2 = sum_elements @a : f32[]
      return @a = %0, @m = %1, metric sum = %2
    }
    entry @readers(hyper %hyper.beta : f32[]) {
      %0 = mul @a, %hyper.beta : f32[5]
      %1 = mul @b, %0 : f32[5]
      %2 = mul @a, %1 : f32[5]
      return @a = %0, @b = %1, @m = %2
    }
    entry @copies(hyper %hyper.beta : f32[]) {
      %0 = mul @a, %hyper.beta : f32[5]
      return @a = %0, @m = %0, @b = %0, metric beta = %hyper.beta
    }
    entry @keeps(hyper %hyper.beta : f32[]) {
      %0 = mul @a, %hyper.beta : f32[5]
      return @a = %0, @m = @a, @b = %0
    }
    """

  private static func module() throws -> Module {
    try Module(parsing: SourceText(name: "results.vir", text: text))
  }

  private static let natives = Dictionary(
    uniqueKeysWithValues: TestTarget.available.map { target in
      (
        target,
        Once {
          let options = PassOptions(blockImages: target.blockImages)
          return try NativeModule(
            try Pipeline([.assignLayouts]).run(try module(), options: options).module, target: target)
        }
      )
    })

  static func native(_ target: TestTarget) throws -> NativeModule { try #require(natives[target]).get() }

  private static let entries = [
    "arguments", "twice", "reshaped", "gradients", "updates", "readers", "copies", "keeps",
  ]

  @Test(arguments: entries, TestTarget.available)
  func resultsArriveWhereTheyAreWanted(name: String, target: TestTarget) throws {
    let module = try Self.module()
    let entry = try #require(module.entry(name))
    let native = try Self.native(target)
    for images in batchSizes {
      let values = EntryValues(module, entry: entry, images: images)
      for (target, value) in try values.reference(module, name) {
        for team in [nil, TurnTakingTeam(workers: 2), TurnTakingTeam(workers: 2, descends: true)] {
          let made = try native.call(name, values, team: team)
          #expect(
            distance(made.results[target] ?? [], value) <= Tolerance.forward,
            "\(name), \(target), \(images) images, seed \(testSeed)")
        }
      }
    }
  }

  @Test func exchangedParametersAreRefused() throws {
    let text = """
      module exchange
      parameter @a : f32[5] init constant(0)
      parameter @b : f32[5] init constant(0)
      entry @swap() {
        return @a = @b, @b = @a
      }
      """
    let module = try Module(parsing: SourceText(name: "exchange.vir", text: text))
    #expect(
      errorText { _ = try ModelCompiler(target: .host).plan(module) }
        == "entry 'swap' returns the old value of a parameter as the new one of another that it returns too")
  }
}
