import Artifact
import Datasets
import Foundation
import PictureTesting
import Testing

@Suite struct DataCommandTests {
  private func vaerun(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaerun", line, in: folder)
  }

  @Test func listNamesTheDataSetsAndWhereTheyAre() throws {
    try withTemporaryFolder { folder in
      let run = try vaerun("data list", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      let lines = run.output.split(separator: "\n").map {
        $0.split(separator: " ", omittingEmptySubsequences: true)
      }
      #expect(lines.map { String($0.first ?? "") } == DatasetCatalog.names)
      #expect(run.output.contains("celeba         3x64x64  162,770 + 19,962  by hand"), "\(run.output)")
      #expect(run.output.contains("cartoon-faces  3x64x64  50,000 + 10,000   built in"), "\(run.output)")
    }
  }

  @Test func infoSaysWhatIsInADataSet() throws {
    try withTemporaryFolder { folder in
      let run = try vaerun("data info cartoon-faces --limit 50", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      for text in [
        "place       built in", "images      3x64x64", "train       50\n", "test        50\n",
        "classes     bald ",
      ] {
        #expect(run.output.contains(text), "\(run.output)")
      }
      #expect(run.output.contains("hair-color  black "))
    }
  }

  @Test func showDrawsTheFirstImages() throws {
    try withTemporaryFolder { folder in
      let run = try vaerun("data show street-digits --count 20", in: folder)
      #expect(run.output == "street-digits.png\n", "\(run.errors)")
      #expect(try readFile(folder + "/street-digits.png").starts(with: [0x89, 0x50, 0x4E, 0x47]))
      try FileManager.default.createDirectory(atPath: folder + "/mine", withIntermediateDirectories: true)
      for number in 0..<4 {
        let file = PNGFile(width: 9, height: 7, .grey, [UInt8](repeating: UInt8(number * 60), count: 63)).bytes
        try Data(file).write(to: URL(fileURLWithPath: folder + "/mine/\(number).png"))
      }
      #expect(try vaerun("data show mine --split train -o sheet.png", in: folder).output == "sheet.png\n")
      #expect(
        try vaerun("data info mine", in: folder).output.contains(
          "images      1x7x9\ntrain       3\ntest        1\nclasses     none"))
    }
  }

  @Test(arguments: [
    ("data", 2, "ACTION is missing: it is list, info, show or fetch; see 'vaerun data --help'"),
    ("data lst", 2, "'vaerun data' cannot 'lst': did you mean 'list'?"),
    ("data sing", 2, "'vaerun data' cannot 'sing': it can list, info, show and fetch"),
    ("data show", 2, "DATA is missing: name a data set: 'vaerun data list' lists them"),
    ("data fetch digits", 1, "digits is built in: take it with --data digits"),
    (
      "data fetch celeba", 1,
      "celeba is given to people only, who agree to its terms: get it from https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html, and see docs/data.md for where to put it"
    ),
    ("data fetch cifar10", 1, "there is no data set 'cifar10': did you mean 'cifar-10'? The names are mnist,"),
    ("data fetch imagenet", 1, "there is no data set 'imagenet': the names are mnist, fashion-mnist,"),
  ])
  func mistakesHaveTheirTextAndStatus(line: String, status: Int32, message: String) throws {
    try withTemporaryFolder { folder in
      let run = try vaerun(line, in: folder)
      #expect(run.status == status)
      #expect(run.errors.hasPrefix("vaerun: error: " + message), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1)
    }
  }
}
