#include "text/repair.h"

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "text/badness.h"
#include "text/charmaps.h"
#include "text/mojibake.h"

namespace clipkit {
namespace {

std::string repair(std::string_view text) {
  return utf32_to_utf8(repair_text(utf8_to_utf32(text)));
}

// The text as a program shows it that reads its UTF-8 as a single-byte set.
std::u32string misread(std::u32string_view text) {
  std::u32string out;
  for (const char byte : utf32_to_utf8(text)) {
    const uint8_t b = static_cast<uint8_t>(byte);
    out += b >= 0x80 && b <= 0x9F ? Charmaps::get().windows_1252(b) : b;
  }
  return out;
}

TEST(Badness, TellsWrongTextFromRight) {
  EXPECT_TRUE(is_bad(U"cafÃ©"));
  EXPECT_TRUE(is_bad(U"Ã la mode"));  // only at the start of a text
  EXPECT_FALSE(is_bad(U"café"));
  EXPECT_FALSE(is_bad(U"garçon «là» São Paulo"));
  EXPECT_FALSE(is_bad(U""));
}

TEST(Charmaps, SaysWhichSetsHaveAText) {
  const Charmaps& charmaps = Charmaps::get();
  EXPECT_EQ(charmaps.possible(U"plain"), (1u << Charmaps::kCount) - 1);
  EXPECT_EQ(charmaps.possible(U"\u4e2d"), 0u);
  EXPECT_EQ(charmaps.possible(U"\u0416"), 1u << Charmaps::kWindows1251);
  EXPECT_EQ(charmaps.encode(Charmaps::kWindows1252, U"\u20ac\u201c\ufffd"), "\x80\x93\x1A");
  EXPECT_EQ(charmaps.decode_as_windows_1252(U"\u0093\u001a"), U"\u201c\u001a");
  EXPECT_EQ(charmaps.decode_as_windows_1252(U"\u0081"), std::nullopt);
}

TEST(FixEncoding, UndoesUpToThreeMisreadings) {
  std::u32string text = U"L’été — naïve “quotes” 😀";
  const std::u32string wanted = text;
  for (int times = 1; times <= 3; ++times) {
    text = misread(text);
    RepairBudget budget(text.size());
    EXPECT_EQ(fix_encoding(text, budget), wanted) << times << " times";
  }
}

TEST(FixEncoding, StopsWhenTheBudgetIsSpent) {
  // Every pass makes one character of the first two.
  std::u32string text(20'000, U'\u0192');
  text[0] = U'Ã';
  RepairBudget budget(0);
  budget.spend(19'000'000);
  const std::u32string fixed = fix_encoding(text, budget);
  EXPECT_LT(fixed.size(), text.size());
  EXPECT_GT(fixed.size(), 1u);
}

TEST(Repair, DecodesEntitiesUnlessThereIsATag) {
  EXPECT_EQ(repair("salt &amp; pepper"), "salt & pepper");
  EXPECT_EQ(repair("&amp;amp;eacute;"), "é");
  EXPECT_EQ(repair("<b> &amp;"), "<b> &amp;");
  EXPECT_EQ(repair("&amp;\n<b> &amp;\n&amp;"), "&\n<b> &amp;\n&amp;");  // from that line on
}

TEST(Repair, ReplacesLigaturesWidthAndQuotes) {
  EXPECT_EQ(repair("ﬁre ﬃ ŉ Ǆ"), "fire ffi 'n DŽ");
  EXPECT_EQ(repair("ＬＯＵＤ　ｶﾞ"), "LOUD ガ");
  EXPECT_EQ(repair("“it’s” ʼn ‚low„"), "\"it's\" 'n 'low\"");
}

TEST(Repair, UnifiesLineBreaks) {
  EXPECT_EQ(repair("a\r\nb\rc\u2028d\u2029e\r\u2028f\u0085g"), "a\nb\nc\nd\ne\n\nf…g");
}

TEST(Repair, RemovesTerminalEscapesAndControls) {
  EXPECT_EQ(repair("\x1b[36;44mhello\x1b[m \x1b[٣m!"), "hello !");
  EXPECT_EQ(repair("a\x1b[b \x1b c"), "a  c");  // "b" is the letter that ends an escape
  EXPECT_EQ(repair(std::string("a\0b\x07\x7f\ufeff\u206a", 11)), "ab");
  EXPECT_EQ(repair("tab\tstays\x0c"), "tab\tstays\x0c");
}

TEST(Repair, RepeatsUntilNothingChanges) {
  EXPECT_EQ(repair("＆amp;lt;"), "<");                        // width first, then twice an entity
  EXPECT_EQ(repair("&Atilde;&copy;t&Atilde;&copy;"), "été");  // entities first, then the encoding
}

TEST(Repair, LeavesGoodTextAlone) {
  for (const std::string text : {"", "plain", "São Paulo, garçon «là»", "日本語", "한국어", "😀 👩‍👩‍👧"})
    EXPECT_EQ(repair(text), text);
}

}  // namespace
}  // namespace clipkit
