// layer: data
// Bytes from outside as a user's list of pictures and labels.
#include "clipkit/error.h"
#include "data/sets/labelled_csv.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemoryFile file(data, size);
  try {
    const clipkit::LabelledCsv csv = clipkit::read_labelled_csv(file.path());
    for (const auto& [split, files] : csv.splits) {
      for (const clipkit::LabelledFile& picture : files) {
        const int32_t label = picture.labels.present.at(0);
        if (label < 0 || static_cast<size_t>(label) >= csv.classes.size()) __builtin_trap();
      }
    }
  } catch (const clipkit::Error&) {
  }
  return 0;
}
