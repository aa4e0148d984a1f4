// layer: checkpoint
#include "checkpoint/gguf.h"
#include "checkpoint_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clipkit;
  try {
    use_tensors(read_gguf(fuzz_source(data, size)), Naming::kGguf);
  } catch (const Error&) {
  }
  return 0;
}
