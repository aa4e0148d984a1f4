#include "drawings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "clipkit/error.h"

namespace clipkit::emoji {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Drawings, ReadsThingsWithTheirParts) {
  const auto drawings = parse_drawings(
      "# comment\n"
      "thing ball : round, toy\n"
      "colors red light-blue\n"
      "oval body 50 50 40 30 45\n"
      "\n"
      "upright letter I : letter\n"
      "line ink 12 50 8 50 92\n",
      "drawings");
  ASSERT_EQ(drawings.size(), 2U);
  EXPECT_EQ(drawings[0].name, "ball");
  EXPECT_THAT(drawings[0].keywords, ElementsAre("round", "toy"));
  EXPECT_THAT(drawings[0].body_colors, ElementsAre("red", "light blue"));
  EXPECT_FALSE(drawings[0].is_upright);
  ASSERT_EQ(drawings[0].parts.size(), 1U);
  EXPECT_EQ(drawings[0].parts[0].points[2].x, 45);
  EXPECT_TRUE(drawings[1].is_upright);
  EXPECT_EQ(drawings[1].parts[0].width, 12);
}

TEST(Drawings, NamesTheLineThatIsWrong) {
  for (const std::string_view text :
       {"oval red 1 2 3 4", "thing a : b\noval red 1 2 3", "thing a : b\noval crimson 1 2 3 4",
        "thing a : b\nblob red 1", "thing a : b\npoly red 1 2 3 4", "thing a : b\nline red 2 1 2 3", "thing\n"}) {
    try {
      parse_drawings(text, "drawings.txt");
      FAIL() << "accepted " << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      EXPECT_THAT(error.what(), HasSubstr("drawings.txt: line "));
    }
  }
}

TEST(Drawings, EveryDrawingOfTheTreeShowsSomethingInEveryStyle) {
  const auto drawings = read_drawings(std::string(CLIPKIT_EMOJI_DIR) + "/drawings.txt");
  EXPECT_GT(drawings.size(), 250U);
  std::set<std::string> names;
  Random random(1, RandomUse::kDrawing);
  for (const Drawing& drawing : drawings) {
    EXPECT_TRUE(names.insert(drawing.name).second) << drawing.name << " is there twice";
    for (const auto style : {DrawingStyle::kFlat, DrawingStyle::kOutlined, DrawingStyle::kLineArt}) {
      Canvas canvas(48, {255, 0, 255});
      drawing.draw(canvas, {.center = {24, 24}, .size = 48}, {0, 200, 0}, style, 1, random);
      int covered = 0;
      for (int y = 0; y < 48; ++y) {
        for (int x = 0; x < 48; ++x) covered += distance(canvas.at(x, y), {255, 0, 255}) > 40 ? 1 : 0;
      }
      EXPECT_GT(covered, 48 * 48 / 50) << drawing.name;
    }
  }
}

TEST(Canvas, CoversWhatTheContoursWindAround) {
  Canvas canvas(4, {0, 0, 0});
  fill(canvas, {{{1, 1}, {2.5, 1}, {2.5, 3}, {1, 3}}}, {200, 200, 200});
  EXPECT_FLOAT_EQ(canvas.at(1, 1).r, 200);
  EXPECT_FLOAT_EQ(canvas.at(2, 2).r, 100);  // half of the pixel
  EXPECT_FLOAT_EQ(canvas.at(3, 2).r, 0);
  EXPECT_FLOAT_EQ(canvas.at(1, 0).r, 0);
}

TEST(Canvas, OverlappingContoursAreFilledOnce) {
  Canvas canvas(8, {0, 0, 0});
  fill(canvas, stroke({{2, 2}, {6, 2}, {6, 6}}, 2, false), {255, 255, 255}, 0.5F);
  for (const int x : {2, 3, 4, 5}) EXPECT_NEAR(canvas.at(x, 1).r, 127.5, 0.01);
}

}  // namespace
}  // namespace clipkit::emoji
