#include "text/entities.h"

#include <gtest/gtest.h>

namespace clipkit {
namespace {

TEST(HtmlUnescape, ReadsNamedReferences) {
  EXPECT_EQ(html_unescape(U"&lt;a&gt; &amp; &eacute; &nGt;"), U"<a> & \u00e9 \u226b\u20d2");
  EXPECT_EQ(html_unescape(U"&lt &amp"), U"< &");                      // old names need no semicolon
  EXPECT_EQ(html_unescape(U"&notit; &notin;"), U"\u00acit; \u2209");  // the longest name that fits
  EXPECT_EQ(html_unescape(U"&bogus; &EACUTE;"), U"&bogus; &EACUTE;");
  EXPECT_EQ(html_unescape(U"&amp\u00e9"), U"&\u00e9");
}

TEST(HtmlUnescape, ReadsNumbers) {
  EXPECT_EQ(html_unescape(U"&#39;&#x2019;&#X41;&#66"), U"'\u2019AB");
  EXPECT_EQ(html_unescape(U"&#128; &#x9F;"), U"\u20ac \u0178");  // as windows-1252
  EXPECT_EQ(html_unescape(U"&#0;&#xD800;&#1114112;"), U"\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(html_unescape(U"&#99999999999999999999999999;"), U"\uFFFD");
  EXPECT_EQ(html_unescape(U"a&#1;b&#xFDD0;c"), U"abc");  // means nothing
  EXPECT_EQ(html_unescape(U"&#; &#x; &#xg;"), U"&#; &#x; &#xg;");
}

TEST(HtmlUnescape, IsOnePassOnly) {
  EXPECT_EQ(html_unescape(U"&amp;amp;lt;"), U"&amp;lt;");
}

TEST(HtmlUnescape, LeavesLoneAmpersands) {
  for (const std::u32string_view text : {U"", U"&", U"salt & pepper", U"a&", U"&&", U"& amp;", U"M&S", U"&;"}) {
    EXPECT_EQ(html_unescape(text), text);
  }
}

TEST(DecodeEntities, NeedsTheSemicolon) {
  EXPECT_EQ(decode_entities(U"&amp; &amp &notit; &#39; &#39"), U"& &amp &notit; ' &#39");
}

TEST(DecodeEntities, KnowsNamesInCapitals) {
  EXPECT_EQ(decode_entities(U"&EACUTE; &NTILDE;"), U"\u00c9 \u00d1");
}

TEST(DecodeEntities, KeepsWhatDecodesToASemicolon) {
  EXPECT_EQ(decode_entities(U"&#59; &#x3B;"), U"&#59; &#x3B;");
  EXPECT_EQ(decode_entities(U"&semi;"), U";");
}

}  // namespace
}  // namespace clipkit
