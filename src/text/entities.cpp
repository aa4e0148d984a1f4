#include "text/entities.h"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/asset.h"
#include "text/table_file.h"

CLIPKIT_DECLARE_ASSET(html_entities);

namespace clipkit {

namespace {

constexpr size_t kMaxName = 32;  // as html.unescape's pattern; the longest name in the table has as many characters

// Names in byte order with their texts, searched by bisection.
class NameTable {
 public:
  void add(std::string_view name, std::u32string text) { entries_.push_back({name, std::move(text)}); }
  const std::u32string* find(std::string_view name) const {
    const auto at = std::lower_bound(entries_.begin(), entries_.end(), name,
                                     [](const Entry& entry, std::string_view wanted) { return entry.name < wanted; });
    return at != entries_.end() && at->name == name ? &at->text : nullptr;
  }

 private:
  struct Entry {
    std::string_view name;
    std::u32string text;
  };
  std::vector<Entry> entries_;
};

struct EntityTables {
  NameTable named, named_upper;
  std::unordered_map<uint32_t, char32_t> numeric;
  std::unordered_set<uint32_t> numeric_removed;

  static const EntityTables& get() {
    static const EntityTables tables = build();
    return tables;
  }

 private:
  static EntityTables build() {
    EntityTables tables;
    for (const TableLine& line : parse_table(CLIPKIT_ASSET(html_entities))) {
      const auto& entries = line.entries;
      if (line.key == "named" || line.key == "named_upper") {
        NameTable& table = line.key == "named" ? tables.named : tables.named_upper;
        for (size_t i = 0; i + 1 < entries.size(); i += 2) table.add(entries[i], parse_codes(entries[i + 1]));
        continue;
      }
      for (const std::string_view text : entries) {
        const CodeEntry entry = parse_code_entry(text);
        if (line.key == "numeric") {
          tables.numeric.emplace(entry.first, entry.values[0]);
        } else {
          for (char32_t c = entry.first; c <= entry.last; ++c) tables.numeric_removed.insert(c);
        }
      }
    }
    return tables;
  }
};

bool is_digit(char32_t c) {
  return c >= '0' && c <= '9';
}
bool is_ascii_alnum(char32_t c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
int hex_value(char32_t c) {
  if (is_digit(c)) return static_cast<int>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<int>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<int>(c - 'A' + 10);
  return -1;
}
bool ends_name(char32_t c) {
  return c == '\t' || c == '\n' || c == '\f' || c == ' ' || c == '<' || c == '&' || c == '#' || c == ';';
}

void append_numeric(uint32_t number, std::u32string& out) {
  const EntityTables& tables = EntityTables::get();
  if (const auto found = tables.numeric.find(number); found != tables.numeric.end()) {
    out += found->second;
  } else if ((number >= 0xD800 && number <= 0xDFFF) || number > 0x10FFFF) {
    out += U'\uFFFD';
  } else if (!tables.numeric_removed.contains(number)) {
    out += static_cast<char32_t>(number);
  }
}

// A reference at text[i] == '&': appends its text and returns its length, or 0 if it is a literal '&'.
size_t append_numeric_reference(std::u32string_view text, size_t i, std::u32string& out) {
  size_t at = i + 2;
  const bool hex = at < text.size() && (text[at] == 'x' || text[at] == 'X');
  if (hex) ++at;
  const uint32_t base = hex ? 16 : 10;
  const size_t digits = at;
  uint32_t number = 0;
  for (; at < text.size() && (hex ? hex_value(text[at]) >= 0 : is_digit(text[at])); ++at) {
    number = std::min<uint32_t>(number * base + static_cast<uint32_t>(hex_value(text[at])), 0x110000);
  }
  if (at == digits) return 0;
  append_numeric(number, out);
  if (at < text.size() && text[at] == ';') ++at;
  return at - i;
}

size_t append_named_reference(std::u32string_view text, size_t i, std::u32string& out) {
  const std::u32string_view name = text.substr(i + 1, kMaxName);
  size_t length = 0;
  while (length < name.size() && !ends_name(name[length])) ++length;
  if (length == 0) return 0;
  if (i + 1 + length < text.size() && text[i + 1 + length] == ';') ++length;

  // Names are ASCII: what follows another character cannot belong to one.
  std::array<char, kMaxName + 1> ascii;
  size_t known = 0;
  while (known < length && text[i + 1 + known] < 0x80) {
    ascii[known] = static_cast<char>(text[i + 1 + known]);
    ++known;
  }
  for (size_t size = known; size >= 2 || (size == length && size > 0); --size) {
    if (const std::u32string* found = EntityTables::get().named.find({ascii.data(), size})) {
      out += *found;
      return 1 + size;
    }
  }
  return 0;
}

}  // namespace

std::u32string html_unescape(std::u32string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    size_t length = 0;
    if (text[i] == '&') {
      const bool numeric = i + 1 < text.size() && text[i + 1] == '#';
      length = numeric ? append_numeric_reference(text, i, out) : append_named_reference(text, i, out);
    }
    if (length == 0) {
      out += text[i];
      length = 1;
    }
    i += length;
  }
  return out;
}

std::u32string decode_entities(std::u32string_view text) {
  constexpr size_t kMaxLength = 24;
  const EntityTables& tables = EntityTables::get();
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    if (text[i] == '&') {
      const bool numeric = end < text.size() && text[end] == '#';
      if (numeric) ++end;
      const size_t begin = end;
      while (end < text.size() && end - begin < kMaxLength && is_ascii_alnum(text[end])) ++end;
      if (end > begin && end < text.size() && text[end] == ';') {
        ++end;
        const std::u32string_view match = text.substr(i, end - i);
        if (numeric) {
          const std::u32string decoded = html_unescape(match);
          out += decoded.find(U';') == std::u32string::npos ? std::u32string_view(decoded) : match;
        } else {
          const std::string name(match.begin() + 1, match.end());
          const std::u32string* found = tables.named.find(name);
          if (found == nullptr) found = tables.named_upper.find(name);
          out += found != nullptr ? std::u32string_view(*found) : match;
        }
        i = end;
        continue;
      }
    }
    out += text[i++];
  }
  return out;
}

}  // namespace clipkit
