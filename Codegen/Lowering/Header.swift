import Artifact

/// The C header of a compiled model: the interface's types, one function per entry, and for each entry a wrapper with
/// named and typed arguments.
enum Header {
  static func text(_ manifest: Manifest) -> String {
    let name = manifest.name
    let guardName = name.uppercased() + "_H"
    var lines = [
      "// \(name), compiled by \(manifest.compiler). Made by the compiler; the manifest \(name).json says the same.",
      "#ifndef \(guardName)", "#define \(guardName)", "#include <stddef.h>", "#include <stdint.h>",
      "#ifdef __cplusplus", "extern \"C\" {", "#endif", "",
    ]
    lines += sharedTypes
    lines += [
      "",
      "// Sizes in bytes of the memory that the caller owns, aligned to 64 bytes: weights (parameters and running",
      "// statistics at the offsets of the manifest, canonical layouts), state of the training.",
      "#define \(name)_WEIGHTS_BYTES \(manifest.weightsBytes)",
      "#define \(name)_STATE_BYTES \(manifest.stateBytes)",
      "#define \(name)_BLOCK_IMAGES \(manifest.target.blockImages)", "",
      "uint32_t \(name)_abi_version(void);       // \(manifest.abi)",
      "const char *\(name)_cpu_features(void);   // instruction sets that the code needs, comma separated",
      "const char *\(name)_digest(void);         // what identifies this build",
      "// A line for each kernel: entry, kernel, its line in \(name).vir, 1 for a product or 0, FLOPs and bytes that go in and out",
      "// for each image, and the same for the call.",
      "const char *\(name)_kernels(void);", "",
    ]
    for entry in manifest.entries { lines += self.entry(entry, manifest) }
    lines += ["#ifdef __cplusplus", "}", "#endif", "#endif", ""]
    return lines.joined(separator: "\n")
  }

  /// Guarded by the name that the runner's own header uses, so that several models' headers go together.
  private static let sharedTypes = """
    #ifndef VAEC_MODEL_H
    #define VAEC_MODEL_H
    // How a model gets its threads; a null executor means serial.
    typedef struct vaec_executor {
      void *context;
      // Calls body(argument, worker, workers) once on each worker at the same time; returns when all have returned.
      void (*run)(void *context, void (*body)(void *argument, int32_t worker, int32_t workers), void *argument);
      // Called by all workers inside body; returns when all have called it.
      void (*barrier)(void *context);
      // May be null. Called by each worker before (isEnd 0) and behind (isEnd 1) its share of each kernel's tasks; kernels are
      // numbered in each entry as NAME_kernels lists them.
      void (*profile)(void *context, int32_t worker, int32_t kernel, int32_t isEnd);
    } vaec_executor;

    typedef struct vaec_call {
      float *weights;
      float *state;                // may be null where an entry does not train
      void *arena;                 // scratch; its content does not matter
      int64_t count;               // images in this call, at least 1
      const void *const *inputs;   // one pointer per argument
      void *const *outputs;        // one pointer per result
      const vaec_executor *executor;
    } vaec_call;
    #endif
    """.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)

  private static func entry(_ entry: Manifest.Entry, _ manifest: Manifest) -> [String] {
    let name = manifest.name
    let arena = entry.arena
    var lines = [
      "// \(entry.name): \(describe(entry.arguments)) -> \(describe(entry.results)). Returns 0, or 1 where count is below 1.",
      "int32_t \(entry.symbol)(const vaec_call *call);",
      "static inline size_t \(entry.symbol)_arena_bytes(int64_t images) {",
      "  return \(arena.fixedBytes) + (size_t)((images + \(name)_BLOCK_IMAGES - 1) / \(name)_BLOCK_IMAGES) * \(arena.blockBytes);",
      "}",
    ]
    // Results that are new values of parameters and state are written in place and take no pointer of the caller's.
    var names = ParameterNames()
    let inputs = entry.arguments.map { (names.take($0.name), cType($0.element)) }
    let outputs = entry.results.map { (names.take("out." + $0.name), cType($0.element)) }
    var parameters = ["float *weights", "float *state", "void *arena", "int64_t count"]
    parameters += inputs.map { "const \($0.1) *\($0.0)" }
    parameters += outputs.map { "\($0.1) *\($0.0)" }
    parameters.append("const vaec_executor *executor")
    lines += [
      "static inline int32_t \(entry.symbol)_with(", "    " + parameters.joined(separator: ",\n    ") + ") {",
      "  const void *inputs[] = {\((inputs.map(\.0) + (inputs.isEmpty ? ["NULL"] : [])).joined(separator: ", "))};",
      "  void *outputs[] = {\((outputs.map(\.0) + (outputs.isEmpty ? ["NULL"] : [])).joined(separator: ", "))};",
      "  vaec_call call = {weights, state, arena, count, inputs, outputs, executor};",
      "  return \(entry.symbol)(&call);", "}", "",
    ]
    return lines
  }

  private static func describe(_ tensors: [Manifest.Tensor]) -> String {
    tensors.map { "\($0.name) \($0.element.rawValue)[\($0.shape.map(\.description).joined(separator: ","))]" }
      .joined(separator: ", ")
  }

  private static func cType(_ element: Manifest.Element) -> String {
    switch element {
    case .f32: "float"
    case .u8: "uint8_t"
    case .i32: "int32_t"
    }
  }
}

/// Names of a wrapper's parameters: those of the tensors as far as C and C++ allow them, each once.
private struct ParameterNames {
  /// The wrapper's own names, its macros' and types', and the words of C11 and C++20 that can be a tensor's name.
  private static let reserved: Set<String> = [
    "weights", "state", "arena", "count", "inputs", "outputs", "executor", "call", "NULL",
    "vaec_call", "vaec_executor", "size_t", "int32_t", "int64_t", "uint8_t", "uint32_t",
    "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern",
    "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed",
    "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while",
    "alignas", "alignof", "and", "and_eq", "asm", "bitand", "bitor", "bool", "catch", "char16_t", "char32_t",
    "char8_t", "class", "co_await", "co_return", "co_yield", "compl", "concept", "const_cast", "consteval",
    "constexpr", "constinit", "decltype", "delete", "dynamic_cast", "explicit", "export", "false", "friend",
    "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr", "operator", "or", "or_eq", "private",
    "protected", "public", "reinterpret_cast", "requires", "static_assert", "static_cast", "template", "this",
    "thread_local", "throw", "true", "try", "typeid", "typename", "using", "virtual", "wchar_t", "xor",
    "xor_eq",
  ]

  private var taken = reserved

  /// An identifier for a tensor: its name with `_` for every other character, and with more `_` behind where it is taken.
  mutating func take(_ name: String) -> String {
    var identifier = String(name.map { ($0.isLetter || $0.isNumber) && $0.isASCII ? $0 : "_" })
    while !taken.insert(identifier).inserted { identifier += "_" }
    return identifier
  }
}
