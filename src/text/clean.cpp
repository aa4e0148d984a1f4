#include "text/clean.h"

#include "text/entities.h"
#include "text/lower_case.h"
#include "text/normalize.h"
#include "text/repair.h"
#include "text/unicode.h"

namespace clipkit {

namespace {

std::u32string_view strip(const UnicodeTables& unicode, std::u32string_view text) {
  while (!text.empty() && unicode.is(text.front(), kPySpace)) text.remove_prefix(1);
  while (!text.empty() && unicode.is(text.back(), kPySpace)) text.remove_suffix(1);
  return text;
}

// Every run of white space becomes one space.
std::u32string collapse(const UnicodeTables& unicode, std::u32string_view text, CharFlag space) {
  std::u32string out;
  out.reserve(text.size());
  bool in_space = false;
  for (const char32_t c : text) {
    const bool is_space = unicode.is(c, space);
    if (!is_space) {
      out += c;
    } else if (!in_space) {
      out += U' ';
    }
    in_space = is_space;
  }
  return out;
}

}  // namespace

std::u32string clean_text(std::u32string_view text, TextRules rules) {
  const UnicodeTables& unicode = UnicodeTables::get();
  if (rules == TextRules::kHuggingFace) {
    // Lower-cased character by character there, so a sigma is never final.
    return lower_case(collapse(unicode, normalize_nfc(text), kRegexSpace), /*final_sigma=*/false);
  }
  std::u32string clean = repair_text(text);
  if (clean.find(U'&') != std::u32string::npos) clean = html_unescape(html_unescape(clean));
  const CharFlag space = rules == TextRules::kOpenClip ? kPySpace : kRegexSpace;
  clean = collapse(unicode, strip(unicode, clean), space);
  return lower_case(strip(unicode, clean));
}

}  // namespace clipkit
