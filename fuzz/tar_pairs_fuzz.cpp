// layer: data
// Bytes from outside as a shard of image-text pairs.
#include "clipkit/error.h"
#include "data/tar_pairs.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemoryFile file(data, size);
  try {
    const auto pairs = clipkit::open_tar_pairs({file.path()}, {.threads = 1});
    for (int64_t i = 0; i < pairs->size(); ++i) {
      const std::string name = pairs->name(i);
      try {
        const clipkit::EncodedPair pair = pairs->read(i);
        // What the index promised is there: a sample that reads has a picture and the same name.
        if (pair.name != name || pair.captions.empty()) __builtin_trap();
      } catch (const clipkit::Error&) {
      }
    }
  } catch (const clipkit::Error&) {
  }
  return 0;
}
