// layer: checkpoint
#include "checkpoint/torch_file.h"
#include "checkpoint_input.h"

// Zip archives and the old stream format, by which the fuzzer reaches the pickle machine without a zip directory.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clipkit;
  try {
    const ByteSource source = fuzz_source(data, size);
    const bool archive = source.text().starts_with("PK");
    use_tensors(archive ? read_torch_zip(source) : read_torch_stream(source), Naming::kHuggingFace);
  } catch (const Error&) {
  }
  return 0;
}
