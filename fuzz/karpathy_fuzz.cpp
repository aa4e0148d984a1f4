// layer: data
// Bytes from outside as a list of Karpathy's retrieval splits: no picture's path leaves the folder.
#include <cstdint>
#include <string_view>

#include "clipkit/error.h"
#include "data/karpathy_pairs.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto pictures = clipkit::parse_karpathy({reinterpret_cast<const char*>(data), size}, "fuzz", "test");
    for (const auto& picture : pictures) {
      if (picture.file.empty() || picture.file.front() == '/') __builtin_trap();
    }
  } catch (const clipkit::Error&) {
  }
  return 0;
}
