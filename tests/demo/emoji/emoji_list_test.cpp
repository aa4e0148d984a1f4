#include "emoji_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clipkit/error.h"

namespace clipkit::emoji {
namespace {

using ::testing::HasSubstr;

TEST(EmojiList, TakesTheFullyQualifiedEmojiWithTheirGroups) {
  const auto list = parse_emoji_list(
      "# group: Smileys & Emotion\n"
      "# subgroup: face-smiling\n"
      "1F600                  ; fully-qualified     # \xF0\x9F\x98\x80 E1.0 grinning face\n"
      "\n"
      "# group: People & Body\n"
      "# subgroup: person-gesture\n"
      "1F647 200D 2640        ; minimally-qualified # x E4.0 woman bowing\r\n"
      "1F647 200D 2640 FE0F   ; fully-qualified     # x E4.0 woman bowing\r\n",
      "list");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].name, "grinning face");
  EXPECT_EQ(list[0].group, "Smileys & Emotion");
  EXPECT_EQ(list[0].subgroup, "face-smiling");
  EXPECT_EQ(list[1].code_points, U"\U0001F647\u200D\u2640\uFE0F");
  EXPECT_EQ(list[1].name, "woman bowing");
  EXPECT_EQ(list[1].group, "People & Body");
}

TEST(EmojiList, NamesTheLineThatIsNoEntry) {
  try {
    parse_emoji_list("# fine\n1F600 grinning face\n", "list.txt");
    FAIL() << "accepted a line without fields";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_THAT(error.what(), HasSubstr("list.txt: line 2"));
  }
  EXPECT_THROW(parse_emoji_list("1F60Z ; fully-qualified # x E1 face\n", "list"), Error);
  EXPECT_THROW(parse_emoji_list("110000 ; fully-qualified # x E1 face\n", "list"), Error);
}

TEST(EmojiList, TonesAndSelectorsComeOffASequence) {
  EXPECT_EQ(without_selectors(U"\u2764\uFE0F"), U"\u2764");
  EXPECT_EQ(toneless(U"\U0001F468\U0001F3FF\u200D\u2695\uFE0F"), U"\U0001F468\u200D\u2695");
}

TEST(EmojiList, GendersOfOneEmojiShareASequenceAndFamiliesDoNot) {
  const std::u32string cook = genderless(U"\U0001F9D1\u200D\U0001F373");
  EXPECT_EQ(genderless(U"\U0001F469\U0001F3FC\u200D\U0001F373"), cook);
  EXPECT_EQ(genderless(U"\U0001F468\u200D\U0001F373"), cook);
  EXPECT_EQ(genderless(U"\U0001F3C3\u200D\u2640\uFE0F"), U"\U0001F3C3");
  EXPECT_NE(genderless(U"\U0001F468\u200D\U0001F467"), genderless(U"\U0001F469\u200D\U0001F467"));
}

TEST(EmojiList, HexadecimalNamesComeBack) {
  EXPECT_EQ(to_hex(U"\U0001F43B\u200D\u2744"), "1f43b_200d_2744");
  EXPECT_EQ(from_hex("1f43b_200d_2744", '_', "list"), U"\U0001F43B\u200D\u2744");
}

}  // namespace
}  // namespace clipkit::emoji
