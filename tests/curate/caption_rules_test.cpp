#include "curate/caption_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clipkit/error.h"
#include "data/error_of.h"

namespace clipkit {
namespace {

using testing::error_of;
using ::testing::HasSubstr;

FilterOptions rules(int64_t min_words, int64_t max_words, const std::string& regex, const std::string& drop_regex) {
  FilterOptions options;
  options.min_words = min_words;
  options.max_words = max_words;
  options.caption_regex = regex;
  options.drop_caption_regex = drop_regex;
  return options;
}

TEST(CaptionRules, SayWhichRuleSpeaksFirst) {
  const CaptionRules all(rules(2, 4, "(?i)dog|cat", "IMG_[0-9]+"));
  EXPECT_FALSE(all.check("a Dog"));
  EXPECT_EQ(all.check("dog")->rule, DropRule::kMinWords);
  EXPECT_EQ(all.check("dog")->value, 1);
  EXPECT_EQ(all.check("a dog and a cat")->rule, DropRule::kMaxWords);
  EXPECT_EQ(all.check("a bird")->rule, DropRule::kCaptionRegex);
  EXPECT_EQ(all.check("dog IMG_2041")->rule, DropRule::kDropCaptionRegex);
  EXPECT_FALSE(CaptionRules(FilterOptions()).check(""));
}

TEST(CaptionRules, TakeLongCaptionsAndBytesThatAreNotText) {
  const CaptionRules nested(rules(0, 0, "", "^(a+)+$"));
  EXPECT_FALSE(nested.check(std::string(1 << 20, 'a') + "b"));  // exponential by backtracking
  EXPECT_TRUE(nested.check(std::string(1 << 20, 'a')));
  EXPECT_FALSE(nested.check(std::string("\xFF\x00 \xC3", 4)));
  const CaptionRules umlaut(rules(0, 0, "^B.r$", ""));
  EXPECT_FALSE(umlaut.check("B\u00E4r"));
}

TEST(CaptionRules, RefusePatternsAndLimitsThatMakeNoSense) {
  EXPECT_THAT(error_of([] { CaptionRules(rules(0, 0, "(", "")); }).what(),
              HasSubstr("caption-regex: the pattern \"(\""));
  EXPECT_THAT(error_of([] { CaptionRules(rules(0, 0, "", "(?<=a)b")); }).what(), HasSubstr("drop-caption-regex"));
  EXPECT_EQ(error_of([] { CaptionRules(rules(5, 4, "", "")); }).code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(error_of([] { CaptionRules(rules(-1, 4, "", "")); }).code(), ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace clipkit
