// layer: data
// Bytes from outside as FER2013's table.
#include "clipkit/error.h"
#include "data/sets/fer2013.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemoryFile file(data, size);
  try {
    const auto reader = clipkit::read_fer2013(file.path(), "Training");
    for (int64_t i = 0; i < reader->size(); ++i) {
      try {
        if (reader->read(i).image.pixels.size() != 48 * 48) __builtin_trap();
      } catch (const clipkit::Error&) {
      }
    }
  } catch (const clipkit::Error&) {
  }
  return 0;
}
