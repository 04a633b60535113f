import Datasets
import Testing

@Suite struct DatasetCatalogTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private var catalog: DatasetCatalog { DatasetCatalog(directory: folder.path, environment: [:]) }

  /// Writes the four files of a data set of three images that are filled with `first`, `first + 1`, ...
  private func writeFiles(
    _ subfolder: String, first: UInt8, labels: [UInt8] = [7, 2, 1], separator: String = "-", gzip: Bool = false
  ) throws {
    let pixels = (0..<3).flatMap { [UInt8](repeating: first + UInt8($0), count: 784) }
    for prefix in ["train", "t10k"] {
      for (name, bytes) in [
        ("images\(separator)idx3-ubyte", idx([3, 28, 28], pixels)),
        ("labels\(separator)idx1-ubyte", idx([labels.count], labels)),
      ] {
        _ = try folder.write("\(subfolder)/\(prefix)-\(name)\(gzip ? ".gz" : "")", gzip ? stored(bytes) : bytes)
      }
    }
  }

  @Test(arguments: [false, true]) func loadsTheFourFiles(gzip: Bool) throws {
    try writeFiles("mnist", first: 10, gzip: gzip)
    let test = try catalog.load("mnist", split: .test)
    #expect(test.name == "mnist")
    #expect(test.split == .test)
    #expect(test.count == 3)
    #expect(test.imageShape == [1, 28, 28])
    #expect(test.imageBytes == 784)
    #expect(test.labels == [7, 2, 1])
    #expect(try test.image(2).allSatisfy { $0 == 12 })
    #expect(test.classNames == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
    #expect(test.source == folder.path + "/mnist")
    #expect(try catalog.load("mnist", split: .train, limit: 2).labels == [7, 2])
    #expect(try catalog.load("mnist", split: .train, limit: 99).count == 3)
  }

  @Test(arguments: ["fashion-mnist", "FashionMNIST/raw"])
  func findsTheUsualLayouts(subfolder: String) throws {
    try writeFiles(subfolder, first: 1)
    #expect(try catalog.load("fashion-mnist", split: .train).classNames[9] == "Ankle boot")
    #expect(!catalog.isAvailable("mnist"))
  }

  @Test func findsTheNamesOfSomeMirrors() throws {
    try writeFiles("mnist", first: 1, separator: ".")
    #expect(catalog.isAvailable("mnist"))
  }

  @Test func takesFilesThatLieInTheGivenFolderItself() throws {
    try writeFiles("there", first: 5)
    let catalog = DatasetCatalog(directory: folder.path + "/there", environment: [:])
    #expect(try catalog.load("mnist", split: .train).image(0).first == 5)
  }

  @Test func doesNotTakeOneDataSetForAnother() throws {
    try writeFiles("mnist", first: 5)
    let catalog = DatasetCatalog(directory: folder.path + "/mnist/", environment: [:])
    #expect(catalog.isAvailable("mnist"))
    #expect(!catalog.isAvailable("fashion-mnist"))
  }

  @Test func searchesTheGivenFolderThenTheEnvironmentThenTheCache() throws {
    let root = folder.path
    var environment = ["HOME": root + "/home"]
    #expect(DatasetCatalog(environment: environment).folders == [root + "/home/.cache/vaec"])
    environment["XDG_CACHE_HOME"] = root + "/cache"
    environment["VAEC_DATA_DIR"] = root + "/data"
    let catalog = DatasetCatalog(directory: root + "/given", environment: environment)
    #expect(catalog.folders == [root + "/given", root + "/data", root + "/cache/vaec"])
    for (subfolder, first) in [("cache/vaec/mnist", 3), ("data/mnist", 2), ("given/mnist", 1)]
      as [(String, UInt8)]
    {
      try writeFiles(subfolder, first: first)
      #expect(try catalog.load("mnist", split: .train).image(0).first == first)
    }
  }

  @Test func theDefaultIsMNISTWhereItIsFoundAndElseTheBuiltInDigits() throws {
    #expect(catalog.defaultName == "digits")
    try writeFiles("mnist", first: 1)
    #expect(catalog.defaultName == "mnist")
  }

  @Test func theDigitsNeedNoFiles() throws {
    let nowhere = DatasetCatalog(environment: [:])
    #expect(nowhere.isAvailable("digits"))
    let digits = try nowhere.load("digits", split: .test, limit: 50)
    #expect(digits.count == 50)
    #expect(try digits.allBytes() == BuiltInDigits.make(.test, count: 50).allBytes())
    #expect(try nowhere.load("digits", split: .test).count == 10_000)
  }

  @Test func errorsOfTheCatalogSayWhatToDo() throws {
    #expect(
      message { try catalog.load("imagenet", split: .test) }
        == "there is no data set 'imagenet', and no file or folder of this name; the names are mnist, fashion-mnist, svhn, cifar-10, "
        + "cifar-100, celeba, dsprites, digits, street-digits, cartoon-faces"
    )
    #expect(
      message { try catalog.load("digit", split: .test) }.hasPrefix(
        "there is no data set 'digit', and no file or folder of this name; did you mean 'digits'? The names are mnist, "
      ))
    #expect(
      message { try catalog.load("mnist", split: .test) }
        == "the data set 'mnist' was not found (looked in '\(folder.path)'); put its IDX files into DIR/mnist and "
        + "pass --data-dir DIR or set VAEC_DATA_DIR, or take --data digits, which is built in")
    #expect(
      message { try catalog.load("mnist", split: .test, limit: 0) }.hasPrefix("the number of images is 0"))
    let images = try folder.write(
      "mnist/t10k-images-idx3-ubyte", idx([1, 28, 28], [UInt8](repeating: 0, count: 784)))
    #expect(
      message { try catalog.load("mnist", split: .test) }
        == "the data set 'mnist' is incomplete: '\(images)' is there without "
        + "'\(folder.path)/mnist/t10k-labels-idx1-ubyte[.gz]'; add that file")
    #expect(!catalog.isAvailable("mnist"))
  }

  @Test func refusesFilesThatDoNotBelongTogether() throws {
    let path = folder.path + "/mnist/train"
    try writeFiles("mnist", first: 0, labels: [1, 2])
    #expect(
      message { try catalog.load("mnist", split: .train) }
        == "'\(path)-images-idx3-ubyte' holds 3 images and '\(path)-labels-idx1-ubyte' 2 labels; "
        + "take both files from one source")
    try writeFiles("mnist", first: 0, labels: [1, 10, 2])
    #expect(
      message { try catalog.load("mnist", split: .train) }
        == "'\(path)-labels-idx1-ubyte' gives image 1 the label 10 where labels run from 0 to 9; get the file again"
    )
    _ = try folder.write("mnist/train-images-idx3-ubyte", idx([3, 2, 2], [UInt8](repeating: 0, count: 12)))
    #expect(
      message { try catalog.load("mnist", split: .train) }
        == "'\(path)-images-idx3-ubyte' holds images of 2 x 2 where 28 x 28 are needed; "
        + "check that the file belongs to this data set")
  }

  @Test func reportsADirectoryInAFilesPlace() throws {
    _ = try folder.write("mnist/train-images-idx3-ubyte/inside", [])
    _ = try folder.write("mnist/train-labels-idx1-ubyte", idx([1], [1]))
    #expect(
      message { try catalog.load("mnist", split: .train) }
        == "'\(folder.path)/mnist/train-images-idx3-ubyte' is a directory where a file is needed; "
        + "put the file itself in its place")
  }
}
