// layer: data
// Bytes from outside as STL-10's list of folds, of which the first byte says one, beside three pictures.
#include "clipkit/error.h"
#include "data/sets/cifar.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr uint8_t kLabels[] = {1, 2, 3};
  static constexpr uint8_t kPixels[size_t{3} * 3 * 96 * 96] = {};
  static const MemoryFile pictures(kPixels, sizeof kPixels), labels(kLabels, sizeof kLabels);
  if (size == 0) return 0;
  const MemoryFile folds(data + 1, size - 1);
  try {
    const auto reader = clipkit::read_stl10(pictures.path(), labels.path(), folds.path(), data[0] % 10);
    for (int64_t i = 0; i < reader->size(); ++i) {
      const int32_t label = reader->labels(i).present.at(0);
      if (label < 0 || label > 2) __builtin_trap();
    }
    if (reader->size() > 0 && reader->read(reader->size() - 1).image.width != 96) __builtin_trap();
  } catch (const clipkit::Error&) {
  }
  return 0;
}
