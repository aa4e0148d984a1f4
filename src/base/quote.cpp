#include "base/quote.h"

#include "base/utf8.h"

namespace clipkit {

std::string quote(std::string_view text) {
  constexpr size_t kMaxBytes = 100;
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  size_t i = 0;
  while (i < text.size() && i < kMaxBytes) {
    const Utf8Char c = decode_utf8_char(text, i);
    if (c.length > 0 && c.value >= 0x20 && (c.value < 0x7F || c.value > 0x9F)) {
      out += text.substr(i, static_cast<size_t>(c.length));
      i += static_cast<size_t>(c.length);
    } else {
      const auto byte = static_cast<unsigned char>(text[i++]);
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out + (i < text.size() ? "...\"" : "\"");
}

std::string quote_all(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + quote(text);
  return all;
}

}  // namespace clipkit
