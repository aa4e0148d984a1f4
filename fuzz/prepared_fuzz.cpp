// layer: checkpoint
#include "checkpoint/prepared.h"
#include "checkpoint/safetensors.h"
#include "checkpoint_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clipkit;
  try {
    const Safetensors file = read_safetensors(fuzz_source(data, size));
    const auto found = read_preparation(file.tensors, file.metadata, "fuzz");
    if (!found || !read_preparation(file.tensors, to_metadata(*found), "fuzz")) return 0;
    for (const auto& [name, words] : file.tensors) {
      const size_t at = name.find('@');
      if (at == std::string::npos) continue;
      for (LaidOut& part : laid_out_parts(file.tensors, name.substr(0, at))) {
        memory_for(&part, part.layout, part.words.view().bytes());
      }
    }
  } catch (const Error&) {
  }
  return 0;
}
