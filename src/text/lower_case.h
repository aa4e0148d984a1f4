#pragma once

#include <string>
#include <string_view>

namespace clipkit {

// Full Unicode lower-casing, independent of locale, as Python's str.lower(): U+0130 becomes two characters.
// final_sigma: a capital sigma at the end of a word becomes U+03C2; without it every one becomes U+03C3.
std::u32string lower_case(std::u32string_view text, bool final_sigma = true);

}  // namespace clipkit
