#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace clipkit::testing {

// What is wrong with a piece of markup, or "": every element is closed in turn, every attribute is name="value", &
// begins an entity and < a tag. Elements of HTML that are never closed are known.
inline std::string markup_error(std::string_view text) {
  std::vector<std::string> open;
  const auto at = [&](size_t i) { return " at " + std::string(text.substr(i, 40)); };
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '&') {
      const size_t end = text.find(';', i);
      const std::string_view name = text.substr(i + 1, end == std::string_view::npos ? 0 : end - i - 1);
      if (name != "amp" && name != "lt" && name != "gt" && name != "quot" && name != "#39") return "entity" + at(i);
      i = end + 1;
      continue;
    }
    if (text[i] == '>') return "stray >" + at(i);
    if (text[i] != '<') {
      ++i;
      continue;
    }
    const size_t start = i++;
    const bool closes = text[i] == '/', declares = text[i] == '!';
    if (closes || declares) ++i;
    const size_t name_end = text.find_first_of(" />\n", i);
    if (name_end == std::string_view::npos || name_end == i) return "tag" + at(start);
    const std::string name(text.substr(i, name_end - i));
    i = name_end;
    bool is_empty = declares || name == "meta" || name == "img";
    while (i < text.size() && text[i] != '>') {
      if (text[i] == '/') {
        is_empty = true;
        ++i;
      } else if (text[i] == ' ') {
        ++i;
      } else if (declares) {
        i = text.find('>', i);
      } else {
        const size_t equals = text.find('=', i);
        if (equals == std::string_view::npos || text[equals + 1] != '"') return "attribute" + at(i);
        const size_t quote = text.find('"', equals + 2);
        const std::string_view value = text.substr(equals + 2, quote - equals - 2);
        if (quote == std::string_view::npos || value.find('<') != std::string_view::npos) return "value" + at(i);
        i = quote + 1;
      }
    }
    if (i == text.size()) return "unfinished tag" + at(start);
    ++i;
    if (closes) {
      if (open.empty() || open.back() != name) return "</" + name + "> closes nothing" + at(start);
      open.pop_back();
    } else if (!is_empty) {
      open.push_back(name);
    }
    if (name == "style" && !closes) i = text.find("</style>", i);  // is no markup
  }
  return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

}  // namespace clipkit::testing
