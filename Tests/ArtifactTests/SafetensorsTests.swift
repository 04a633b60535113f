import Artifact
import Foundation
import Testing

@Suite struct SafetensorsTests {
  /// A file of the given header text and number of data bytes.
  private func write(_ header: String, dataBytes: Int, in folder: String) throws -> String {
    var data = Data((0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) })
    data.append(Data(header.utf8))
    data.append(Data((0..<dataBytes).map { UInt8(truncatingIfNeeded: $0) }))
    let path = folder + "/t.safetensors"
    try data.write(to: URL(fileURLWithPath: path))
    return path
  }

  /// The file is sparse: it takes no room on the disk.
  @Test func tensorThatFitsNoMemoryIsRefused() throws {
    try withTemporaryFolder { folder in
      let bytes = 10_000_000_000_000
      let path = try write(
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[\(bytes)],\"data_offsets\":[0,\(bytes)]}}", dataBytes: 0,
        in: folder)
      let file = try #require(FileHandle(forWritingAtPath: path))
      try file.truncate(atOffset: try file.seekToEnd() + UInt64(bytes))
      let reader = try SafetensorsReader(path)
      #expect(
        errorText { _ = try reader.bytes(of: "a") }
          == "cannot read \(path): its tensor a has \(bytes) bytes, more than there is memory for")
      #expect(errorText { _ = try readFile(path) }.hasSuffix("bytes, more than there is memory for"))
    }
  }

  @Test func tensorsReadBackAsWritten() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      let tensors = [
        TensorToWrite("w", [1.5, -2, .infinity] as [Float], shape: [3]),
        TensorToWrite("d", [0.1, 1e300] as [Double], shape: [2, 1]),
        TensorToWrite("bytes", [1, 2, 255] as [UInt8], shape: [3]),
        TensorToWrite("labels", [7, -1] as [Int32], shape: [2]),
        TensorToWrite("none", [] as [Float], shape: [0, 4]),
      ]
      try Safetensors.write(tensors, metadata: ["step": "12", "a \"quote\"": "\n/"], to: path)
      let reader = try SafetensorsReader(path)
      #expect(reader.metadata == ["step": "12", "a \"quote\"": "\n/"])
      #expect(try reader.floats(of: "w") == [1.5, -2, .infinity])
      #expect(try reader.doubles(of: "d") == [0.1, 1e300])
      #expect(try reader.unsignedBytes(of: "bytes") == [1, 2, 255])
      #expect(try reader.wholeNumbers(of: "labels") == [7, -1])
      #expect(try reader.floats(of: "none") == [])
      #expect(reader.tensor("d")?.shape == [2, 1])
      #expect(reader.tensors.map(\.name) == ["d", "labels", "none", "w", "bytes"])
    }
  }

  @Test func dataBeginsAtAMultipleOfEight() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      for name in ["a", "ab", "abc", "abcd"] {
        try Safetensors.write([TensorToWrite(name, [1] as [Float], shape: [])], to: path)
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect((data.count - 4) % 8 == 0)
      }
    }
  }

  @Test func halfPrecisionIsWidenedExactly() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/a.safetensors"
      // 1, -2, the largest, the smallest subnormal, infinity; and 1, -2 in bfloat16.
      let half: [UInt16] = [0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00]
      let brain: [UInt16] = [0x3f80, 0xc000]
      func bytes(_ words: [UInt16]) -> [UInt8] { words.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] } }
      try Safetensors.write(
        [
          TensorToWrite("h", .f16, shape: [5]) { try $0.write(bytes(half)) },
          TensorToWrite("b", .bf16, shape: [2]) { try $0.write(bytes(brain)) },
        ], to: path)
      let reader = try SafetensorsReader(path)
      #expect(try reader.floats(of: "h") == [1, -2, 65504, 0x1p-24, .infinity])
      #expect(try reader.floats(of: "b") == [1, -2])
    }
  }

  @Test(arguments: [
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8, "no error"),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}}"#, 12,
      "the tensor a has 12 bytes; its shape [2] of F32 needs 8"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4,
      "the tensor a has the offsets [0, 8] in 4 bytes of data"
    ),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "the tensor a has the offsets [8, 0]"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#, 8, "the tensor a has the offsets [-8, 0]"),
    (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}"#, 8, "the tensor a has the offsets [0]"),
    (#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "the tensor a has the shape [-2]"),
    (
      #"{"a":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,8]}}"#, 8,
      "the tensor a has the shape [4611686018427387904, 8]"
    ),
    (#"{"a":{"dtype":"X64","shape":[1],"data_offsets":[0,8]}}"#, 8, "the tensor a has the unknown type 'X64'"),
    (
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}"#,
      6,
      "the tensor b overlaps another one"
    ),
    (
      #"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":{"dtype":"U8","shape":[4],"data_offsets":[5,9]}}"#,
      9,
      "the tensor b lies behind a gap"
    ),
    (#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, 9, "5 bytes belong to no tensor"),
    (#"{"a":{"dtype":"U8","shape":[4]}}"#, 4, "its header is not the JSON of a safetensors file"),
    (#"{"__metadata__":{"a":1}}"#, 0, "its header is not the JSON of a safetensors file"),
    ("not JSON", 0, "its header is not the JSON of a safetensors file"),
    ("[1]", 0, "its header is not the JSON of a safetensors file"),
    (
      #"{"a":{"dtype":"U8","shape":[1e30],"data_offsets":[0,4]}}"#, 4,
      "its header is not the JSON of a safetensors file"
    ),
  ])
  func damagedHeadersAreRefused(_ header: String, _ dataBytes: Int, _ message: String) throws {
    try withTemporaryFolder { folder in
      let path = try write(header, dataBytes: dataBytes, in: folder)
      let error = errorText { _ = try SafetensorsReader(path) }
      #expect(error.contains(message), "\(error)")
    }
  }

  @Test(
    arguments: [
      ([], "it ends too early"), ([1, 2, 3], "it ends too early"),
      (
        [255, 255, 255, 255, 255, 255, 255, 255],
        "its header would have 18446744073709551615 bytes and the file has 8"
      ),
      ([9, 0, 0, 0, 0, 0, 0, 0, 123, 125], "its header would have 9 bytes and the file has 10"),
    ] as [([UInt8], String)])
  func truncatedFilesAreRefused(_ bytes: [UInt8], _ message: String) throws {
    try withTemporaryFolder { folder in
      let path = folder + "/t.safetensors"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(errorText { _ = try SafetensorsReader(path) }.contains(message))
    }
  }

  @Test func folderAndMissingFileAreNamed() {
    #expect(errorText { _ = try SafetensorsReader("/tmp") } == "cannot read /tmp: it is a folder: name a file")
    #expect(errorText { _ = try SafetensorsReader("/no.st") } == "cannot read /no.st: there is no such file")
  }

  @Test func missingTensorNamesThoseThatAreThere() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/t.safetensors"
      try Safetensors.write([TensorToWrite("a", [1] as [UInt8], shape: [1])], to: path)
      let reader = try SafetensorsReader(path)
      #expect(errorText { _ = try reader.bytes(of: "b") } == "\(path) has no tensor b: it has a")
      #expect(errorText { _ = try reader.floats(of: "a") } == "\(path): the tensor a is U8: convert it to F32")
    }
  }

  @Test func tensorThatWritesTooLittleLeavesTheOldFile() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/t.safetensors"
      try Safetensors.write([TensorToWrite("a", [1] as [UInt8], shape: [1])], to: path)
      let error = errorText {
        try Safetensors.write(
          [TensorToWrite("a", .u8, shape: [4]) { try $0.write([1, 2] as [UInt8]) }], to: path)
      }
      #expect(error.contains("the tensor a wrote 2 bytes of 4"))
      #expect(try SafetensorsReader(path).unsignedBytes(of: "a") == [1])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["t.safetensors"])
    }
  }
}
