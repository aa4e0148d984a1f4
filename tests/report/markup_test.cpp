#include "report/markup.h"

#include <gtest/gtest.h>

namespace clipkit {
namespace {

TEST(EscapeMarkup, LeavesNothingThatMarkupWouldObey) {
  EXPECT_EQ(escape_markup("a photo of a cat"), "a photo of a cat");
  EXPECT_EQ(escape_markup("<script>alert('x' & \"y\")</script>"),
            "&lt;script&gt;alert(&#39;x&#39; &amp; &quot;y&quot;)&lt;/script&gt;");
  EXPECT_EQ(escape_markup("&amp;"), "&amp;amp;");
}

TEST(EscapeMarkup, ReplacesWhatIsNoCharacterOfXml) {
  using namespace std::string_view_literals;
  EXPECT_EQ(escape_markup("\xE7\x8C\xAB \xF0\x9F\x90\x88"), "\xE7\x8C\xAB \xF0\x9F\x90\x88");
  EXPECT_EQ(escape_markup("a\tb\nc"), "a\tb\nc");
  EXPECT_EQ(escape_markup("a\0b\x1B[1m"sv),
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD[1m");
  EXPECT_EQ(escape_markup("\xFF<\xC3"), "\xEF\xBF\xBD&lt;\xEF\xBF\xBD");
  EXPECT_EQ(escape_markup("\xEF\xBF\xBF"), "\xEF\xBF\xBD");  // U+FFFF
}

// RFC 4648, section 10.
TEST(Base64, MatchesTheVectorsOfTheStandard) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foob"), "Zm9vYg==");
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFF\xFE\xFD"), "//79");
}

}  // namespace
}  // namespace clipkit
