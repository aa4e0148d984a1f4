#include "text/charmaps.h"

#include "base/asset.h"
#include "text/table_file.h"

CLIPKIT_DECLARE_ASSET(repair_tables);

namespace clipkit {

Charmaps::Charmaps() : rows_(1) {
  int charmap = 0;
  for (const TableLine& line : parse_table(CLIPKIT_ASSET(repair_tables))) {
    if (line.key == "windows_1252_undefined") {
      for (const std::string_view text : line.entries) {
        const CodeEntry range = parse_code_entry(text);
        for (char32_t b = range.first; b <= range.last; ++b) windows_1252_undefined_[b] = true;
      }
    }
    if (line.key != "charmap") continue;
    std::array<char32_t, 256> characters;
    for (char32_t b = 0; b < 256; ++b) characters[b] = b;
    for (size_t i = 1; i < line.entries.size(); ++i) {
      const CodeEntry entry = parse_code_entry(line.entries[i]);
      characters[entry.first] = entry.values[0];
    }
    for (size_t b = 0; b < 256; ++b) {
      uint16_t& row = row_of_.at(characters[b]);
      if (row == 0) {
        row = static_cast<uint16_t>(rows_.size());
        rows_.emplace_back();
      }
      rows_[row].sets |= static_cast<uint16_t>(1u << charmap);
      rows_[row].bytes[static_cast<size_t>(charmap)] = static_cast<uint8_t>(b);
    }
    if (charmap == kWindows1252) windows_1252_ = characters;
    ++charmap;
  }
}

const Charmaps& Charmaps::get() {
  static const Charmaps charmaps;
  return charmaps;
}

unsigned Charmaps::possible(std::u32string_view text) const noexcept {
  unsigned sets = (1u << kCount) - 1;
  for (const char32_t c : text) {
    sets &= rows_[row_of_[c]].sets;
    if (sets == 0) break;
  }
  return sets;
}

std::string Charmaps::encode(int charmap, std::u32string_view text) const {
  std::string bytes;
  bytes.reserve(text.size());
  for (const char32_t c : text) bytes += static_cast<char>(rows_[row_of_[c]].bytes[static_cast<size_t>(charmap)]);
  return bytes;
}

std::optional<std::u32string> Charmaps::decode_as_windows_1252(std::u32string_view latin1_text) const {
  std::u32string decoded;
  decoded.reserve(latin1_text.size());
  for (const char32_t c : latin1_text) {
    if (windows_1252_undefined_[c]) return std::nullopt;
    decoded += c == 0x1A ? c : windows_1252_[c];  // only the sloppy form gives byte 1A another meaning
  }
  return decoded;
}

}  // namespace clipkit
