import Diagnostics
import Foundation
import IR
import Passes
import VDL

/// The inputs of the tests.
enum Example {
  static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../..").standardized

  /// A model of the repository.
  static func source(_ name: String) throws -> SourceText {
    let file = repository.appendingPathComponent("Models/\(name).vdl")
    return SourceText(name: "\(name).vdl", text: try String(contentsOf: file, encoding: .utf8))
  }

  /// Its program before the layouts.
  static func beforeLayouts(_ name: String) throws -> Module {
    try Pipeline.standard.run(try elaborate(try source(name)), stopAfter: "fuse-optimizer").module
  }

  /// A program of one entry.
  static func module(_ entry: String) throws -> Module {
    let text = "module test\nparameter @w : f32[3,5] init constant(0)\n" + entry
    return try Module(parsing: SourceText(name: "test.vir", text: text))
  }

  static func module() throws -> Module {
    try module(
      """
      entry @f(latent %x : f32[N,5]) {
        %0 = dense %x, @w {epilogue = relu} : f32[N,3]
        %1 = square %0 : f32[N,3]
        %s = sum_per_image %1 : f32[N]
        %2 = mean_images %s : f32[]
        return latent y = %0, metric loss = %2
      }
      """)
  }
}
