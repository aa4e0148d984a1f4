#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clipkit {

// No picture file is longer.
inline constexpr int64_t kMaxPictureBytes = int64_t{1} << 30;

// Whether files with this extension (lower case, without the dot) are taken for pictures.
bool is_picture_extension(std::string_view extension) noexcept;

// ASCII letters in lower case.
std::string lower_ascii(std::string_view text);

// What follows the last dot of a path's last part, in lower case; empty without a dot.
std::string extension_of(std::string_view path);

}  // namespace clipkit
