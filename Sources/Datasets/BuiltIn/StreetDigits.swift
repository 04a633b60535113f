/// House-number-like digits that are made, not photographed: 32 x 32 RGB, a digit in the middle with its neighbours, on
/// walls and plates of all colors, slanted, lit from a side, blurred and noisy. After the Street View House Numbers
/// (Netzer, Wang, Coates, Bissacco, Wu, Ng: "Reading digits in natural images with unsupervised feature learning", 2011),
/// of which they contain nothing.
///
/// Image i of a split depends on the seed and on i alone.
public enum StreetDigits {
  static let side = 32

  /// How many images a split has where nothing else is asked for.
  public static func standardCount(of split: DatasetSplit) -> Int { split == .train ? 60_000 : 10_000 }

  /// Makes the first `count` images of a split; the class is the digit in the middle.
  ///
  /// - Parameters:
  ///   - count: the number of images; `standardCount` where nil.
  ///   - seed: another seed gives other images. The splits have random numbers of their own.
  /// - Throws: `DatasetError.outOfRange` where `count` is not between 1 and 10 million.
  public static func make(_ split: DatasetSplit, count: Int? = nil, seed: UInt64 = 0) throws -> Dataset {
    let count = count ?? standardCount(of: split)
    let (images, facts) = try BuiltInImages.make(
      count: count, bytes: 3 * side * side, facts: 3, seed: seed, stream: "street-digits.\(split.rawValue)"
    ) { draws, image, facts in
      let scene = StreetScene(&draws)
      facts[0] = UInt8(scene.digit)
      facts[1] = scene.isLightOnDark ? 1 : 0
      facts[2] = scene.hasPlate ? 1 : 0
      scene.draw(to: image, &draws)
    }
    func fact(_ number: Int) -> [UInt8] { (0..<count).map { facts[3 * $0 + number] } }
    return try Dataset(
      name: DatasetCatalog.streetDigits, split: split, imageShape: [3, side, side], images: images,
      labels: fact(0).map { Int32($0) }, classNames: (0...9).map(String.init),
      attributes: [
        ImageAttribute(name: "light-on-dark", valueNames: ["no", "yes"], values: fact(1)),
        ImageAttribute(name: "plate", valueNames: ["no", "yes"], values: fact(2)),
      ], source: "built in")
  }
}
