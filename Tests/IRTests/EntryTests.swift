import IR
import Testing

@Suite struct EntryTests {
  /// %a -> %b = neg %a, %c = neg %b, %d = add %b, %c.
  private func chain() throws -> (Entry, [ValueID]) {
    var entry = Entry(name: "e")
    let a = entry.addArgument("a", role: .latent, type: .perImage(3))
    var builder = EntryBuilder(entry)
    let b = try builder.add("neg", [a], name: "b")
    let c = try builder.add("neg", [b])
    let d = try builder.add("add", [b, c])
    builder.entry.results = [EntryResult(.latent("d"), d)]
    return (builder.entry, [a, b, c, d])
  }

  @Test func replacementsAreFollowedToTheirEnd() throws {
    var (entry, values) = try chain()
    entry.replaceUses([values[3]: values[2], values[2]: values[0]])
    #expect(entry.results[0].value == values[0])
    #expect(entry.operations[2].operands == [values[1], values[0]])
  }

  @Test func usersAndDefinitionsArePositions() throws {
    let (entry, values) = try chain()
    #expect(entry.users() == [values[0]: [0], values[1]: [1, 2], values[2]: [2]])
    #expect(entry.definitions() == [values[1]: 0, values[2]: 1, values[3]: 2])
  }

  @Test func renumberingDropsWhatIsNotUsed() throws {
    var (entry, _) = try chain()
    _ = entry.addValue(Value(name: "unused", type: .scalar))
    let global = Global(name: "w", kind: .parameter, type: .f32(3), initializer: .constant(0))
    let reference = entry.reference(to: global)
    #expect(entry.reference(to: global) == reference)
    let renumbered = entry.renumbered()
    #expect(renumbered.values.count == 4)
    #expect(renumbered == renumbered.renumbered())
  }

  @Test func buildersGiveNamesThatAreFree() throws {
    let (entry, values) = try chain()
    var builder = EntryBuilder(entry)
    let second = try builder.add("neg", [values[0]], name: "b")
    let third = try builder.add("neg", [values[0]], name: "b")
    #expect(builder.entry[second].name == "b.1")
    #expect(builder.entry[third].name == "b.2")
  }

  @Test func buildersRefuseWhatTheTableDoesNotKnow() throws {
    var builder = EntryBuilder(Entry(name: "e"))
    #expect(throws: TypeError("there is no op 'nge'")) { _ = try builder.add("nge", []) }
    #expect(throws: TypeError("'neg' takes 1 operand, not 0")) { _ = try builder.add("neg", []) }
  }

  @Test func typesStayUnknownWhereTheBuilderDoesNotInfer() throws {
    let (entry, values) = try chain()
    var builder = EntryBuilder(entry, infersTypes: false)
    let value = try builder.add("neg", [values[0]])
    #expect(builder.entry.type(of: value) == nil)
  }
}
