// layer: checkpoint
#include "checkpoint/quantized_tensors.h"
#include "checkpoint/safetensors.h"
#include "checkpoint_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clipkit;
  try {
    StateDict tensors = read_safetensors(fuzz_source(data, size)).tensors;
    if (!check_quantized_tensors(tensors, "fuzz")) return 0;
    widen_quantized_tensors(tensors);
    check_quantized_tensors(tensors, "fuzz");
  } catch (const Error&) {
  }
  return 0;
}
