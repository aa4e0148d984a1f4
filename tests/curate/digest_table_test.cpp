#include "curate/digest_table.h"

#include <gtest/gtest.h>

#include "base/concat.h"

namespace clipkit {
namespace {

TEST(DigestTable, SaysWhereAContentWasFirst) {
  DigestTable table;
  constexpr uint32_t kContents = 5000;  // more than it begins with
  for (uint32_t i = 0; i < kContents; ++i) EXPECT_FALSE(table.find_or_insert(digest_of(concat(i)), i)) << i;
  for (uint32_t i = 0; i < kContents; ++i) {
    EXPECT_EQ(table.find_or_insert(digest_of(concat(i)), kContents + i), i);
  }
}

TEST(DigestTable, ADigestIsTheBeginningOfSha256) {
  // FIPS 180-4's example "abc": ba7816bf 8f01cfea 414140de ...
  EXPECT_EQ(digest_of("abc"), (Digest{0xba7816bf, 0x8f01cfea, 0x414140de}));
}

}  // namespace
}  // namespace clipkit
