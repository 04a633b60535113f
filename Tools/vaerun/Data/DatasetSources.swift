import Datasets
import Fetching

/// Where a data set comes from.
struct DatasetSource {
  let name: String
  /// What it is, in a line.
  let summary: String
  /// The images' form and number, as they are by themselves.
  let shape: String
  let counts: String
  /// Nil for what is built in.
  let homePage: String?
  /// What can be fetched; empty where the home page gives it to people only.
  let files: [RemoteFile]

  static let all: [DatasetSource] = [
    DatasetSource(
      name: DatasetCatalog.mnist, summary: "handwritten digits", shape: "1x28x28", counts: "60,000 + 10,000",
      homePage: "http://yann.lecun.com/exdb/mnist/",
      files: idx(
        ["https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"],
        [
          "f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432",
          "9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c",
        ])),
    DatasetSource(
      name: DatasetCatalog.fashionMNIST, summary: "pieces of clothing", shape: "1x28x28",
      counts: "60,000 + 10,000",
      homePage: "https://github.com/zalandoresearch/fashion-mnist",
      files: idx(
        ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"],
        [
          "8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
          "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310",
        ])),
    DatasetSource(
      name: DatasetCatalog.svhn, summary: "house numbers from photographs", shape: "3x32x32",
      counts: "73,257 + 26,032", homePage: "http://ufldl.stanford.edu/housenumbers/",
      files: [
        RemoteFile(
          "train_32x32.mat", urls: ["http://ufldl.stanford.edu/housenumbers/train_32x32.mat"],
          checksum: .md5("e26dedcc434d2e4c54c9b2d4a06d8373")),
        RemoteFile(
          "test_32x32.mat", urls: ["http://ufldl.stanford.edu/housenumbers/test_32x32.mat"],
          checksum: .md5("eb5a983be6a315427106f1b164d9cef3")),
      ]),
    DatasetSource(
      name: DatasetCatalog.cifar10, summary: "photographs of ten kinds of things", shape: "3x32x32",
      counts: "50,000 + 10,000", homePage: "https://www.cs.toronto.edu/~kriz/cifar.html",
      files: [
        RemoteFile(
          "cifar-10-binary.tar.gz", urls: ["https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"],
          checksum: .md5("c32a1d4ab5d03f1284b67883e8d87530"), isArchive: true)
      ]),
    DatasetSource(
      name: DatasetCatalog.cifar100, summary: "photographs of a hundred kinds of things", shape: "3x32x32",
      counts: "50,000 + 10,000", homePage: "https://www.cs.toronto.edu/~kriz/cifar.html",
      files: [
        RemoteFile(
          "cifar-100-binary.tar.gz", urls: ["https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"],
          checksum: .md5("03b5dce01913d631647c71ecec9e9cb8"), isArchive: true)
      ]),
    DatasetSource(
      name: DatasetCatalog.celebA, summary: "faces, 40 attributes each", shape: "3x64x64",
      counts: "162,770 + 19,962", homePage: "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html", files: []),
    DatasetSource(
      name: DatasetCatalog.dsprites, summary: "white shapes by five factors", shape: "1x64x64",
      counts: "737,280 in all", homePage: "https://github.com/google-deepmind/dsprites-dataset",
      files: [
        RemoteFile(
          "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz",
          urls: [
            "https://github.com/google-deepmind/dsprites-dataset/raw/master/dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
          ], checksum: nil)
      ]),
    DatasetSource(
      name: DatasetCatalog.digits, summary: "digits that look handwritten, drawn", shape: "1x28x28",
      counts: "60,000 + 10,000", homePage: nil, files: []),
    DatasetSource(
      name: DatasetCatalog.streetDigits, summary: "house numbers, drawn", shape: "3x32x32",
      counts: "60,000 + 10,000", homePage: nil, files: []),
    DatasetSource(
      name: DatasetCatalog.cartoonFaces, summary: "faces with eight attributes, drawn", shape: "3x64x64",
      counts: "50,000 + 10,000", homePage: nil, files: []),
  ]

  /// The four files of MNIST's form, from each of some places.
  private static func idx(_ places: [String], _ checksums: [String]) -> [RemoteFile] {
    let names = [
      "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
      "t10k-labels-idx1-ubyte.gz",
    ]
    return zip(names, checksums).map { name, checksum in
      RemoteFile(name, urls: places.map { $0 + name }, checksum: .md5(checksum))
    }
  }
}
