#include "data/captions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> captions_of(std::string_view json, std::string_view key = "") {
  std::vector<std::string> captions;
  add_json_captions(parse_json(json, "test"), key, captions);
  return captions;
}

TEST(Captions, LoseTheSpaceAroundThemAndRepetitions) {
  std::vector<std::string> captions;
  for (const char* text : {" a dog\r\n", "a dog", "", " \n",
                           "\xEF\xBB\xBF"
                           "a cat"})
    add_caption(text, captions);
  EXPECT_THAT(captions, ElementsAre("a dog", "a cat"));
}

TEST(Captions, ComeFromTheFirstMemberThatIsThere) {
  EXPECT_THAT(captions_of(R"({"text": "d", "title": "c", "caption": "b", "captions": ["a", "b"]})"),
              ElementsAre("a", "b"));
  EXPECT_THAT(captions_of(R"({"text": "d", "title": "c"})"), ElementsAre("c"));
  EXPECT_THAT(captions_of(R"({"text": "d"})"), ElementsAre("d"));
  EXPECT_THAT(captions_of(R"({"text": "d", "alt": "x"})", "alt"), ElementsAre("x"));
  EXPECT_THAT(captions_of(R"({"text": "d"})", "alt"), IsEmpty());
}

TEST(Captions, AreStringsAndNothingElse) {
  EXPECT_THAT(captions_of(R"({"captions": [1, null, {"raw": "x"}, ["y"], "z"]})"), ElementsAre("z"));
  EXPECT_THAT(captions_of(R"({"caption": 7})"), IsEmpty());
  EXPECT_THAT(captions_of(R"(["a"])"), IsEmpty());
}

}  // namespace
}  // namespace clipkit
