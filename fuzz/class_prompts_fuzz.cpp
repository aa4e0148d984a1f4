// layer: eval
// Bytes from outside as prompts of three classes: each has at least one, or it is an error.
#include <cstdint>
#include <string_view>

#include "clipkit/error.h"
#include "eval/class_prompts.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<std::vector<std::string>> classes = {{"sea lion"}, {"crane"}, {"crane", "cat"}};
  try {
    const auto prompts = clipkit::parse_class_prompts({reinterpret_cast<const char*>(data), size}, "fuzz", classes);
    if (prompts.size() != classes.size()) __builtin_trap();
    for (const auto& texts : prompts) {
      if (texts.empty()) __builtin_trap();
    }
  } catch (const clipkit::Error&) {
  }
  return 0;
}
