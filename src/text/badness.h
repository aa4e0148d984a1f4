#pragma once

#include <string_view>

namespace clipkit {

// Whether the text holds a sequence of characters that good text hardly has and wrongly decoded text often has (the
// "badness" heuristic of ftfy 6.3.1, 37 rules in assets/repair.txt). Linear in the text.
bool is_bad(std::u32string_view text);

}  // namespace clipkit
