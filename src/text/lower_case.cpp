#include "text/lower_case.h"

#include "text/unicode.h"

namespace clipkit {

namespace {

constexpr char32_t kCapitalSigma = 0x3A3, kSmallSigma = 0x3C3, kFinalSigma = 0x3C2;

// A sigma is final after a cased letter and with none following, ignorable characters aside (Unicode 15, table 3-17).
bool is_final_sigma(const UnicodeTables& unicode, std::u32string_view text, size_t i) {
  size_t before = i;
  while (before > 0 && unicode.is(text[before - 1], kCaseIgnorable)) --before;
  if (before == 0 || !unicode.is(text[before - 1], kCased)) return false;
  size_t after = i + 1;
  while (after < text.size() && unicode.is(text[after], kCaseIgnorable)) ++after;
  return after == text.size() || !unicode.is(text[after], kCased);
}

}  // namespace

std::u32string lower_case(std::u32string_view text, bool final_sigma) {
  const UnicodeTables& unicode = UnicodeTables::get();
  std::u32string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const char32_t c = text[i];
    if (c == kCapitalSigma) {
      out += final_sigma && is_final_sigma(unicode, text, i) ? kFinalSigma : kSmallSigma;
      continue;
    }
    const auto& [first, second] = unicode.lower[c];
    out += first != 0 ? first : c;
    if (second != 0) out += second;
  }
  return out;
}

}  // namespace clipkit
