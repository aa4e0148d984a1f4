#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace clipkit {

// Appends the UTF-8 form of a code point (0 to 0x10FFFF, no surrogate).
void append_utf8(std::string& out, char32_t c);

// Strict UTF-8 (no overlong forms, no surrogates, at most U+10FFFF): length of the character that starts at text[i] and
// its value, or length 0 if the bytes there are not one.
struct Utf8Char {
  char32_t value;
  int length;
};
Utf8Char decode_utf8_char(std::string_view text, size_t i) noexcept;

// Position of the first byte that is not valid UTF-8, or npos.
size_t find_invalid_utf8(std::string_view text) noexcept;

// Text in code points. Errors: kCorrupt, naming the byte.
std::u32string utf8_to_utf32(std::string_view text);
std::string utf32_to_utf8(std::u32string_view text);

// Every maximal invalid subsequence (Unicode 15, section 3.9, as Python and browsers do it) becomes U+FFFD.
std::string replace_invalid_utf8(std::string_view text);

}  // namespace clipkit
