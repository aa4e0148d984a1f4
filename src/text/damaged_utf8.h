#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace clipkit {

// What happens to UTF-8 on its way through programs that take it for a single-byte character set.

// Puts byte A0 back where a program turned what it took for a no-break space into a space (ftfy's restore_byte_a0).
std::string restore_byte_a0(std::string_view bytes);

// A character of which one byte was lost (as byte 1A or as '?') becomes U+FFFD (ftfy's replace_lossy_sequences).
std::string replace_lossy_sequences(std::string_view bytes);

// Strict UTF-8, or nullopt.
std::optional<std::u32string> decode_utf8(std::string_view bytes);
// The same, but C0 80 is U+0000 and a pair of surrogates in three bytes each is a character (Java's UTF-8, CESU-8).
std::optional<std::u32string> decode_utf8_variants(std::string_view bytes);

}  // namespace clipkit
