#include "text/repair.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "base/asset.h"
#include "text/charmaps.h"
#include "text/entities.h"
#include "text/mojibake.h"
#include "text/normalize.h"
#include "text/table_file.h"
#include "text/unicode.h"

CLIPKIT_DECLARE_ASSET(repair_tables);

namespace clipkit {

namespace {

constexpr size_t kMaxSegment = 1'000'000;  // characters; ftfy's max_decode_length
constexpr char32_t kEscape = 0x1B;
// What becomes a line feed, as does CR LF. U+0085 is none: read as windows-1252 it has become an ellipsis by then.
constexpr std::u32string_view kLineBreaks = U"\r\u2028\u2029";

// Which steps a character calls for.
enum Action : uint8_t { kReplace = 1, kLineBreak = 2, kControl = 4, kAmpersand = 8, kNonAscii = 16, kNormalize = 32 };

struct RepairTables {
  CodePointTable<uint8_t> actions;
  CodePointTable<uint16_t> replacement_of;
  // The steps that map single characters (C1 controls, ligatures, width, quotes), joined into one.
  std::vector<std::u32string> replacements;

  static const RepairTables& get() {
    static const RepairTables tables = build();
    return tables;
  }

 private:
  // The single-character steps, each a map, in the order in which they apply: C1 controls, ligatures, width, quotes.
  using Step = std::map<char32_t, std::u32string>;

  static RepairTables build() {
    RepairTables tables;
    std::array<Step, 4> steps;
    auto& [c1_controls, ligatures, widths, quotes] = steps;
    for (char32_t c = 0x80; c <= 0x9F; ++c) c1_controls[c] = Charmaps::get().windows_1252(static_cast<uint8_t>(c));
    for (const TableLine& line : parse_table(CLIPKIT_ASSET(repair_tables))) {
      const bool is_ligature = line.key == "ligature", is_width = line.key == "width";
      const bool is_single = line.key == "single_quote", is_double = line.key == "double_quote";
      if (!is_ligature && !is_width && !is_single && !is_double && line.key != "control_removed") continue;
      for (const std::string_view text : line.entries) {
        const CodeEntry entry = parse_code_entry(text);
        for (char32_t c = entry.first; c <= entry.last; ++c) {
          if (is_ligature || is_width) {
            (is_ligature ? ligatures : widths)[c] = entry.values;
          } else if (is_single || is_double) {
            quotes[c] = is_single ? U"'" : U"\"";
          } else {
            tables.actions.at(c) |= kControl;
          }
        }
      }
    }
    for (const Step& changing : steps) {
      for (const auto& [c, ignored] : changing) {
        std::u32string text(1, c);
        for (const Step& step : steps) text = apply(step, text);
        tables.actions.at(c) |= kReplace;
        tables.replacement_of.at(c) = static_cast<uint16_t>(tables.replacements.size());
        tables.replacements.push_back(std::move(text));
      }
    }
    for (const char32_t c : kLineBreaks) tables.actions.at(c) |= kLineBreak;
    tables.actions.at('&') |= kAmpersand;
    return tables;
  }

  static std::u32string apply(const Step& step, std::u32string_view text) {
    std::u32string out;
    for (const char32_t c : text) {
      const auto found = step.find(c);
      out += found != step.end() ? found->second : std::u32string(1, c);
    }
    return out;
  }
};

// The actions that the characters of the text call for, together.
unsigned needed_actions(std::u32string_view text) {
  const RepairTables& tables = RepairTables::get();
  const UnicodeTables& unicode = UnicodeTables::get();
  unsigned actions = 0;
  for (const char32_t c : text) {
    actions |= tables.actions[c];
    if (c >= 0x80) actions |= kNonAscii;
    if (unicode.is(c, kNfcActive)) actions |= kNormalize;
  }
  return actions;
}

std::u32string replace_characters(std::u32string_view text) {
  const RepairTables& tables = RepairTables::get();
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    if (tables.actions[c] & kReplace) {
      out += tables.replacements[tables.replacement_of[c]];
    } else {
      out += c;
    }
  }
  return out;
}

void fix_line_breaks(std::u32string& text) {
  size_t size = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    text[size++] = kLineBreaks.find(text[i]) != std::u32string_view::npos ? U'\n' : text[i];
  }
  text.resize(size);
}

// Length of the terminal escape at i, ESC [ digits and semicolons, letter; or 0.
size_t escape_length(std::u32string_view text, size_t i) {
  if (text[i] != kEscape || i + 1 >= text.size() || text[i + 1] != '[') return 0;
  const UnicodeTables& unicode = UnicodeTables::get();
  size_t end = i + 2;
  while (end < text.size() && (text[end] == ';' || unicode.is(text[end], kDecimalDigit))) ++end;
  const bool letter =
      end < text.size() && ((text[end] >= 'a' && text[end] <= 'z') || (text[end] >= 'A' && text[end] <= 'Z'));
  return letter ? end + 1 - i : 0;
}

void remove_controls(std::u32string& text) {
  const RepairTables& tables = RepairTables::get();
  size_t size = 0;
  for (size_t i = 0; i < text.size();) {
    if (tables.actions[text[i]] & kControl) {
      i += std::max<size_t>(escape_length(text, i), 1);
    } else {
      text[size++] = text[i++];
    }
  }
  text.resize(size);
}

// One round of all steps; false if nothing changed. A step is left out where no character can be affected by it.
bool repair_round(std::u32string& text, bool unescape, RepairBudget& budget) {
  const unsigned before = needed_actions(text);
  if (before == 0) return false;
  std::u32string fixed = unescape && (before & kAmpersand) ? decode_entities(text) : text;
  fixed = fix_encoding(std::move(fixed), budget);
  const unsigned actions = needed_actions(fixed);
  if (actions & kReplace) fixed = replace_characters(fixed);
  if (actions & kLineBreak) fix_line_breaks(fixed);
  if (actions & kControl) remove_controls(fixed);
  if (needed_actions(fixed) & kNormalize) fixed = normalize_nfc(fixed);
  const bool changed = fixed != text;
  text = std::move(fixed);
  return changed;
}

}  // namespace

std::u32string repair_text(std::u32string_view text) {
  RepairBudget budget(text.size());
  std::u32string out;
  out.reserve(text.size());
  bool unescape = true;
  while (!text.empty()) {
    const size_t newline = text.substr(0, kMaxSegment).find(U'\n');
    const size_t length = newline == std::u32string_view::npos ? std::min(text.size(), kMaxSegment) : newline + 1;
    std::u32string segment(text.substr(0, length));
    text.remove_prefix(length);
    if (segment.find(U'<') != std::u32string::npos) unescape = false;
    while (budget.spend(segment.size()) && repair_round(segment, unescape, budget)) {
    }
    out += segment;
  }
  return out;
}

}  // namespace clipkit
