#include "text/table_file.h"

#include <charconv>

namespace clipkit {

namespace {

char32_t parse_hex(const char*& begin, const char* end) {
  uint32_t value = 0;
  begin = std::from_chars(begin, end, value, 16).ptr;
  return value;
}

}  // namespace

std::vector<TableLine> parse_table(std::string_view text) {
  std::vector<TableLine> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line[0] == '#') continue;
    bool is_key = line[0] != ' ';
    while (!line.empty()) {
      const size_t length = std::min(line.find(' '), line.size());
      const std::string_view word = line.substr(0, length);
      line.remove_prefix(std::min(length + 1, line.size()));
      if (word.empty()) continue;
      if (is_key) {
        lines.push_back({word, {}});
      } else {
        lines.back().entries.push_back(word);
      }
      is_key = false;
    }
  }
  return lines;
}

std::u32string parse_codes(std::string_view text) {
  std::u32string codes;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    codes += parse_hex(at, end);
    ++at;  // the +
  }
  return codes;
}

CodeEntry parse_code_entry(std::string_view entry) {
  CodeEntry result;
  const char* at = entry.data();
  const char* const end = at + entry.size();
  result.first = result.last = parse_hex(at, end);
  if (at < end && *at == '-') result.last = parse_hex(++at, end);
  if (at < end && *at == ':') result.values = parse_codes({at + 1, static_cast<size_t>(end - at - 1)});
  return result;
}

}  // namespace clipkit
