#include "text/split.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/utf8.h"
#include "text/clean.h"

namespace clipkit {
namespace {

using testing::ElementsAre;

const SplitRules kRules = {{"<|startoftext|>", "<|endoftext|>"}, true};

std::vector<std::string> split(std::u32string_view text, const SplitRules& rules = kRules) {
  std::vector<std::string> pieces;
  split_pieces(rules, text, [&](std::u32string_view piece) { pieces.push_back(utf32_to_utf8(piece)); });
  return pieces;
}

TEST(Split, LettersNumbersAndSymbolsAreApart) {
  EXPECT_THAT(split(U"two4you, é½ok!!"), ElementsAre("two", "4", "you", ",", "é", "½", "ok", "!!"));
  EXPECT_THAT(split(U"2013"), ElementsAre("2", "0", "1", "3"));
  EXPECT_TRUE(split(U" \t\n\u00a0\u3000").empty());
  EXPECT_THAT(split(U"a\u200bb"), ElementsAre("a", "\u200b", "b"));  // no white space
}

TEST(Split, ContractionsArePiecesOnlyWhereAPieceBegins) {
  EXPECT_THAT(split(U"don't we'll"), ElementsAre("don", "'t", "we", "'ll"));
  EXPECT_THAT(split(U"'small"), ElementsAre("'s", "mall"));
  EXPECT_THAT(split(U"!'s"), ElementsAre("!'", "s"));
  EXPECT_THAT(split(U"''s"), ElementsAre("''", "s"));
  EXPECT_THAT(split(U"'\u017f"), ElementsAre("'\u017f"));  // long s equals s
}

TEST(Split, SpecialTokensArePieces) {
  EXPECT_THAT(split(U"a<|endoftext|>b"), ElementsAre("a", "<|endoftext|>", "b"));
  EXPECT_THAT(split(U"!<|endoftext|>"), ElementsAre("!<|", "endoftext", "|>"));
  EXPECT_THAT(split(U"<|\u017ftartoftext|>"), ElementsAre("<|\u017ftartoftext|>"));
}

TEST(Split, YpogegrammeniBelongsToNothing) {
  EXPECT_THAT(split(U"!\u0345!"), ElementsAre("!", "!"));
  EXPECT_THAT(split(U"!\u0345!", {{}, false}), ElementsAre("!\u0345!"));
}

TEST(Clean, CollapsesWhiteSpaceAsEachRuleSays) {
  const std::u32string text = U"  A \u00a0\u3000B\u001cC\t";
  EXPECT_EQ(clean_text(text, TextRules::kOpenAi), U"a bc");  // the repair removes U+001C
  EXPECT_EQ(clean_text(text, TextRules::kOpenClip), U"a bc");
  EXPECT_EQ(clean_text(text, TextRules::kHuggingFace), U" a b\u001cc ");
}

TEST(Clean, UnescapesTwiceAfterTheRepair) {
  EXPECT_EQ(clean_text(U"<b> &amp;amp;lt;", TextRules::kOpenAi), U"<b> &lt;");
  EXPECT_EQ(clean_text(U"&LT &lt;B&gt;", TextRules::kOpenAi), U"< <b>");
  EXPECT_EQ(clean_text(U"&lt;B&gt;", TextRules::kHuggingFace), U"&lt;b&gt;");
}

}  // namespace
}  // namespace clipkit
