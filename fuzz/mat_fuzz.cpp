// layer: data
// Bytes from outside as a MATLAB file with the variables that data sets have.
#include "clipkit/error.h"
#include "data/sets/mat_file.h"
#include "memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const MemoryFile file(data, size);
  for (const char* variable : {"labels", "trnid", "X"}) {
    try {
      const clipkit::MatArray array = clipkit::read_mat(file.path(), variable);
      size_t count = 1;
      for (const size_t extent : array.shape) count *= extent;
      if (array.bytes.size() + array.numbers.size() + array.text.size() != count) __builtin_trap();
    } catch (const clipkit::Error&) {
    }
  }
  for (const char* field : {"fname", "class"}) {
    try {
      (void)clipkit::read_mat_field(file.path(), "annotations", field);
    } catch (const clipkit::Error&) {
    }
  }
  return 0;
}
