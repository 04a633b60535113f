import Diagnostics
import Foundation
import IR
import LanguageTesting
import Passes
import Testing

/// Every message of the passes is given by some test, at a marked place.
@Suite struct DiagnosticAuditTests {
  /// Programs as text, with the place of the error where it has one, the passes that find it, and the message.
  static let cases: [(text: String, passes: [String], message: String)] = [
    (
      """
      parameter @w : f32[3,?] init constant(0)    «at 7:3-9»
      entry @f(latent %x : f32[N,5]) {
        return latent y = %x
      }
      """, ["infer-shapes"], "the shape of the parameter 'w' is not known: nothing uses it"
    ),
    (
      """
      entry @sample(seed %seed : i32[2], epoch %epoch : i32[], index %index : i32[N]) {
        %z = normal_noise %seed, %epoch, %index {stream = 0x1, domain = sample, latent = z} : ?    «at 7:3-9»
        return latent z = %z
      }
      """, ["infer-shapes"], "the shape of the latent 'z' in 'sample' is not known: no encoder makes it"
    ),
    (
      """
      parameter @w : f32[3,?] init constant(0)
      entry @f(latent %x : f32[N,5], hyper %s : f32[]) {
        %0 = broadcast_like %s, @w : ?    «at 7:3-9»
        return metric s = %s
      }
      """, ["infer-shapes"], "the shape of 'broadcast_like' is not known"
    ),
    (
      """
      state @w : f32[5] init constant(0)
      entry @f(hyper %s : f32[]) {
        %0 = decay_average @w, @w {decay = 0.5} : f32[5]    «at 7:3-9»
        %1 = sum_elements %0 : f32[]
        %2 = gradient %1, @w : f32[5]
        return metric l = %1, @w = %2
      }
      """, ["differentiate"],
      "the objective cannot be differentiated: 'decay_average' has no gradient"
    ),
    (
      """
      parameter @u : f32[65,4] init constant(0)
      entry @f(latent %x : f32[N,4]) {
        %0 = square %x : f32[N,4]
        %h = dense %0, @u : f32[N,65]
        %j = jacobian_norm %h, %x : f32[N]    «at 7:3-9»
        return metric j = %j
      }
      """, ["differentiate"],
      "a Jacobian through several layers is that of at most 64 numbers, not of f32[N,65]"
    ),
    (
      """
      entry @f(latent %x : f32[N,4]) {
        %h = repeat_samples %x {samples = 3} : f32[N*3,4]
        %j = jacobian_norm %h, %x : f32[N*3]    «at 7:3-9»
        return latent j = %j
      }
      """, ["differentiate"],
      "a Jacobian is that of one row for each image, not of f32[N*3,4]"
    ),
    (
      """
      entry @f(latent %x : f32[N,4]) {
        %0, %1 = channel_statistics %x : f32[4], f32[4]
        %h = affine_channels %x, %1, %0 : f32[N,4]
        %j = jacobian_norm %h, %x : f32[N]    «at 7:3-9»
        return metric j = %j
      }
      """, ["differentiate"],
      "in training batch normalization makes an image's Jacobian one of the whole batch"
    ),
  ]

  private static let place = SourceRange(
    file: "m.vdl", start: SourcePosition(line: 7, column: 3), end: SourcePosition(line: 7, column: 9))

  @Test(arguments: cases)
  func anErrorPointsToTheModelsText(text: String, passes: [String], message: String) throws {
    let program =
      "module m\nsource \"m.vdl\"\n"
      + text.replacing("«", with: "").replacing("»", with: "")
    let module = try Module(parsing: SourceText(name: "test.vir", text: program))
    let error = #expect(throws: DiagnosticList.self) { try Pipeline(names: passes).run(module) }
    let found = try #require(error?.diagnostics)
    #expect(found.contains { $0.message == message && $0.range == Self.place }, "\(found)")
  }

  @Test func everyMessageHasATest() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../Sources/Passes")
    let templates = try MessageTemplate.all(under: folder)
    #expect(templates.count >= 5)
    let untested = templates.filter { template in
      !template.isHandedOn && !Self.cases.contains { template.matches($0.message) }
    }
    #expect(untested.isEmpty, "\(untested.map { "\($0.place): \($0.text)" }.joined(separator: "\n"))")
  }
}
