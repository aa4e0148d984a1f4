#include "text/unicode.h"

#include <set>
#include <string_view>

#include "base/asset.h"
#include "text/table_file.h"

CLIPKIT_DECLARE_ASSET(unicode_tables);

namespace clipkit {

namespace {

constexpr std::pair<std::string_view, CharFlag> kFlagLines[] = {
    {"letter", kLetter},
    {"number", kNumber},
    {"regex_space", kRegexSpace},
    {"py_space", kPySpace},
    {"py_word", kPyWord},
    {"decimal_digit", kDecimalDigit},
    {"cased", kCased},
    {"case_ignorable", kCaseIgnorable},
};

// NFC leaves a text alone in which no character has a combining class, is the second half of a composition, or
// decomposes to something that does not compose back (Unicode standard annex 15, quick check).
void mark_nfc_active(UnicodeTables& tables, const std::vector<CodeEntry>& decompositions,
                     const std::vector<CodeEntry>& combining, const std::set<char32_t>& excluded) {
  const auto mark = [&](char32_t c) { tables.flags.at(c) |= kNfcActive; };
  for (const CodeEntry& entry : combining) {
    for (char32_t c = entry.first; c <= entry.last; ++c) mark(c);
  }
  for (const CodeEntry& entry : decompositions) {
    const bool composes = entry.values.size() == 2 && !excluded.contains(entry.first);
    if (composes) {
      mark(entry.values[1]);
    } else {
      mark(entry.first);
    }
  }
  for (char32_t c = 0x1161; c <= 0x11C2; ++c) mark(c);  // Hangul vowels and final consonants join what precedes
}

UnicodeTables build() {
  UnicodeTables tables;
  std::vector<CodeEntry> decompositions, combining;
  std::set<char32_t> excluded;
  for (const TableLine& line : parse_table(CLIPKIT_ASSET(unicode_tables))) {
    uint16_t flag = 0;
    for (const auto& [key, value] : kFlagLines) {
      if (line.key == key) flag = value;
    }
    for (const std::string_view text : line.entries) {
      CodeEntry entry = parse_code_entry(text);
      if (flag != 0) {
        for (char32_t c = entry.first; c <= entry.last; ++c) tables.flags.at(c) |= flag;
      } else if (line.key == "lower") {
        tables.lower.set(entry.first, {entry.values[0], entry.values.size() > 1 ? entry.values[1] : 0});
      } else if (line.key == "combining_class") {
        for (char32_t c = entry.first; c <= entry.last; ++c) {
          tables.combining_class.at(c) = static_cast<uint8_t>(entry.values[0]);
        }
        combining.push_back(std::move(entry));
      } else if (line.key == "decomposition") {
        tables.decomposition.set(entry.first, {entry.values[0], entry.values.size() > 1 ? entry.values[1] : 0});
        decompositions.push_back(std::move(entry));
      } else if (line.key == "composition_excluded") {
        for (char32_t c = entry.first; c <= entry.last; ++c) excluded.insert(c);
      }
    }
  }
  for (const CodeEntry& entry : decompositions) {
    if (entry.values.size() == 2 && !excluded.contains(entry.first)) {
      tables.composition.emplace(uint64_t{entry.values[0]} << 32 | entry.values[1], entry.first);
    }
  }
  mark_nfc_active(tables, decompositions, combining, excluded);
  return tables;
}

}  // namespace

const UnicodeTables& UnicodeTables::get() {
  static const UnicodeTables tables = build();
  return tables;
}

}  // namespace clipkit
