#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace clipkit {

constexpr uint64_t kMaxSafetensorsHeaderBytes = 100'000'000;

// One entry of a safetensors header as it stands there: types are right, values are unchecked.
struct SafetensorsEntry {
  std::string dtype;
  std::vector<uint64_t> shape;
  uint64_t begin = 0, end = 0;  // bytes, from the start of the data buffer
};

// Parses the JSON without building a document of it, so that a header of 100 MB costs no more than what is kept of it.
// Calls on_tensor for each entry in the file's order; an error thrown there passes through. Returns __metadata__.
// Errors: kCorrupt (not JSON, not UTF-8, a field missing, repeated, unknown or of the wrong type); kUnsupported for
// more than Shape::kMaxRank axes.
std::map<std::string, std::string> parse_safetensors_header(
    std::string_view json, std::string_view place,
    const std::function<void(std::string&& name, const SafetensorsEntry& entry)>& on_tensor);

}  // namespace clipkit
