#include "text/damaged_utf8.h"

#include <array>
#include <cstdint>

#include "base/utf8.h"

namespace clipkit {

namespace {

// The bytes of a text, with bytes past the end that match nothing.
class Bytes {
 public:
  explicit Bytes(std::string_view text) : text_(text) {}
  int operator[](size_t i) const { return i < text_.size() ? static_cast<uint8_t>(text_[i]) : -1; }

 private:
  std::string_view text_;
};

bool in(int b, int low, int high) {
  return b >= low && b <= high;
}
bool is_continuation(int b) {
  return in(b, 0x80, 0xBF);
}
// A continuation byte that reads neither as a no-break space nor as the ellipsis.
bool is_clear_continuation(int b) {
  return is_continuation(b) && b != 0x85 && b != 0xA0;
}

// Length of the sequence at i that is UTF-8 but for a space in place of byte A0, or 0.
size_t altered_length(const Bytes& b, size_t i) {
  const int lead = b[i], b1 = b[i + 1], b2 = b[i + 2], b3 = b[i + 3];
  if ((lead == 0xC2 || lead == 0xC3 || lead == 0xC5 || lead == 0xCE || lead == 0xD0 || lead == 0xD9) && b1 == ' ') {
    return 2;
  }
  if ((lead == 0xE2 || lead == 0xE3) && b1 == ' ' && is_clear_continuation(b2)) return 3;
  if (in(lead, 0xE0, 0xE3) && is_clear_continuation(b1) && b2 == ' ') return 3;
  if (lead == 0xF0) {
    if (b1 == ' ' && is_continuation(b2) && is_continuation(b3)) return 4;
    if (is_continuation(b1) && b2 == ' ' && is_continuation(b3)) return 4;
    if (is_continuation(b1) && is_continuation(b2) && b3 == ' ') return 4;
  }
  return 0;
}

bool is_lost(int b) {
  return b == 0x1A || b == '?';
}
bool is_continuation_or_1a(int b) {
  return b == 0x1A || is_continuation(b);
}
bool is_continuation_or_lost(int b) {
  return is_lost(b) || is_continuation(b);
}

// Length of the sequence at i that was one character before a byte of it was lost, or 0.
size_t lossy_length(const Bytes& b, size_t i) {
  const int lead = b[i], b1 = b[i + 1], b2 = b[i + 2], b3 = b[i + 3], b4 = b[i + 4], b5 = b[i + 5];
  if (in(lead, 0xC2, 0xDF) && b1 == 0x1A) return 2;
  if (in(lead, 0xC2, 0xC3) && b1 == '?') return 2;
  if (lead == 0xED && in(b1, 0xA0, 0xAF) && b3 == 0xED && in(b4, 0xB0, 0xBF) &&
      ((is_lost(b2) && is_continuation_or_lost(b5)) || (is_continuation_or_lost(b2) && is_lost(b5)))) {
    return 6;
  }
  const auto s = is_continuation_or_1a;
  if (in(lead, 0xE0, 0xEF) && ((is_lost(b1) && s(b2)) || (s(b1) && is_lost(b2)))) return 3;
  if (in(lead, 0xF0, 0xF4) &&
      ((is_lost(b1) && s(b2) && s(b3)) || (s(b1) && is_lost(b2) && s(b3)) || (s(b1) && s(b2) && is_lost(b3)))) {
    return 4;
  }
  return lead == 0x1A ? 1 : 0;
}

// "Ã " is mostly the letter à at the end of a word: the space stays, except before these.
bool keeps_space(std::string_view after) {
  for (const std::string_view word : {" ", "quele", "quela", "quilo", "s "}) {
    if (after.substr(0, word.size()) == word) return true;
  }
  return false;
}

}  // namespace

std::string restore_byte_a0(std::string_view bytes) {
  std::string words;
  words.reserve(bytes.size());
  for (size_t i = 0; i < bytes.size(); ++i) {
    words += bytes[i];
    if (bytes.substr(i, 2) == "\xC3 " && !keeps_space(bytes.substr(i + 2))) words += '\xA0';
  }
  const Bytes b(words);
  for (size_t i = 0; i < words.size();) {
    const size_t length = altered_length(b, i);
    for (size_t k = i; k < i + length; ++k) {
      if (words[k] == ' ') words[k] = '\xA0';
    }
    i += length == 0 ? 1 : length;
  }
  return words;
}

std::string replace_lossy_sequences(std::string_view bytes) {
  const Bytes b(bytes);
  std::string out;
  out.reserve(bytes.size());
  for (size_t i = 0; i < bytes.size();) {
    if (const size_t length = lossy_length(b, i)) {
      out += "\xEF\xBF\xBD";
      i += length;
    } else {
      out += bytes[i++];
    }
  }
  return out;
}

std::optional<std::u32string> decode_utf8(std::string_view bytes) {
  std::u32string text;
  text.reserve(bytes.size());
  for (size_t i = 0; i < bytes.size();) {
    const Utf8Char c = decode_utf8_char(bytes, i);
    if (c.length == 0) return std::nullopt;
    text += c.value;
    i += static_cast<size_t>(c.length);
  }
  return text;
}

std::optional<std::u32string> decode_utf8_variants(std::string_view bytes) {
  const Bytes b(bytes);
  std::u32string text;
  text.reserve(bytes.size());
  for (size_t i = 0; i < bytes.size();) {
    if (b[i] == 0xC0 && b[i + 1] == 0x80) {
      text += U'\0';
      i += 2;
    } else if (b[i] == 0xED && in(b[i + 1], 0xA0, 0xAF) && is_continuation(b[i + 2]) && b[i + 3] == 0xED &&
               in(b[i + 4], 0xB0, 0xBF) && is_continuation(b[i + 5])) {
      text += static_cast<char32_t>(0x10000 + ((b[i + 1] & 15) << 16) + ((b[i + 2] & 63) << 10) +
                                    ((b[i + 4] & 15) << 6) + (b[i + 5] & 63));
      i += 6;
    } else {
      const Utf8Char c = decode_utf8_char(bytes, i);
      if (c.length == 0) return std::nullopt;
      text += c.value;
      i += static_cast<size_t>(c.length);
    }
  }
  return text;
}

}  // namespace clipkit
