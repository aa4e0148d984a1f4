#pragma once

#include <string>
#include <string_view>

namespace clipkit {

// Text from anywhere, fit for the content and the quoted attributes of HTML, XML and SVG: the characters of markup as
// entities; bytes that are not UTF-8 and characters that XML forbids as U+FFFD.
std::string escape_markup(std::string_view text);

// RFC 4648, section 4, with padding.
std::string base64(std::string_view bytes);

}  // namespace clipkit
