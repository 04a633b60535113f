import Artifact
import Datasets
import Foundation
import PictureTesting
import Testing

/// The user's own pictures and arrays through the program.
@Suite struct OwnPicturesTests {
  /// A folder with a compiled model of 28 x 28 grey images and colored pictures of other sizes in two classes.
  private func withPictures<T>(_ body: (String) throws -> T) throws -> T {
    try withTemporaryFolder { folder in
      try ToyModel.make(in: folder)
      for number in 0..<24 {
        let side = 20 + number
        let samples = (0..<side * side * 3).map { UInt8(truncatingIfNeeded: $0 / 3 % side * number) }
        let kind = folder + "/pictures/" + (number % 2 == 0 ? "even" : "odd")
        try FileManager.default.createDirectory(atPath: kind, withIntermediateDirectories: true)
        let file =
          number % 3 == 0
          ? try JPEGFile.bytes(width: side, height: side, .rgb, samples)
          : PNGFile(width: side, height: side, .rgb, samples).bytes
        try Data(file).write(to: URL(fileURLWithPath: "\(kind)/\(number).\(number % 3 == 0 ? "jpg" : "png")"))
      }
      return try body(folder)
    }
  }

  private func vaerun(_ line: String, in folder: String) throws -> ProgramRun {
    try ProgramRun.tool("vaerun", line, in: folder)
  }

