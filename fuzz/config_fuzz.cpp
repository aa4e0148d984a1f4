// layer: model
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/json.h"
#include "clipkit/config.h"
#include "clipkit/error.h"
#include "model/config_source.h"

namespace clipkit {
namespace {

// A configuration that is accepted must also be written in a form that is accepted.
void check_written(const ModelConfig& config) {
  const std::string once = to_json(config);
  if (to_json(parse_config(once, "fuzz")) != once) __builtin_trap();
}

template <class Read>
void try_reading(const Read& read) {
  try {
    check_written(read());
  } catch (const Error&) {
  }
}

}  // namespace
}  // namespace clipkit

// One JSON text as every kind of configuration: open_clip's, Hugging Face's (the members "config" and "preprocessor" if
// they are there), and the metadata of a GGUF file.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clipkit;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Json json;
  try {
    json = parse_json(text, "fuzz");
  } catch (const Error&) {
    return 0;
  }
  const bool both = json.is_object() && json.contains("config") && json.contains("preprocessor");
  try_reading([&] { return parse_config(text, "fuzz"); });
  try_reading([&] {
    return both ? config_from_hugging_face(json["config"], json["preprocessor"], "fuzz")
                : config_from_hugging_face(json, {}, "fuzz");
  });
  try_reading([&] { return config_from_gguf(json, "fuzz"); });
  return 0;
}
