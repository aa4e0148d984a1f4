#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace clipkit {

// One line of a character table in assets/ (their form: scripts/assets/make_text_tables.py), continuation lines joined.
struct TableLine {
  std::string_view key;
  std::vector<std::string_view> entries;
};

// The lines of an embedded table; they point into the text. The tables are part of the library, so they are trusted.
std::vector<TableLine> parse_table(std::string_view text);

// An entry `first[-last][:value[+value...]]`, numbers in hexadecimal.
struct CodeEntry {
  char32_t first = 0;
  char32_t last = 0;
  std::u32string values;
};
CodeEntry parse_code_entry(std::string_view entry);

// Numbers joined by +, in hexadecimal.
std::u32string parse_codes(std::string_view text);

}  // namespace clipkit