  @Test func aModelIsTrainedOnAFolderAndTheRunRemembersHow() throws {
    try withPictures { folder in
      let training = try vaerun(
        "train --data pictures --crop fit --background black --test-fraction 0.25 --epochs 2", in: folder)
      #expect(training.status == 0, "\(training.errors)")
      #expect(
        training.output.contains(": 18 training images, 6 test images (pictures)"),
        "\(training.output)")
      let cached = try FileManager.default.contentsOfDirectory(atPath: folder + "/.cache/vaec/decoded")
      #expect(cached.count == 2)
      let evaluation = try vaerun("evaluate", in: folder)
      #expect(evaluation.status == 0, "\(evaluation.errors)")
      #expect(evaluation.output.contains("6 test images"), "\(evaluation.output)")
      // The same pictures in the same form: nothing new was decoded.
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/.cache/vaec/decoded").count == 2)
      let latents = try vaerun("latents --split train -o all", in: folder)
      #expect(latents.status == 0, "\(latents.errors)")
      #expect(
        try String(contentsOfFile: folder + "/all.csv", encoding: .utf8).split(separator: "\n").count == 19)
      #expect(try vaerun("reconstruct --count 6", in: folder).status == 0)
    }
  }

  @Test func withoutACacheFolderTrainingGoesOnWithOneWarning() throws {
    try withPictures { folder in
      try Data().write(to: URL(fileURLWithPath: folder + "/.cache"))
      let line = "train --data pictures --epochs 1 --no-pictures"
      let run = try vaerun(line, in: folder)
      #expect(run.status == 0)
      #expect(
        run.errors
          == "vaerun: warning: the decoded pictures cannot be kept in '\(folder)/.cache/vaec/decoded' (a part of the "
          + "path is a file, not a folder) and are held in memory this time: set VAEC_CACHE_DIR to another folder, or pass "
          + "--no-cache\n")
      #expect(try vaerun(line + " --quiet", in: folder).errors == "")
      try FileManager.default.removeItem(atPath: folder + "/.cache")
      #expect(try vaerun(line, in: folder).status == 0)
      let weights = try ["001", "003"].map { try readFile("\(folder)/runs/toy-\($0)/last.safetensors") }
      #expect(weights[0] == weights[1])
    }
  }

  @Test func codesOfPicturesGoThroughNumPysFiles() throws {
    try withPictures { folder in
      try #require(try vaerun("train --data pictures --epochs 1 --quiet --no-cache", in: folder).status == 0)
      #expect(!FileManager.default.fileExists(atPath: folder + "/.cache"))
      for (input, count) in [("pictures", 24), ("pictures/even/0.jpg", 1)] {
        let run = try vaerun("encode --input \(input) -o codes.npy", in: folder)
        #expect(run.status == 0, "\(run.errors)")
        let codes = try #require(NumpyFile.arrays(folder + "/codes.npy").first)
        #expect(codes.shape == [count, 2])
      }
      #expect(try vaerun("encode -o codes.npz", in: folder).status == 0)
      let arrays = try NumpyFile.arrays(folder + "/codes.npz")
      #expect(arrays.map(\.name) == ["z", "z.mean", "label"])
      #expect(try vaerun("decode -i codes.npz -o images.npy", in: folder).status == 0)
      #expect(try vaerun("decode -i codes.npz -o images.safetensors", in: folder).status == 0)
      let images = try #require(NumpyFile.arrays(folder + "/images.npy").first)
      #expect(images.shape == [arrays[0].shape[0], 1, 28, 28])
      #expect(try SafetensorsReader(folder + "/images.safetensors").floats(of: "x") == images.floats())
    }
  }

  @Test func anArrayFileIsDataToo() throws {
    try withPictures { folder in
      let images = NumpyBytes.npy("|u1", [20, 28, 28], (0..<20 * 784).map { UInt8(truncatingIfNeeded: $0) })
      try Data(images).write(to: URL(fileURLWithPath: folder + "/mine.npy"))
      let run = try vaerun("train --data mine.npy --epochs 1", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.output.contains("18 training images, 2 test images (mine.npy)"), "\(run.output)")
      #expect(try vaerun("latents", in: folder).status == 0)
    }
  }

  @Test(arguments: [
    (
      "train --data nowhere", 1,
      "there is no data set 'nowhere', and no file or folder of this name; the names are mnist,"
    ),
    (
      "train --data digit", 1,
      "there is no data set 'digit', and no file or folder of this name; did you mean 'digits'? The names are mnist,"
    ),
    (
      "train --data build", 1,
      "'build' has no pictures; name a folder of .png and .jpg files, or of folders with them\n"
    ),
    (
      "train --data toy.c", 1,
      "'toy.c' is no NPY file, or a damaged one: it does not begin with \\x93NUMPY; get the file again\n"
    ),
    (
      "train --data pictures --crop 30", 1,
      "'pictures/even/0.jpg' is 20 x 20 pixels, smaller than the crop of 30 x 30; take a smaller --crop, or leave it out "
        + "with --skip-damaged\n"
    ),
    (
      "train --data pictures --size 32", 1,
      "the data's images are 1x32x32 and the model takes 1x28x28: choose other data with --data, or"
    ),
    (
      "train --data pictures --size 0", 2,
      "--size takes a side or height x width from 1 to 4096, such as 64 or 48x64, not '0'"
    ),
    (
      "train --data pictures --crop middle", 2,
      "--crop takes center, fit, stretch, or a size such as 148 or 148x178, not 'middle'"
    ),
    (
      "train --data pictures --background red", 2,
      "--background takes white, black, grey or six hexadecimal digits such as ff8000, not 'red'"
    ),
    ("train --data pictures --test-fraction 1", 2, "--test-fraction takes a number between 0 and 1, not '1'"),
    (
      "train --data pictures --classes hair", 1,
      "pictures has no attributes, and so no 'hair'; leave --classes away\n"
    ),
  ])
  func mistakesHaveTheirTextAndStatus(_ line: String, _ status: Int32, _ message: String) throws {
    try withPictures { folder in
      let run = try vaerun(line, in: folder)
      #expect(run.status == status)
      #expect(run.errors.hasPrefix("vaerun: error: " + message), "\(run.errors)")
      #expect(run.errors.split(separator: "\n").count == 1, "\(run.errors)")
      #expect(!FileManager.default.fileExists(atPath: folder + "/runs"))
    }
  }

  @Test func damagedPicturesAreCounted() throws {
    try withPictures { folder in
      try Data([0x89, 0x50]).write(to: URL(fileURLWithPath: folder + "/pictures/odd/99.png"))
      let refused = try vaerun("train --data pictures --epochs 1", in: folder)
      #expect(
        refused.errors
          == "vaerun: error: 'pictures/odd/99.png' is no PNG or JPEG picture: it starts with 89 50; convert it, or leave it "
          + "out with --skip-damaged\n")
      let run = try vaerun("train --data pictures --epochs 1 --skip-damaged", in: folder)
      #expect(run.status == 0, "\(run.errors)")
      #expect(run.errors.hasSuffix("1 damaged picture left out of the train images\n"), "\(run.errors)")
    }
  }
}
