import Datasets
import Foundation
import ImageFiles
import PictureTesting
import Testing

@Suite struct NumpyFileTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func array(_ bytes: [UInt8]) throws -> NumpyArray {
    try #require(NumpyFile.arrays(folder.write("a.npy", bytes)).first)
  }

  /// The error without the file's name.
  private func fault(_ bytes: [UInt8]) -> String {
    message { try array(bytes).floats() }.replacing("'\(folder.path)/a.npy' ", with: "")
  }

  @Test(arguments: [1, 2, 3] as [UInt8]) func everyVersionOfTheFormatIsRead(version: UInt8) throws {
    let array = try array(NumpyBytes.npy("|u1", [2, 3], [1, 2, 3, 4, 5, 6], version: version))
    #expect(array.shape == [2, 3])
    #expect(array.element == .u8)
    #expect(try array.pixels() == [1, 2, 3, 4, 5, 6])
  }

  @Test func everyElementIsReadInBothByteOrders() throws {
    let values: [Double] = [-2, 0, 1, 100]
    func bytes(_ kind: String, _ size: Int, big: Bool) -> [UInt8] {
      values.flatMap { value -> [UInt8] in
        let word: UInt64 =
          kind == "f"
          ? (size == 8 ? value.bitPattern : UInt64(Float(value).bitPattern)) : UInt64(bitPattern: Int64(value))
        let little = (0..<size).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
        return big ? little.reversed() : little
      }
    }
    for (kind, sizes) in [("i", [1, 2, 4, 8]), ("f", [4, 8])] {
      for size in sizes {
        for (sign, big) in [("<", false), (">", true)] {
          let array = try array(NumpyBytes.npy("\(sign)\(kind)\(size)", [4], bytes(kind, size, big: big)))
          #expect(try array.floats() == [-2, 0, 1, 100], "\(sign)\(kind)\(size)")
          if kind == "i" { #expect(try array.wholeNumbers() == [-2, 0, 1, 100]) }
        }
      }
    }
    #expect(try array(NumpyBytes.npy("<u2", [2], [1, 2, 255, 255])).wholeNumbers() == [513, 65_535])
    #expect(try array(NumpyBytes.npy("|b1", [3], [0, 1, 2])).pixels() == [0, 255, 255])
    // Halves: 1, -2, the smallest, infinity.
    let halves = try array(NumpyBytes.npy("<f2", [4], [0, 0x3C, 0, 0xC0, 1, 0, 0, 0x7C])).floats()
    #expect(halves == [1, -2, 0x1p-24, .infinity])
  }

  @Test func theFirstIndexMayVaryFastest() throws {
    // [[0, 1, 2], [3, 4, 5]] by columns; the same for three dimensions.
    #expect(
      try array(NumpyBytes.npy("|u1", [2, 3], [0, 3, 1, 4, 2, 5], isFortran: true)).pixels() == [
        0, 1, 2, 3, 4, 5,
      ])
    let cube = (0..<24).map { UInt8($0) }
    let columns = (0..<24).map { (place: Int) -> UInt8 in
      let (i, j, k) = (place % 2, place / 2 % 3, place / 6)
      return cube[12 * i + 4 * j + k]
    }
    #expect(try array(NumpyBytes.npy("|u1", [2, 3, 4], columns, isFortran: true)).pixels() == cube)
  }

  @Test func floatsBecomeTheNearestOfTheGreyLevels() throws {
    let values: [Float] = [0, 1, 0.5, 1 / 255, 0.0019, 0.00197, 0.999]
    #expect(
      try array(NumpyBytes.npy("<f4", [7], NumpyBytes.floats(values))).pixels() == [0, 255, 128, 1, 0, 1, 255])
    for level in 0...255 {
      let value = Double(level) / 255
      let pixel = try array(NumpyBytes.npy(">f8", [1], NumpyBytes.doubles([value], isBigEndian: true))).pixels()
      #expect(pixel == [UInt8(level)])
    }
  }

  @Test func valuesThatAreNoPixelsAreNamed() throws {
    for (element, bytes, value) in [
      ("<f4", NumpyBytes.floats([1.5]), "1.5"), ("<f4", NumpyBytes.floats([.nan]), "nan"),
      ("<f4", NumpyBytes.floats([-0.25]), "-0.25"), ("<i2", [0, 1], "256"), ("|i1", [255], "-1"),
    ] {
      let file = NumpyBytes.npy(element, [1], bytes)
      #expect(
        message { try array(file).pixels() }
          == "'\(folder.path)/a.npy' holds the value \(value); pixels are whole numbers from 0 to 255, or floats from 0 to 1"
      )
    }
    #expect(
      message { try array(NumpyBytes.npy("<f4", [1], NumpyBytes.floats([1]))).wholeNumbers() }.hasSuffix(
        "is an array of floats (f4); convert it with astype(int)"))
  }

  @Test func headersAreReadAsPythonWritesThem() throws {
    for header in [
      "{'shape': (2,), 'fortran_order': False, 'descr': '|u1'}",
      "{\"descr\": \"|u1\", 'fortran_order': False, 'shape': (2L,), }",
      "{'descr':'|u1','fortran_order':False,'shape':(2),'more':[('a','<f4')]}",
    ] { #expect(try array(NumpyBytes.npy(header, [8, 9])).pixels() == [8, 9], "\(header)") }
    #expect(try array(NumpyBytes.npy("|u1", [], [7])).pixels() == [7])
  }

  @Test func filesThatWillNotDoSayWhy() throws {
    let whole = NumpyBytes.npy("<f4", [2, 2], NumpyBytes.floats([1, 2, 3, 4]))
    for (bytes, text) in [
      (
        Array("GIF89a..".utf8),
        "is no NPY file, or a damaged one: it does not begin with \\x93NUMPY; get the file again"
      ),
      (
        NumpyBytes.npy("<f4", [1], [], version: 9),
        "is no NPY file, or a damaged one: its version is 9, and 1 to 3 are known; get the file again"
      ),
      (Array(whole.prefix(40)), "is truncated: it ends inside its header; get the file again"),
      (
        Array(whole.dropLast()),
        "is truncated: its header promises 16 bytes of data, and at most 15 are there; get the file again"
      ),
      (
        NumpyBytes.npy("{'descr': 5}", []),
        "is no NPY file, or a damaged one: its header is not the text that NumPy writes; get the file again"
      ),
      (
        NumpyBytes.npy("{'descr': '<f4'}", []),
        "is no NPY file, or a damaged one: its header lacks shape or fortran_order; get the file again"
      ),
      (
        NumpyBytes.npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", []),
        "is an array of records; save one array of numbers"
      ),
      (
        NumpyBytes.npy("|O", [1], []),
        "is an array of '|O', not of numbers that are known here; convert it with astype, to uint8 for example"
      ),
      (
        NumpyBytes.npy("<c8", [1], []),
        "is an array of '<c8', not of numbers that are known here; convert it with astype, to uint8 for example"
      ),
      (
        NumpyBytes.npy("<f8", [1 << 40, 1 << 40], []),
        "is damaged: its header declares 1099511627776 x 1099511627776 elements, more than can be counted; get the file again"
      ),
      (
        NumpyBytes.npy("<f8", [1 << 40], []),
        "is truncated: its header promises 8796093022208 bytes of data, and at most 0 are there; get the file again"
      ),
    ] { #expect(fault(bytes) == text) }
  }

  @Test(arguments: [(false, false), (true, false), (false, true), (true, true)])
  func membersOfArchivesAreRead(isDeflated: Bool, hasLargeSizes: Bool) throws {
    let members = [
      ("x.npy", NumpyBytes.npy("|u1", [3, 1, 2], [1, 2, 3, 4, 5, 6])),
      ("names.npy", NumpyBytes.npy("|O", [1], [1, 2, 3])),
      ("y.npy", NumpyBytes.npy("<i8", [3], [2, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 16))),
    ]
    let path = try folder.write(
      "a.npz", NumpyBytes.zip(members, isDeflated: isDeflated, hasLargeSizes: hasLargeSizes))
    let arrays = try NumpyFile.arrays(path)
    #expect(arrays.map(\.name) == ["x", "y"])
    #expect(try arrays[0].pixels() == [1, 2, 3, 4, 5, 6])
    #expect(try arrays[1].wholeNumbers() == [2, 0, 0])
  }

  @Test func archivesThatWillNotDoSayWhy() throws {
    let array = NumpyBytes.npy("|u1", [4], [1, 2, 3, 4])
    func text(_ bytes: [UInt8]) throws -> String {
      let path = try folder.write("b.npz", bytes)
      return message { try NumpyFile.arrays(path).map { try $0.pixels() } }.replacing(
        "'\(path)", with: "'b.npz")
    }
    let zip = NumpyBytes.zip([("x.npy", array)])
    #expect(
      try text(Array(zip.dropLast(30)))
        == "'b.npz' is no NPZ file, or a damaged one: it has no directory at its end; get the file again")
    var flipped = zip
    let place = try #require(zip.firstRange(of: [1, 2, 3, 4])).lowerBound
    flipped[place] = 9
    #expect(
      try text(flipped)
        == "'b.npz' member 'x.npy' is no NPZ file, or a damaged one: its check sum is wrong; get the file again"
    )
    #expect(try text(NumpyBytes.zip([("a.txt", [1])])) == "'b.npz' holds no arrays; save some with numpy.savez")
    #expect(try text(NumpyBytes.zip([])) == "'b.npz' holds no arrays; save some with numpy.savez")
    var deflated = NumpyBytes.zip([("x.npy", array)], isDeflated: true)
    deflated[40] ^= 0xFF
    #expect(try text(deflated).hasPrefix("'b.npz' member 'x.npy' is "))
  }

  /// A gigabyte of zeros in a megabyte: what the directory says is not believed, nor what inflates.
  @Test func archivesThatPromiseMoreThanTheyHaveAreRefused() throws {
    let header = NumpyBytes.npy("|u1", [1 << 45], [])
    let path = try folder.write("c.npz", NumpyBytes.zip([("x.npy", header)], isDeflated: true))
    #expect(
      message { try NumpyFile.arrays(path) }.contains(
        "is truncated: its header promises 35184372088832 bytes of data"))
  }

  @Test func mutatedFilesAreReadOrRefused() throws {
    let npy = NumpyBytes.npy("<f4", [4, 2, 2], NumpyBytes.floats((0..<16).map { Float($0) / 16 }))
    let labels = NumpyBytes.npy("<i4", [4], [UInt8](repeating: 0, count: 16))
    let files = [
      npy, NumpyBytes.zip([("x.npy", npy), ("y.npy", labels)]),
      NumpyBytes.zip([("x.npy", npy), ("y.npy", labels)], isDeflated: true),
      NumpyBytes.zip([("x.npy", npy), ("y.npy", labels)], isDeflated: true, hasLargeSizes: true),
    ]
    let seed: UInt64 = 31
    var mutations = Mutations(seed: seed)
    var refused = 0
    for round in 0..<2000 {
      let path = try folder.write("m.npz", mutations.mutated(files[round % files.count]))
      do {
        for array in try NumpyFile.arrays(path) { #expect(try array.floats().count == array.count) }
        _ = try DatasetCatalog(environment: [:]).load(path, split: .train)
      } catch {
        #expect("\(error)".hasPrefix("'\(path)"), "seed \(seed), round \(round): \(error)")
        refused += 1
      }
    }
    #expect(refused > 500)
  }

  @Test func whatIsWrittenComesBack() throws {
    let path = folder.path + "/w"
    try NumpyFile.write(NumpyFile.ArrayToWrite("", [1.5, -2, 3] as [Float], shape: [3, 1]), to: path + ".npy")
    let array = try #require(NumpyFile.arrays(path + ".npy").first)
    #expect(array.shape == [3, 1])
    #expect(try array.floats() == [1.5, -2, 3])
    // The data begin at a multiple of 64 bytes, as NumPy's do.
    #expect(try Data(contentsOf: URL(fileURLWithPath: path + ".npy")).count == 128 + 12)
    try NumpyFile.write(
      [
        NumpyFile.ArrayToWrite("z", [0.25, 4] as [Float], shape: [2, 1]),
        NumpyFile.ArrayToWrite("label", [7, -1] as [Int32], shape: [2]),
        NumpyFile.ArrayToWrite("x", [9] as [UInt8], shape: [1]),
      ], to: path + ".npz")
    let arrays = try NumpyFile.arrays(path + ".npz")
    #expect(arrays.map(\.name) == ["z", "label", "x"])
    #expect(try arrays[0].floats() == [0.25, 4])
    #expect(try arrays[1].wholeNumbers() == [7, -1])
    #expect(try arrays[2].pixels() == [9])
  }

  private static let hasNumPy = python("import numpy", in: "/") == 0

  @Test(.enabled(if: hasNumPy, "needs python3 with NumPy")) func numPyReadsWhatIsWrittenAndIsRead() throws {
    let path = folder.path + "/ours"
    let values = (0..<24).map { Float($0) / 7 }
    try NumpyFile.write(NumpyFile.ArrayToWrite("", values, shape: [2, 3, 4]), to: path + ".npy")
    try NumpyFile.write(
      [
        NumpyFile.ArrayToWrite("z", values, shape: [24]),
        NumpyFile.ArrayToWrite("y", [1, 2] as [Int32], shape: [2]),
      ],
      to: path + ".npz")
    let program = """
      import numpy as np
      a = np.load('ours.npy'); b = np.load('ours.npz')
      assert a.shape == (2, 3, 4) and a.dtype == np.float32 and np.array_equal(a.ravel(), b['z'])
      assert b['y'].dtype == np.int32 and list(b['y']) == [1, 2]
      x = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
      np.save('c.npy', x); np.save('fortran.npy', np.asfortranarray(x)); np.save('big.npy', x.astype('>f8'))
      np.savez('stored.npz', images=x, labels=np.array([3, 1]))
      np.savez_compressed('deflated.npz', images=x, labels=np.array([3, 1]))
      """
    try #require(python(program, in: folder.path) == 0)
    for name in ["c", "fortran"] {
      #expect(try NumpyFile.arrays(folder.path + "/\(name).npy").first?.pixels() == Array(0..<24))
    }
    #expect(try NumpyFile.arrays(folder.path + "/big.npy").first?.floats() == (0..<24).map { Float($0) })
    for name in ["stored", "deflated"] {
      let arrays = try NumpyFile.arrays(folder.path + "/\(name).npz")
      #expect(arrays.map(\.name) == ["images", "labels"])
      #expect(try arrays[0].pixels() == Array(0..<24))
      #expect(try arrays[1].wholeNumbers() == [3, 1])
    }
  }
}
