#pragma once

#include <cstdint>
#include <string_view>

namespace clipkit {

// Words of a caption: what white space (ASCII's) parts.
int64_t count_words(std::string_view caption) noexcept;

}  // namespace clipkit
