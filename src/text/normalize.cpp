#include "text/normalize.h"

#include <algorithm>

#include "text/unicode.h"

namespace clipkit {

namespace {

// Hangul syllables are arithmetic (Unicode 15, section 3.12).
constexpr char32_t kSBase = 0xAC00, kLBase = 0x1100, kVBase = 0x1161, kTBase = 0x11A7;
constexpr char32_t kLCount = 19, kVCount = 21, kTCount = 28, kSCount = kLCount * kVCount * kTCount;

// Canonical decompositions nest at most a few levels deep: the first part of a pair may decompose again.
void append_decomposed(const UnicodeTables& unicode, char32_t c, std::u32string& out) {
  if (c - kSBase < kSCount) {
    const char32_t s = c - kSBase;
    out.append({kLBase + s / (kVCount * kTCount), kVBase + s % (kVCount * kTCount) / kTCount});
    if (s % kTCount != 0) out.append(1, kTBase + s % kTCount);
    return;
  }
  const auto& [first, second] = unicode.decomposition[c];
  if (first == 0) {
    out += c;
    return;
  }
  append_decomposed(unicode, first, out);
  if (second != 0) append_decomposed(unicode, second, out);
}

void sort_marks(const UnicodeTables& unicode, std::u32string& text) {
  const auto ccc = [&](char32_t c) { return unicode.combining_class[c]; };
  for (size_t i = 0; i < text.size(); ++i) {
    if (ccc(text[i]) == 0) continue;
    size_t end = i + 1;
    while (end < text.size() && ccc(text[end]) != 0) ++end;
    std::stable_sort(text.begin() + i, text.begin() + end, [&](char32_t a, char32_t b) { return ccc(a) < ccc(b); });
    i = end - 1;
  }
}

// The character that a and b compose to, or 0.
char32_t compose(const UnicodeTables& unicode, char32_t a, char32_t b) {
  if (a - kLBase < kLCount && b - kVBase < kVCount) {
    return kSBase + ((a - kLBase) * kVCount + (b - kVBase)) * kTCount;
  }
  if (a - kSBase < kSCount && (a - kSBase) % kTCount == 0 && b - kTBase - 1 < kTCount - 1) return a + (b - kTBase);
  const auto found = unicode.composition.find(uint64_t{a} << 32 | b);
  return found == unicode.composition.end() ? 0 : found->second;
}

void compose_in_place(const UnicodeTables& unicode, std::u32string& text) {
  constexpr size_t kNone = static_cast<size_t>(-1);
  size_t starter = kNone, size = 0;
  for (const char32_t c : text) {
    const uint8_t ccc = unicode.combining_class[c];
    if (starter != kNone) {
      // A mark of the same class, or a character in between that is no mark, keeps c from the starter.
      const bool adjacent = size == starter + 1;
      const uint8_t last = unicode.combining_class[text[size - 1]];
      if (adjacent || (last != 0 && last < ccc)) {
        if (const char32_t composed = compose(unicode, text[starter], c); composed != 0) {
          text[starter] = composed;
          continue;
        }
      }
    }
    if (ccc == 0) starter = size;
    text[size++] = c;
  }
  text.resize(size);
}

}  // namespace

std::u32string normalize_nfc(std::u32string_view text) {
  const UnicodeTables& unicode = UnicodeTables::get();
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text) append_decomposed(unicode, c, out);
  sort_marks(unicode, out);
  compose_in_place(unicode, out);
  return out;
}

}  // namespace clipkit
