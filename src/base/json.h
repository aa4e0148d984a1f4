#pragma once

#include <filesystem>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace clipkit {

using Json = nlohmann::json;                 // read: members sorted by name, look-up in O(log n)
using OrderedJson = nlohmann::ordered_json;  // written: members in the order in which they were added

// Parses one JSON document from outside. Stricter than the library behind it: names may not repeat within an object and
// nesting is limited. place (a file name) begins every message. Errors: kCorrupt.
Json parse_json(std::string_view text, std::string_view place);

// The same for a file of at most max_bytes.
Json read_json(const std::filesystem::path& path, size_t max_bytes = size_t{64} << 20);

}  // namespace clipkit
