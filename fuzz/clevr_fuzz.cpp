// layer: data
// Bytes from outside as CLEVR's scenes.
#include "clipkit/error.h"
#include "data/sets/clevr.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemoryFile file(data, size);
  try {
    for (const clipkit::NamedFile& scene : clipkit::list_clevr(file.path(), "{}")) {
      if (scene.path.empty() || scene.label.empty()) __builtin_trap();
    }
  } catch (const clipkit::Error&) {
  }
  return 0;
}
