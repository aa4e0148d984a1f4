// layer: checkpoint
#include "checkpoint/safetensors.h"
#include "checkpoint_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clipkit;
  try {
    StoredTensors stored;
    stored.tensors = read_safetensors(fuzz_source(data, size)).tensors;
    use_tensors(stored, Naming::kHuggingFace);
  } catch (const Error&) {
  }
  return 0;
}
