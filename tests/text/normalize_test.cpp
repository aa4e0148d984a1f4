#include "text/normalize.h"

#include <gtest/gtest.h>

#include "text/unicode.h"

namespace clipkit {
namespace {

TEST(NormalizeNfc, ComposesLettersAndMarks) {
  EXPECT_EQ(normalize_nfc(U"e\u0301"), U"\u00e9");
  EXPECT_EQ(normalize_nfc(U"\u00e9"), U"\u00e9");
  EXPECT_EQ(normalize_nfc(U"a\u0323\u0302"), U"\u1ead");  // both marks, in canonical order
  EXPECT_EQ(normalize_nfc(U"a\u0302\u0323"), U"\u1ead");  // and in the other
  EXPECT_EQ(normalize_nfc(U"\u212B"), U"\u00c5");         // Angstrom sign
}

TEST(NormalizeNfc, MarkOfTheSameClassBlocksComposition) {
  EXPECT_EQ(normalize_nfc(U"q\u0307\u0301e"), U"q\u0307\u0301e");
  EXPECT_EQ(normalize_nfc(U"a\u0332\u0302"), U"\u00e2\u0332");   // another class in between does not block
  EXPECT_EQ(normalize_nfc(U"a\u0305\u0302"), U"a\u0305\u0302");  // the same class does
  EXPECT_EQ(normalize_nfc(U"a\u200b\u0302"), U"a\u200b\u0302");  // and so does a character that is no mark
}

TEST(NormalizeNfc, ExcludedCharactersStayDecomposed) {
  EXPECT_EQ(normalize_nfc(U"\u0958"), U"\u0915\u093C");
  EXPECT_EQ(normalize_nfc(U"\u2ADC"), U"\u2ADD\u0338");
  EXPECT_EQ(normalize_nfc(U"\uFB1D"), U"\u05D9\u05B4");
}

TEST(NormalizeNfc, ComposesHangul) {
  EXPECT_EQ(normalize_nfc(U"\u1112\u1161\u11AB"), U"\uD55C");
  EXPECT_EQ(normalize_nfc(U"\uD558\u11AB"), U"\uD55C");
  EXPECT_EQ(normalize_nfc(U"\u1112\u1161\u11A7"), U"\uD558\u11A7");  // U+11A7 is no final consonant
  EXPECT_EQ(normalize_nfc(U"\uD55C\u11AB"), U"\uD55C\u11AB");        // there is one already
}

// What lets the repair leave out this step.
TEST(NormalizeNfc, ChangesNothingWithoutAnActiveCharacter) {
  const UnicodeTables& unicode = UnicodeTables::get();
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    const std::u32string text(1, c);
    if (!unicode.is(c, kNfcActive)) {
      ASSERT_EQ(normalize_nfc(text), text) << std::hex << uint32_t{c};
    }
    ASSERT_EQ(normalize_nfc(normalize_nfc(text)), normalize_nfc(text)) << std::hex << uint32_t{c};
  }
  for (const auto& [pair, composed] : unicode.composition) {
    ASSERT_TRUE(unicode.is(static_cast<char32_t>(pair), kNfcActive)) << std::hex << uint32_t{composed};
  }
}

}  // namespace
}  // namespace clipkit
