#include "curate/caption_words.h"

#include <gtest/gtest.h>

namespace clipkit {
namespace {

TEST(CaptionWords, ArePartedByWhiteSpace) {
  EXPECT_EQ(count_words(""), 0);
  EXPECT_EQ(count_words(" \t\n"), 0);
  EXPECT_EQ(count_words("dog"), 1);
  EXPECT_EQ(count_words("  a dog,\ta\r\ncat "), 4);
}

}  // namespace
}  // namespace clipkit
