#include "eval/class_prompts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/error_of.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

const std::vector<std::vector<std::string>> kClasses = {{"sea lion"}, {"crane"}, {"crane", "building crane"}};

TEST(ClassPrompts, AreFoundByAnyNameOfAClass) {
  const auto prompts =
      parse_class_prompts(R"({"Sea_Lion": ["It barks."], "crane": ["It flies.", "It lifts."]})", "file", kClasses);
  EXPECT_THAT(prompts, ElementsAre(ElementsAre("It barks."), ElementsAre("It flies.", "It lifts."),
                                   ElementsAre("It flies.", "It lifts.")));
}

TEST(ClassPrompts, OfAllNamesOfAClassArePooled) {
  const auto prompts = parse_class_prompts(
      R"({"sea lion": ["It barks."], "crane": ["It flies."], "building crane": ["It lifts."]})", "file", kClasses);
  EXPECT_THAT(prompts[1], ElementsAre("It flies."));
  EXPECT_THAT(prompts[2], UnorderedElementsAre("It flies.", "It lifts."));
}

TEST(ClassPrompts, MayComeInOrder) {
  EXPECT_THAT(parse_class_prompts(R"([["a"], ["b"], ["c", "d"]])", "file", kClasses)[2], ElementsAre("c", "d"));
}

TEST(ClassPrompts, NameWhatIsWrong) {
  const auto what = [](const char* json) {
    return std::string(error_of([&] { parse_class_prompts(json, "file", kClasses); }).what());
  };
  EXPECT_THAT(what(R"({"zebra": ["a"]})"), HasSubstr("there is no class \"zebra\""));
  EXPECT_THAT(what(R"({"crane": ["a"]})"), HasSubstr("no prompt for class 0, \"sea lion\""));
  EXPECT_THAT(what(R"({"crane": []})"), HasSubstr("no array of sentences"));
  EXPECT_THAT(what(R"({"crane": ["a", 3]})"), HasSubstr("no array of sentences"));
  EXPECT_THAT(what(R"([["a"]])"), HasSubstr("1 classes, expected 3"));
  EXPECT_THAT(what("3"), HasSubstr("expected an object"));
}

}  // namespace
}  // namespace clipkit
