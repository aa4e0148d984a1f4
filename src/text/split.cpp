#include "text/split.h"

namespace clipkit {

namespace {

constexpr char32_t kLongS = 0x17F, kKelvin = 0x212A, kYpogegrammeni = 0x345;

char32_t fold(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + ('a' - 'A');
  if (c == kLongS) return 's';
  if (c == kKelvin) return 'k';
  return c;
}

bool matches(std::u32string_view text, size_t i, std::string_view literal, bool case_insensitive) {
  if (text.size() - i < literal.size()) return false;
  for (size_t k = 0; k < literal.size(); ++k) {
    const char32_t c = case_insensitive ? fold(text[i + k]) : text[i + k];
    if (c != static_cast<unsigned char>(literal[k])) return false;
  }
  return true;
}

}  // namespace

size_t piece_length(const UnicodeTables& unicode, const SplitRules& rules, std::u32string_view text,
                    size_t i) noexcept {
  for (const std::string& special : rules.specials) {
    if (!special.empty() && matches(text, i, special, rules.case_insensitive)) return special.size();
  }
  if (text[i] == '\'') {
    for (const std::string_view contraction : kContractions) {
      if (matches(text, i, contraction, rules.case_insensitive)) return contraction.size();
    }
  }
  constexpr uint16_t kOutside = kRegexSpace | kLetter | kNumber;
  const auto in_run = [&](char32_t c, bool letters) {
    if (c == kYpogegrammeni && rules.case_insensitive) return false;
    const uint16_t flags = unicode.flags[c];
    return letters ? (flags & kLetter) != 0 : (flags & kOutside) == 0;
  };
  if (unicode.is(text[i], kNumber)) return 1;
  const bool letters = unicode.is(text[i], kLetter);
  size_t end = i;
  while (end < text.size() && in_run(text[end], letters)) ++end;
  return end - i;
}

}  // namespace clipkit
