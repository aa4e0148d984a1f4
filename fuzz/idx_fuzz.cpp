// layer: data
// Bytes from outside as MNIST's pictures, plain or packed, beside labels that fit no more than two of them.
#include "clipkit/error.h"
#include "data/sets/idx.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr uint8_t kLabels[] = {0, 0, 8, 1, 0, 0, 0, 2, 4, 2};
  const MemoryFile file(data, size), labels(kLabels, sizeof kLabels);
  try {
    const auto reader = clipkit::read_idx(file.path(), labels.path());
    for (int64_t i = 0; i < reader->size(); ++i) {
      const clipkit::Image image = reader->read(i).image;
      if (static_cast<int64_t>(image.pixels.size()) != int64_t{image.width} * image.height) __builtin_trap();
    }
  } catch (const clipkit::Error&) {
  }
  try {
    (void)clipkit::read_idx(labels.path(), file.path());
  } catch (const clipkit::Error&) {
  }
  return 0;
}
