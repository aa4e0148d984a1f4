// layer: data
// Bytes from outside as a shard of labelled pictures.
#include "clipkit/error.h"
#include "data/sets/labelled_tar.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemoryFile file(data, size);
  try {
    const auto reader = clipkit::read_labelled_tar({file.path()});
    for (int64_t i = 0; i < reader->size(); ++i) {
      // What the index promised is there: the picture lies within the file.
      if (reader->read(i).file.size() > size || reader->labels(i).present.at(0) < 0) __builtin_trap();
    }
  } catch (const clipkit::Error&) {
  }
  return 0;
}
