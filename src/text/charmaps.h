#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/code_point_table.h"

namespace clipkit {

// The single-byte character sets that text is most often wrongly decoded with, in the order in which they are tried.
// In the "sloppy" ones every byte means something, and byte 1A stands for U+FFFD.
class Charmaps {
 public:
  enum Charmap {
    kLatin1,
    kWindows1252,
    kWindows1251,
    kWindows1250,
    kWindows1253,
    kWindows1254,
    kWindows1257,
    kIso8859_2,
    kMacRoman,
    kCp437
  };
  static constexpr int kCount = 10;
  static bool is_sloppy(int charmap) { return charmap >= kWindows1252 && charmap <= kWindows1257; }

  static const Charmaps& get();

  // Bit i is set if character set i has every character of the text.
  unsigned possible(std::u32string_view text) const noexcept;
  // The text as bytes; possible() must have said that this can be done.
  std::string encode(int charmap, std::u32string_view text) const;
  // What byte 80-9F means in windows-1252; those that it leaves undefined mean themselves.
  char32_t windows_1252(uint8_t byte) const noexcept { return windows_1252_[byte]; }
  // Text of which every character is below U+0100, read as the bytes of windows-1252; nullopt if one is undefined
  // there.
  std::optional<std::u32string> decode_as_windows_1252(std::u32string_view latin1_text) const;

 private:
  Charmaps();
  // In which sets a character is, and as which byte.
  struct Row {
    uint16_t sets = 0;
    std::array<uint8_t, kCount> bytes{};
  };
  CodePointTable<uint16_t> row_of_;
  std::vector<Row> rows_;
  std::array<char32_t, 256> windows_1252_{};
  std::array<bool, 256> windows_1252_undefined_{};
};

}  // namespace clipkit
