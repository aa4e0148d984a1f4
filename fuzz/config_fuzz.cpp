// layer: model
#include <cstddef>
#include <cstdint>

#include "clipkit/config.h"
#include "clipkit/error.h"

// A configuration that is accepted must also be written in a form that is accepted.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clipkit;
  try {
    const ModelConfig config = parse_config({reinterpret_cast<const char*>(data), size}, "fuzz");
    const std::string once = to_json(config);
    if (to_json(parse_config(once, "fuzz")) != once) __builtin_trap();
  } catch (const Error&) {
  }
  return 0;
}
