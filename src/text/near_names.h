#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipkit {

// The name without what is ignored when names are compared: case, '-', '_' and space.
std::string plain_name(std::string_view name);

// The three candidates nearest to the wanted name, for messages: "a", "b", "c". Those that contain it come first, then
// those that are few edits away.
std::string near_names(std::string_view wanted, const std::vector<std::string>& candidates);

}  // namespace clipkit
