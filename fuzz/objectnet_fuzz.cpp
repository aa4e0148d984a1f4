// layer: data
// Bytes from outside as ObjectNet's tables: that of its folders and, behind the first zero byte, that of the overlap.
#include <algorithm>

#include "clipkit/error.h"
#include "data/sets/objectnet.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto end = static_cast<size_t>(std::find(data, data + size, uint8_t{0}) - data);
  const size_t rest = std::min(end + 1, size);
  const MemoryFile folders(data, end), overlap(data + rest, size - rest);
  try {
    const auto classes = clipkit::read_objectnet_classes(folders.path(), overlap.path());
    for (size_t i = 0; i < classes.size(); ++i) {
      if (classes[i].names.size() != 1 || (i > 0 && classes[i].folder <= classes[i - 1].folder)) __builtin_trap();
    }
  } catch (const clipkit::Error&) {
  }
  return 0;
}
