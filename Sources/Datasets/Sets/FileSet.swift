import Foundation

/// A data set that is read from files of a form of its own.
struct FileSet: Sendable {
  let name: String
  /// Folders under a searched folder, in order.
  let subfolders: [String]
  /// What to put into the folder, for messages.
  let files: String
  /// The built-in data set that may stand in for it.
  let standIn: String
  /// Whether a folder holds both parts.
  let isThere: @Sendable (_ folder: String) -> Bool
  let load:
    @Sendable (_ folder: String, _ split: DatasetSplit, _ options: ImageOptions, _ cache: String?) throws ->
      Dataset

  static let all = [
    FileSet(
      name: DatasetCatalog.svhn, subfolders: ["svhn", "SVHN"], files: "train_32x32.mat and test_32x32.mat",
      standIn: DatasetCatalog.streetDigits, isThere: has(DatasetSplit.allCases.map(SVHN.fileName))
    ) { try SVHN.load(folder: $0, split: $1, options: $2, cache: $3) },
    FileSet(
      name: DatasetCatalog.cifar10,
      subfolders: ["cifar-10", "cifar-10-batches-bin", "cifar-10/cifar-10-batches-bin"],
      files: "the .bin files of the binary version", standIn: DatasetCatalog.streetDigits,
      isThere: has(DatasetSplit.allCases.flatMap(CIFAR.files10))
    ) { try CIFAR.load10(folder: $0, split: $1, options: $2, cache: $3) },
    FileSet(
      name: DatasetCatalog.cifar100,
      subfolders: ["cifar-100", "cifar-100-binary", "cifar-100/cifar-100-binary"],
      files: "train.bin and test.bin of the binary version", standIn: DatasetCatalog.streetDigits,
      isThere: has(DatasetSplit.allCases.flatMap(CIFAR.files100))
    ) { try CIFAR.load100(folder: $0, split: $1, options: $2, cache: $3) },
    FileSet(
      name: DatasetCatalog.celebA, subfolders: ["celeba", "CelebA"],
      files: "img_align_celeba/, list_eval_partition.txt and list_attr_celeba.txt",
      standIn: DatasetCatalog.cartoonFaces, isThere: CelebA.isThere
    ) { try CelebA.load(folder: $0, split: $1, options: $2, cache: $3) },
    FileSet(
      name: DatasetCatalog.dsprites, subfolders: ["dsprites", "dsprites-dataset"], files: DSprites.fileName,
      standIn: DatasetCatalog.digits, isThere: has([DSprites.fileName])
    ) { try DSprites.load(folder: $0, split: $1, options: $2, cache: $3) },
  ]

  private static func has(_ names: [String]) -> @Sendable (String) -> Bool {
    { folder in names.allSatisfy { FileManager.default.fileExists(atPath: join(folder, $0)) } }
  }

  /// The folder that holds the data set, the first of those searched.
  ///
  /// - Throws: `DatasetError.notFound` where there is none.
  func folder(in searched: [String]) throws -> String {
    let candidates = searched.flatMap { folder in subfolders.map { join(folder, $0) } + [folder] }
    guard let folder = candidates.first(where: isThere) else {
      throw DatasetError.notFound(name: name, searched: searched, files: files, standIn: standIn)
    }
    return folder
  }
}
