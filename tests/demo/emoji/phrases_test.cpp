#include "phrases.h"

#include <gtest/gtest.h>

namespace clipkit::emoji {
namespace {

TEST(Phrases, ArticlesFollowTheSoundAndPluralsHaveNone) {
  EXPECT_EQ(with_article("rabbit"), "a rabbit");
  EXPECT_EQ(with_article("owl"), "an owl");
  EXPECT_EQ(with_article("unicorn"), "a unicorn");
  EXPECT_EQ(with_article("grapes"), "grapes");
  EXPECT_EQ(with_article("glass of milk"), "a glass of milk");
  EXPECT_EQ(with_article("bus"), "a bus");
  EXPECT_EQ(with_article("people wrestling"), "people wrestling");
  EXPECT_EQ(with_article("Virgo"), "Virgo");
  EXPECT_EQ(with_article("something to wear"), "something to wear");
  EXPECT_EQ(with_article("OK button"), "an OK button");
}

TEST(Phrases, PluralsOfTheWordThatIsCounted) {
  EXPECT_EQ(plural("rabbit"), "rabbits");
  EXPECT_EQ(plural("glass of milk"), "glasses of milk");
  EXPECT_EQ(plural("woman"), "women");
  EXPECT_EQ(plural("person running"), "people running");
  EXPECT_EQ(plural("cherry"), "cherries");
  EXPECT_EQ(plural("fish"), "fish");
  EXPECT_EQ(plural("red circle"), "red circles");
  EXPECT_EQ(plural("grapes"), "");
  EXPECT_EQ(plural("salt and pepper"), "");
}

TEST(Phrases, NamesAreSpokenWithoutTheirColons) {
  EXPECT_EQ(spoken("woman: red hair"), "woman with red hair");
  EXPECT_EQ(spoken("flag: Chad"), "flag of Chad");
  EXPECT_EQ(spoken("family: man, woman, girl"), "family of man, woman and girl");
  EXPECT_EQ(spoken("keycap: 1"), "keycap 1");
  EXPECT_EQ(spoken("ten-thirty"), "clock showing ten-thirty");
  EXPECT_EQ(spoken("rabbit face"), "rabbit face");
}

TEST(Phrases, ListsEndWithAnd) {
  EXPECT_EQ(listed({}), "");
  EXPECT_EQ(listed(std::vector<std::string>{"a cat"}), "a cat");
  EXPECT_EQ(listed(std::vector<std::string>{"a cat", "a pizza", "a star"}), "a cat, a pizza and a star");
}

TEST(Phrases, CountsAreWordsOrDigits) {
  Random random(1, RandomUse::kDrawing);
  for (int i = 0; i < 50; ++i) {
    const std::string phrase = counted(3, "star", random);
    EXPECT_TRUE(phrase == "three stars" || phrase == "3 stars") << phrase;
    EXPECT_EQ(counted(2, "grapes", random), "");
  }
}

}  // namespace
}  // namespace clipkit::emoji
