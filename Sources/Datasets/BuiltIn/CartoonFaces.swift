/// Cartoon faces: 64 x 64 RGB, with attributes that are known of each: glasses, smile, color and cut of the hair, skin, hat,
/// beard, background. In the layout of aligned portraits, such as CelebA's (Liu, Luo, Wang, Tang: "Deep learning face
/// attributes in the wild", 2015), of which they contain nothing.
///
/// Image i of a split depends on the seed and on i alone.
public enum CartoonFaces {
  static let side = 64

  /// How many images a split has where nothing else is asked for.
  public static func standardCount(of split: DatasetSplit) -> Int { split == .train ? 50_000 : 10_000 }

  /// Makes the first `count` images of a split; the class is the cut of the hair.
  ///
  /// - Parameters:
  ///   - count: the number of images; `standardCount` where nil.
  ///   - seed: another seed gives other images. The splits have random numbers of their own.
  /// - Throws: `DatasetError.outOfRange` where `count` is not between 1 and 10 million.
  public static func make(_ split: DatasetSplit, count: Int? = nil, seed: UInt64 = 0) throws -> Dataset {
    let count = count ?? standardCount(of: split)
    let known = FaceTraits.attributes.count
    let (images, facts) = try BuiltInImages.make(
      count: count, bytes: 3 * side * side, facts: known, seed: seed, stream: "cartoon-faces.\(split.rawValue)"
    ) { draws, image, facts in
      let traits = FaceTraits(&draws)
      for (place, value) in traits.values.enumerated() { facts[place] = UInt8(value) }
      CartoonFace(traits).draw(to: image, &draws)
    }
    let attributes = FaceTraits.attributes.enumerated().map { number, attribute in
      ImageAttribute(
        name: attribute.name, valueNames: attribute.values,
        values: (0..<count).map { facts[known * $0 + number] })
    }
    return try Dataset(
      name: DatasetCatalog.cartoonFaces, split: split, imageShape: [3, side, side], images: images, labels: nil,
      classNames: [], attributes: attributes, source: "built in"
    ).labelled(by: "hair")
  }
}
