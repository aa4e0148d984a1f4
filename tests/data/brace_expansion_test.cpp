#include "data/brace_expansion.h"

#include <gmock/gmock.h>

#include "data/error_of.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;

TEST(BraceExpansion, CountsWithTheLeadingZerosOfTheEnds) {
  EXPECT_THAT(expand_braces("s-{008..011}.tar"), ElementsAre("s-008.tar", "s-009.tar", "s-010.tar", "s-011.tar"));
  EXPECT_THAT(expand_braces("{9..11}"), ElementsAre("9", "10", "11"));
  EXPECT_THAT(expand_braces("{02..0}"), ElementsAre("02", "01", "00"));
  EXPECT_THAT(expand_braces("{5..5}"), ElementsAre("5"));
}

TEST(BraceExpansion, ListsAndProductsWithTheLastBracesFastest) {
  EXPECT_THAT(expand_braces("{a,b}-{0..1}"), ElementsAre("a-0", "a-1", "b-0", "b-1"));
  EXPECT_THAT(expand_braces("x{,.bak}"), ElementsAre("x", "x.bak"));
  EXPECT_THAT(expand_braces("plain"), ElementsAre("plain"));
  EXPECT_THAT(expand_braces(""), ElementsAre(""));
}

TEST(BraceExpansion, RefusesWhatIsNeitherRangeNorListAndTooMuch) {
  for (const char* pattern : {"{", "}", "a{b", "{a,{b,c}}", "}{"}) {
    EXPECT_THAT(error_of([&] { expand_braces(pattern); }).what(), HasSubstr("unbalanced or nested")) << pattern;
  }
  for (const char* pattern : {"{}", "{a}", "{a..c}", "{1..}", "{..1}", "{-1..1}", "{1..9999999999999999999}"}) {
    EXPECT_THAT(error_of([&] { expand_braces(pattern); }).what(), HasSubstr("neither a range")) << pattern;
  }
  for (const char* pattern : {"{0..999999999}", "{0..9999}{0..9999}", "{1..999999999999999999}"}) {
    EXPECT_THAT(error_of([&] { expand_braces(pattern); }).what(), HasSubstr("more than 1000000 names")) << pattern;
  }
}

}  // namespace
}  // namespace clipkit
