#include "base/utf8.h"

#include "base/check.h"

namespace clipkit {

void append_utf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

namespace {

// Length of the longest prefix at i that could begin a character, and whether it is a whole one.
struct Prefix {
  int length;
  bool whole;
  char32_t value;
};

Prefix scan(std::string_view text, size_t i) noexcept {
  const auto byte = [&](size_t k) -> unsigned { return i + k < text.size() ? static_cast<uint8_t>(text[i + k]) : 0; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return {1, true, lead};
  int length = 0;
  unsigned low = 0x80, high = 0xBF;  // bounds of the second byte (Unicode 15, table 3-7)
  char32_t value = 0;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
    value = lead & 0x1F;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    value = lead & 0x0F;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    value = lead & 0x07;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {1, false, 0};
  }
  for (int k = 1; k < length; ++k) {
    const unsigned b = byte(static_cast<size_t>(k));
    if (b < low || b > high) return {k, false, 0};
    value = value << 6 | (b & 0x3F);
    low = 0x80;
    high = 0xBF;
  }
  return {length, true, value};
}

}  // namespace

Utf8Char decode_utf8_char(std::string_view text, size_t i) noexcept {
  const Prefix prefix = scan(text, i);
  return prefix.whole ? Utf8Char{prefix.value, prefix.length} : Utf8Char{0, 0};
}

size_t find_invalid_utf8(std::string_view text) noexcept {
  for (size_t i = 0; i < text.size();) {
    if (static_cast<uint8_t>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const Prefix prefix = scan(text, i);
    if (!prefix.whole) return i;
    i += static_cast<size_t>(prefix.length);
  }
  return std::string_view::npos;
}

std::u32string utf8_to_utf32(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Prefix prefix = scan(text, i);
    if (!prefix.whole) fail(ErrorCode::kCorrupt, "text is not valid UTF-8 at byte ", i);
    out += prefix.value;
    i += static_cast<size_t>(prefix.length);
  }
  return out;
}

std::string utf32_to_utf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const Prefix prefix = scan(text, i);
    if (prefix.whole) {
      out.append(text, i, static_cast<size_t>(prefix.length));
    } else {
      append_utf8(out, 0xFFFD);
    }
    i += static_cast<size_t>(prefix.length);
  }
  return out;
}

}  // namespace clipkit
