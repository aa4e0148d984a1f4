#include "text/table_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "text/code_point_table.h"

namespace clipkit {
namespace {

using testing::ElementsAre;

TEST(TableFile, JoinsContinuationLinesAndSkipsComments) {
  const auto lines = parse_table("# comment\nletter 41-5a 61\n 62  63\nempty\n\nlast 1");
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].key, "letter");
  EXPECT_THAT(lines[0].entries, ElementsAre("41-5a", "61", "62", "63"));
  EXPECT_EQ(lines[1].key, "empty");
  EXPECT_TRUE(lines[1].entries.empty());
  EXPECT_THAT(lines[2].entries, ElementsAre("1"));
}

TEST(TableFile, ReadsRangesAndValues) {
  const CodeEntry single = parse_code_entry("1f600");
  EXPECT_EQ(single.first, 0x1F600u);
  EXPECT_EQ(single.last, 0x1F600u);
  EXPECT_TRUE(single.values.empty());
  const CodeEntry range = parse_code_entry("300-314:e6");
  EXPECT_EQ(range.first, 0x300u);
  EXPECT_EQ(range.last, 0x314u);
  EXPECT_EQ(range.values, std::u32string(1, 0xE6));
  EXPECT_EQ(parse_code_entry("130:69+307").values, U"i\u0307");
}

TEST(CodePointTable, IsZeroUnlessSet) {
  CodePointTable<uint16_t> table;
  table.at(0x41) = 7;
  table.at(0x10FFFF) = 9;
  EXPECT_EQ(table[0x41], 7);
  EXPECT_EQ(table[0x42], 0);
  EXPECT_EQ(table[0x141], 0);
  EXPECT_EQ(table[0x10FFFF], 9);
}

}  // namespace
}  // namespace clipkit
