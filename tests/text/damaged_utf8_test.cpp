#include "text/damaged_utf8.h"

#include <gtest/gtest.h>

namespace clipkit {
namespace {

TEST(DamagedUtf8, RestoresByteA0) {
  EXPECT_EQ(restore_byte_a0("\xC3 \xC3\xA0"), "\xC3\xA0 \xC3\xA0");  // "à à"
  EXPECT_EQ(restore_byte_a0("voil\xC3 un"), "voil\xC3\xA0 un");
  EXPECT_EQ(restore_byte_a0("\xC3 quele"), "\xC3\xA0quele");  // Portuguese: the space was part of the letter
  EXPECT_EQ(restore_byte_a0("\xC3 s "), "\xC3\xA0s ");
  EXPECT_EQ(restore_byte_a0("\xC3  "), "\xC3\xA0 ");
  EXPECT_EQ(restore_byte_a0("\xE2 \x9C \xF0 \x9F\x98"), "\xE2\xA0\x9C \xF0\xA0\x9F\x98");
  EXPECT_EQ(restore_byte_a0("\xE2\x85 "), "\xE2\x85 ");  // an ellipsis and a space
  EXPECT_EQ(restore_byte_a0("plain text"), "plain text");
}

TEST(DamagedUtf8, ReplacesLossySequences) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(replace_lossy_sequences("a\x1A"
                                    "b"),
            "a" + r + "b");
  EXPECT_EQ(replace_lossy_sequences("\xC3?\xC5\x1A"), r + r);
  EXPECT_EQ(replace_lossy_sequences("\xC5?"), "\xC5?");
  EXPECT_EQ(replace_lossy_sequences("\xE2\x80?"), r);
  EXPECT_EQ(replace_lossy_sequences("\xE2?\x9D"), r);
  EXPECT_EQ(replace_lossy_sequences("\xE2??"), "\xE2??");
  EXPECT_EQ(replace_lossy_sequences("\xF0\x9F?\x80"), r);
  EXPECT_EQ(replace_lossy_sequences("\xED\xA0?\xED\xB0\x80"), r);
  EXPECT_EQ(replace_lossy_sequences("really?"), "really?");
}

TEST(DamagedUtf8, DecodesStrictly) {
  EXPECT_EQ(decode_utf8("caf\xC3\xA9"), U"caf\u00e9");
  EXPECT_EQ(decode_utf8(""), U"");
  EXPECT_EQ(decode_utf8("caf\xE9"), std::nullopt);
  EXPECT_EQ(decode_utf8("\xC0\x80"), std::nullopt);
}

TEST(DamagedUtf8, VariantsTakeSurrogatePairsAndLongNul) {
  EXPECT_EQ(decode_utf8_variants("\xC0\x80"), std::u32string(1, U'\0'));
  EXPECT_EQ(decode_utf8_variants("\xED\xA0\xBD\xED\xB8\x8D"), U"\U0001F60D");
  EXPECT_EQ(decode_utf8_variants("\xED\xA0\xBD"), std::nullopt);
  EXPECT_EQ(decode_utf8_variants("\xED\xB8\x8D\xED\xA0\xBD"), std::nullopt);
  EXPECT_EQ(decode_utf8_variants("\xED\x95\x9C"), U"\uD55C");
}

}  // namespace
}  // namespace clipkit
