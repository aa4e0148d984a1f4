// layer: data
// Bytes from outside as a list of pictures and captions, with commas or TABs.
#include "clipkit/error.h"
#include "data/list_pairs.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemoryFile file(data, size);
  try {
    const auto pairs = clipkit::open_csv_pairs(file.path(), {.threads = 1});
    for (int64_t i = 0; i < pairs->size(); ++i) {
      if (pairs->name(i).empty()) __builtin_trap();
    }
  } catch (const clipkit::Error&) {
  }
  return 0;
}
