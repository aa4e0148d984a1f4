#pragma once

#include <string_view>

namespace clipkit {

// Whether a member's name stays inside the folder that it would be unpacked in: not empty, not absolute, no part "..",
// no zero byte.
bool is_safe_tar_name(std::string_view name) noexcept;

}  // namespace clipkit
