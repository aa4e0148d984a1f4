#include "base/utf8.h"

#include <gtest/gtest.h>

#include <set>

#include "clipkit/error.h"

namespace clipkit {
namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

TEST(Utf8, EveryCodePointSurvivesThereAndBack) {
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, c);
    const Utf8Char decoded = decode_utf8_char(text, 0);
    ASSERT_EQ(decoded.value, c);
    ASSERT_EQ(static_cast<size_t>(decoded.length), text.size());
    ASSERT_EQ(text.size(), c < 0x80 ? 1u : c < 0x800 ? 2u : c < 0x10000 ? 3u : 4u);
  }
}

TEST(Utf8, AcceptsNoOtherSequencesOfUpToThreeBytes) {
  std::set<std::string> valid;
  for (char32_t c = 0; c <= 0xFFFF; ++c) {
    if (c >= 0xD800 && c <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, c);
    valid.insert(text);
  }
  for (int a = 0x80; a < 0x100; ++a) {
    ASSERT_EQ(decode_utf8_char(bytes({a}), 0).length, 0);
    for (int b = 0; b < 0x100; ++b) {
      const std::string two = bytes({a, b});
      ASSERT_EQ(decode_utf8_char(two, 0).length == 2, valid.contains(two));
      for (int c = 0; c < 0x100; ++c) {
        const std::string three = bytes({a, b, c});
        ASSERT_EQ(decode_utf8_char(three, 0).length == 3, valid.contains(three));
      }
    }
  }
}

TEST(Utf8, RefusesOverlongFormsSurrogatesAndWhatIsTooLarge) {
  for (const std::string& text :
       {bytes({0xC0, 0x80}), bytes({0xC1, 0xBF}), bytes({0xE0, 0x9F, 0xBF}), bytes({0xED, 0xA0, 0x80}),
        bytes({0xED, 0xBF, 0xBF}), bytes({0xF0, 0x8F, 0xBF, 0xBF}), bytes({0xF4, 0x90, 0x80, 0x80}),
        bytes({0xF5, 0x80, 0x80, 0x80}), bytes({0xFF}), bytes({0x80})}) {
    EXPECT_EQ(decode_utf8_char(text, 0).length, 0);
    EXPECT_EQ(find_invalid_utf8(text), 0u);
  }
}

TEST(Utf8, FindsTheFirstInvalidByte) {
  EXPECT_EQ(find_invalid_utf8(""), std::string::npos);
  EXPECT_EQ(find_invalid_utf8("caf\u00e9 \u4e2d \U0001F600"), std::string::npos);
  EXPECT_EQ(find_invalid_utf8("caf\xE9 au lait"), 3u);
  EXPECT_EQ(find_invalid_utf8("ab\u00e9\xFF"), 4u);
  EXPECT_EQ(find_invalid_utf8("ab\xF0\x9F\x98"), 2u);
}

TEST(Utf8, TruncatedCharactersAtTheEndAreNotRead) {
  const std::string text = "\U0001F600";
  for (size_t length = 1; length < 4; ++length)
    EXPECT_EQ(decode_utf8_char(std::string_view(text).substr(0, length), 0).length, 0);
}

TEST(Utf8, NamesTheByteThatIsNotUtf8) {
  try {
    utf8_to_utf32("photo \xFF");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    EXPECT_NE(std::string(error.what()).find("byte 6"), std::string::npos) << error.what();
  }
}

TEST(Utf8, ConvertsToCodePointsAndBack) {
  const std::u32string codes = {U'a', 0, 0xE9, 0x20AC, 0x1F600, 0x10FFFF};
  EXPECT_EQ(utf8_to_utf32(utf32_to_utf8(codes)), codes);
  EXPECT_EQ(utf32_to_utf8(U"a\u00e9"), "a\xC3\xA9");
}

// Unicode 15, section 3.9, table 3-8 to 3-11.
TEST(Utf8, ReplacesEveryMaximalInvalidPart) {
  const std::string r = "\uFFFD";
  EXPECT_EQ(replace_invalid_utf8("plain"), "plain");
  EXPECT_EQ(replace_invalid_utf8(bytes({0xC0, 0xAF, 0xE0, 0x80, 0xBF, 0xF0, 0x81, 0x82, 0x41})),
            r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(replace_invalid_utf8(bytes({0xED, 0xA0, 0x80, 0xED, 0xBF, 0xBF, 0xED, 0xAF, 0x41})),
            r + r + r + r + r + r + r + r + "A");
  EXPECT_EQ(replace_invalid_utf8(bytes({0xF4, 0x91, 0x92, 0x93, 0xFF, 0x41, 0x80, 0xBF, 0x42})),
            r + r + r + r + r + "A" + r + r + "B");
  EXPECT_EQ(replace_invalid_utf8(bytes({0xE1, 0x80, 0xE2, 0xF0, 0x91, 0x92, 0xF1, 0xBF, 0x41})), r + r + r + r + "A");
}

}  // namespace
}  // namespace clipkit
