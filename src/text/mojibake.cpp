#include "text/mojibake.h"

#include <algorithm>
#include <optional>

#include "base/asset.h"
#include "text/badness.h"
#include "text/charmaps.h"
#include "text/damaged_utf8.h"
#include "text/table_file.h"

CLIPKIT_DECLARE_ASSET(repair_tables);

namespace clipkit {

namespace {

// Characters that the bytes of UTF-8 turn into when they are read as one of the common single-byte sets.
enum Clue : uint8_t {
  kFirstOf2 = 1,
  kFirstOf3 = 2,
  kFirstOf4 = 4,
  kContinuation = 8,
  kStrictContinuation = 16,  // without those that are ordinary punctuation too
};

const CodePointTable<uint8_t>& clues() {
  static const CodePointTable<uint8_t> table = [] {
    CodePointTable<uint8_t> clue;
    for (const TableLine& line : parse_table(CLIPKIT_ASSET(repair_tables))) {
      const uint8_t flag = line.key == "utf8_first_of_2"            ? kFirstOf2
                           : line.key == "utf8_first_of_3"          ? kFirstOf3
                           : line.key == "utf8_first_of_4"          ? kFirstOf4
                           : line.key == "utf8_continuation"        ? kContinuation
                           : line.key == "utf8_continuation_strict" ? kStrictContinuation
                                                                    : 0;
      if (flag == 0) continue;
      for (const std::string_view text : line.entries) {
        const CodeEntry range = parse_code_entry(text);
        for (char32_t c = range.first; c <= range.last; ++c) clue.at(c) |= flag;
      }
    }
    return clue;
  }();
  return table;
}

// Length of the longest run at i of characters that read as whole UTF-8 sequences, or 0.
size_t mojibake_length(const CodePointTable<uint8_t>& clue, std::u32string_view text, size_t i) {
  const auto unit = [&](size_t at) -> size_t {
    const uint8_t first = clue[text[at]];
    size_t continuations = 0;
    while (continuations < 3 && at + 1 + continuations < text.size() &&
           (clue[text[at + 1 + continuations]] & kContinuation)) {
      ++continuations;
    }
    if ((first & kFirstOf2) && continuations >= 1) return 2;
    if ((first & kFirstOf3) && continuations >= 2) return 3;
    if ((first & kFirstOf4) && continuations >= 3) return 4;
    return 0;
  };
  size_t end = i;
  while (end < text.size()) {
    const size_t length = unit(end);
    if (length == 0) break;
    end += length;
  }
  return end - i;
}

bool is_c1_control(char32_t c) {
  return c >= 0x80 && c <= 0x9F;
}

// The whole text as bytes of one of the sets, decoded as UTF-8; nullopt if no set gives UTF-8.
std::optional<std::u32string> decode_through_charmap(std::u32string_view text, unsigned possible) {
  const Charmaps& charmaps = Charmaps::get();
  for (int charmap = 0; charmap < Charmaps::kCount; ++charmap) {
    if (!(possible >> charmap & 1)) continue;
    std::string bytes = charmaps.encode(charmap, text);
    // In MacRoman the altered sequences are too often a dash or quote followed by a space.
    if (charmap != Charmaps::kMacRoman) bytes = restore_byte_a0(bytes);
    if (Charmaps::is_sloppy(charmap)) bytes = replace_lossy_sequences(bytes);
    const bool variants = bytes.find_first_of("\xED\xC0") != std::string::npos;
    if (auto decoded = variants ? decode_utf8_variants(bytes) : decode_utf8(bytes)) return decoded;
  }
  return std::nullopt;
}

// Repairs the runs that look wrong, each by itself, in text that is right elsewhere. The recursion is shallow: a run is
// one run again when looked at alone, so it goes deeper only after a change, and decoding at least halves the number of
// characters beyond ASCII.
std::u32string fix_runs(std::u32string_view text, RepairBudget& budget) {
  const CodePointTable<uint8_t>& clue = clues();
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const bool may_begin = i == 0 || !(clue[text[i - 1]] & kStrictContinuation);
    const size_t length = may_begin ? mojibake_length(clue, text, i) : 0;
    if (length == 0) {
      out += text[i++];
      continue;
    }
    const std::u32string_view run = text.substr(i, length);
    if (length < text.size() && is_bad(run)) {
      out += fix_encoding(std::u32string(run), budget);
    } else {
      out += run;
    }
    i += length;
  }
  return out;
}

// One step; nullopt when there is nothing to repair.
std::optional<std::u32string> fix_encoding_step(std::u32string_view text, RepairBudget& budget) {
  const bool ascii = std::all_of(text.begin(), text.end(), [](char32_t c) { return c < 0x80; });
  if (ascii || !is_bad(text)) return std::nullopt;
  const Charmaps& charmaps = Charmaps::get();
  const unsigned possible = charmaps.possible(text);
  if (auto decoded = decode_through_charmap(text, possible)) return decoded;
  if (std::u32string fixed = fix_runs(text, budget); fixed != text) return fixed;
  if (possible >> Charmaps::kLatin1 & 1) {
    if (auto decoded = charmaps.decode_as_windows_1252(text); decoded && *decoded != text) return decoded;
  }
  if (std::any_of(text.begin(), text.end(), is_c1_control)) {
    std::u32string fixed(text);
    for (char32_t& c : fixed) {
      if (is_c1_control(c)) c = charmaps.windows_1252(static_cast<uint8_t>(c));
    }
    return fixed;
  }
  return std::nullopt;
}

}  // namespace

std::u32string fix_encoding(std::u32string text, RepairBudget& budget) {
  while (budget.spend(text.size())) {
    std::optional<std::u32string> fixed = fix_encoding_step(text, budget);
    if (!fixed || *fixed == text) break;
    text = std::move(*fixed);
  }
  return text;
}

}  // namespace clipkit
