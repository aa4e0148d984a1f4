#pragma once

#include <string>
#include <string_view>

#include "clipkit/tokenizer.h"

namespace clipkit {

// The text as the splitter wants it: repaired and unescaped as the rules say, runs of white space made one space, lower
// case.
std::u32string clean_text(std::u32string_view text, TextRules rules);

}  // namespace clipkit
