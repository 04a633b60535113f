import Search
import Testing

@Suite struct SpaceTests {
  static let spaces: [(String, SearchDomain)] = [
    ("rate=log(1e-3,1e-1)", .log(low: 1e-3, high: 1e-1, points: nil)),
    (" rate = log( 0.001 , 0.1, 5 ) ", .log(low: 1e-3, high: 1e-1, points: 5)),
    ("beta=uniform(-1,2.5)", .uniform(low: -1, high: 2.5, points: nil)),
    ("beta=uniform(0,1,3)", .uniform(low: 0, high: 1, points: 3)),
    ("C1=int(8,10)", .integer(low: 8, high: 10)),
    ("optimizer=choice(adam,sgd)", .choice(["adam", "sgd"])),
    (
      "optimizer=choice(adam(beta1: 0.8, beta2: 0.9), sgd(momentum: 0.9))",
      .choice(["adam(beta1: 0.8, beta2: 0.9)", "sgd(momentum: 0.9)"])
    ),
  ]

  @Test(arguments: spaces) func aSpaceIsReadAndPrinted(text: String, domain: SearchDomain) throws {
    let parameter = try SearchParameter(text)
    #expect(parameter.domain == domain)
    #expect(try SearchParameter(parameter.description) == parameter)
  }

  static let mistakes = [
    ("rate", "'rate' is no space"), ("rate=3", "'rate=3' is no space"),
    ("=int(1,2)", "'' is no name of a parameter"),
    ("a b=int(1,2)", "'a b' is no name of a parameter"), ("a=int(2,1)", "a: the first number has to be below"),
    ("a=int(1,2.5)", "a: 'int' takes two whole numbers"), ("a=int(1,2,3)", "a: 'int' takes two whole numbers"),
    ("a=int(1,99999999999999)", "a: the first number has to be below the second, both within"),
    ("a=log(0,1)", "a: the numbers of 'log' have to be above 0"), ("a=log(1)", "a: 'log' takes two numbers"),
    ("a=log(1,inf)", "a: 'log' takes two numbers"), ("a=uniform(0,1,1)", "a: a grid has 2 to 1000 points"),
    ("a=uniform(0,1,x)", "a: 'uniform' takes two numbers"), ("a=choice(x)", "a: 'choice' takes two different"),
    ("a=choice(x,x)", "a: 'choice' takes two different"), ("a=choice(x,)", "a: 'choice' takes two different"),
    ("a=gauss(0,1)", "a: there is no kind of space 'gauss'"),
  ]

  @Test(arguments: mistakes) func mistakesAreNamed(text: String, message: String) {
    do {
      _ = try SearchParameter(text)
      Issue.record("no error")
    } catch {
      #expect(error.description.hasPrefix(message), "\(error)")
      #expect(error.description.contains("write NAME=int(8,10)"))
    }
  }

  @Test func aTextHasASpaceInEachLine() throws {
    let text = "# layers\nC1 = int(8, 10)  # channels\r\n\n  rate = log(1e-3, 1e-1)\n"
    let parameters = try SearchSpace.parameters(lines: text, file: "a.space")
    #expect(parameters.map(\.description) == ["C1=int(8,10)", "rate=log(0.001,0.1)"])
    do {
      _ = try SearchSpace.parameters(lines: "a=int(1,2)\nb=int(2,1)", file: "a.space")
      Issue.record("no error")
    } catch {
      #expect(error.description.hasPrefix("a.space:2: b: the first number has to be below"))
    }
    #expect(throws: SpaceError.self) { try SearchSpace([]) }
    #expect(throws: SpaceError.self) {
      try SearchSpace([SearchParameter("a=int(1,2)"), SearchParameter("a=int(1,3)")])
    }
  }
}
