#pragma once

#include <string>
#include <string_view>

namespace clipkit {

// Text repair as ftfy 6.3.1's fix_text with its default options: HTML entities, wrongly decoded text, ligatures,
// full-width forms, curly quotes, line breaks, terminal escapes and control characters, normal form C. Repeats until
// nothing changes, line by line. Text that was built to need very many passes is left half repaired (see RepairBudget).
std::u32string repair_text(std::u32string_view text);

}  // namespace clipkit
