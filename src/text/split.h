#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "text/unicode.h"

namespace clipkit {

// How a clean text falls into pieces, each of which becomes byte-pair tokens by itself. At each position the first that
// matches: a special token, 's 't 're 've 'm 'll 'd, letters, one number character, anything else that is no white
// space.
struct SplitRules {
  // Start and end token as they may stand in the text; none if empty.
  std::array<std::string, 2> specials;
  // The literals match as in the reference's case-insensitive regular expression, where U+017F (long s) equals s, and
  // U+0345 belongs to nothing.
  bool case_insensitive = true;
};

// Length of the piece at text[i], or 0 if that character is in no piece.
size_t piece_length(const UnicodeTables& unicode, const SplitRules& rules, std::u32string_view text, size_t i) noexcept;

// Calls visit(piece) for each piece in order.
template <class Visit>
void split_pieces(const SplitRules& rules, std::u32string_view text, const Visit& visit) {
  const UnicodeTables& unicode = UnicodeTables::get();
  for (size_t i = 0; i < text.size();) {
    const size_t length = piece_length(unicode, rules, text, i);
    if (length > 0) visit(text.substr(i, length));
    i += length > 0 ? length : 1;
  }
}

// The contractions that are pieces of their own, longest match not needed: none begins another.
inline constexpr std::string_view kContractions[] = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};

}  // namespace clipkit
