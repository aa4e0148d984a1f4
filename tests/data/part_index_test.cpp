#include "data/part_index.h"

#include <gtest/gtest.h>

#include "data/error_of.h"

namespace clipkit {
namespace {

TEST(PartIndex, FindsSamplesAndPassesOverEmptyParts) {
  PartIndex index;
  for (const int64_t size : {0, 2, 0, 0, 3, 0}) index.add(size);
  ASSERT_EQ(index.size(), 5);
  const size_t expected[][2] = {{1, 0}, {1, 1}, {4, 0}, {4, 1}, {4, 2}};
  for (int64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(index.find(i).part, expected[i][0]) << i;
    EXPECT_EQ(index.find(i).i, expected[i][1]) << i;
  }
  for (const int64_t wrong : {-1, 5}) {
    EXPECT_EQ(testing::error_of([&] { index.find(wrong); }).code(), ErrorCode::kInvalidArgument) << wrong;
  }
  EXPECT_EQ(testing::error_of([] { PartIndex().find(0); }).code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace clipkit
