#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "text/code_point_table.h"

namespace clipkit {

// What a character is. The same bit set answers every question that the tokenizer asks of a character.
enum CharFlag : uint16_t {
  kLetter = 1 << 0,         // \p{L}, Unicode 15.0
  kNumber = 1 << 1,         // \p{N}, Unicode 15.0
  kRegexSpace = 1 << 2,     // \s of the regex package
  kPySpace = 1 << 3,        // Python's str.isspace() and \s of its re
  kPyWord = 1 << 4,         // \w of Python's re
  kDecimalDigit = 1 << 5,   // \d of Python's re
  kCased = 1 << 6,          // cased and not ignorable: decides whether a sigma is final
  kCaseIgnorable = 1 << 7,  // skipped when that is decided
  kNfcActive = 1 << 8,      // may change, move or be taken into another character by NFC
};

// Up to two code points per character; the second is 0 where there is only one, both where there is no entry.
class CodePairTable {
 public:
  const std::array<char32_t, 2>& operator[](char32_t c) const noexcept { return pairs_[index_[c]]; }
  void set(char32_t c, std::array<char32_t, 2> pair) {
    index_.at(c) = static_cast<uint16_t>(pairs_.size());
    pairs_.push_back(pair);
  }

 private:
  CodePointTable<uint16_t> index_;
  std::vector<std::array<char32_t, 2>> pairs_ = {{}};
};

// The pinned character tables (assets/unicode.txt): classes of Unicode 15.0, casing and normalisation of Unicode 14.0,
// as the reference implementation sees them. They do not follow the system's Unicode version, so ids never change.
struct UnicodeTables {
  CodePointTable<uint16_t> flags;  // of CharFlag
  CodePairTable lower;
  CodePointTable<uint8_t> combining_class;
  CodePairTable decomposition;  // canonical, one step; without Hangul syllables
  // The character that two others compose to; key: first << 32 | second. Without Hangul.
  std::unordered_map<uint64_t, char32_t> composition;

  bool is(char32_t c, uint16_t any_of) const noexcept { return (flags[c] & any_of) != 0; }

  // Built at the first call, once per process (about a millisecond).
  static const UnicodeTables& get();
};

}  // namespace clipkit
