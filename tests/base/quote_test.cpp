#include "base/quote.h"

#include <gtest/gtest.h>

namespace clipkit {
namespace {

TEST(Quote, LeavesOrdinaryTextAsItIs) {
  EXPECT_EQ(quote("visual.proj"), "\"visual.proj\"");
  EXPECT_EQ(quote("caf\xc3\xa9"), "\"caf\xc3\xa9\"");
  EXPECT_EQ(quote(""), "\"\"");
}

TEST(Quote, ShowsControlCharactersAndBrokenBytes) {
  EXPECT_EQ(quote("a\nb\x1b[31m\x7f"), "\"a\\x0ab\\x1b[31m\\x7f\"");
  EXPECT_EQ(quote("\xff\xc3"), "\"\\xff\\xc3\"");
  EXPECT_EQ(quote("\xc2\x9b"), "\"\\xc2\\x9b\"") << "a control character of ISO 8859-1";
}

TEST(Quote, CutsLongTextBetweenCharacters) {
  EXPECT_EQ(quote(std::string(1000, 'x')), "\"" + std::string(100, 'x') + "...\"");
  std::string accents;
  for (int i = 0; i < 1000; ++i) accents += "\xe2\x82\xac";
  const std::string cut = quote(accents);
  EXPECT_LT(cut.size(), 120u);
  EXPECT_EQ((cut.size() - 5) % 3, 0u);
}

TEST(Quote, PutsCommasBetweenSeveral) {
  EXPECT_EQ(quote_all({"age", "a\tb"}), "\"age\", \"a\\x09b\"");
  EXPECT_EQ(quote_all({}), "");
}

}  // namespace
}  // namespace clipkit
