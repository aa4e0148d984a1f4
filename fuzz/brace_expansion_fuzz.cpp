// layer: data
// Text from outside as a pattern with braces.
#include <cstddef>
#include <cstdint>

#include "clipkit/error.h"
#include "data/brace_expansion.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view pattern(reinterpret_cast<const char*>(data), size);
  try {
    const std::vector<std::string> names = clipkit::expand_braces(pattern);
    if (names.empty()) __builtin_trap();
  } catch (const clipkit::Error&) {
  }
  return 0;
}
