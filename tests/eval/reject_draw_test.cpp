#include "eval/reject_draw.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "clipkit/error.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;

TEST(RejectDraw, PartsClassesAndPictures) {
  std::vector<PictureLabels> labels;
  for (int32_t i = 0; i < 100; ++i) labels.push_back({.present = {i % 10}});
  labels.push_back({.present = {}});
  const RejectDraw draw = draw_unknown(3, 4, 10, labels, 2);
  EXPECT_EQ(draw.given.size(), 6U);
  EXPECT_EQ(draw.held_out.size(), 4U);
  EXPECT_EQ(draw.calibration.size(), 30U);
  EXPECT_EQ(draw.known.size(), 30U);
  EXPECT_EQ(draw.unknown.size(), 42U) << "those of held-out classes, and two of another set";
  std::set<int64_t> all(draw.calibration.begin(), draw.calibration.end());
  all.insert(draw.known.begin(), draw.known.end());
  all.insert(draw.unknown.begin(), draw.unknown.end());
  EXPECT_EQ(all.size(), 102U);
  EXPECT_FALSE(all.contains(100)) << "it has no label";
  for (const int64_t row : draw.known) EXPECT_GE(draw.place_of(static_cast<int32_t>(row % 10)), 0);
  for (const int64_t c : draw.held_out) EXPECT_EQ(draw.place_of(static_cast<int32_t>(c)), -1);
  EXPECT_EQ(draw.place_of(static_cast<int32_t>(draw.given[2])), 2);
  EXPECT_EQ(draw_unknown(3, 4, 10, labels, 2).calibration, draw.calibration) << "a function of its number";
  EXPECT_NE(draw_unknown(4, 4, 10, labels, 2).calibration, draw.calibration);
}

TEST(RejectDraw, LeavesPicturesOutThatAreBoth) {
  const std::vector<PictureLabels> labels = {{.present = {0, 1}}, {.present = {0}}, {.present = {1}}, {.present = {2}}};
  for (uint64_t number = 0; number < 8; ++number) {
    const RejectDraw draw = draw_unknown(number, 1, 3, labels, 0);
    const bool both = draw.held_out[0] == 2;
    EXPECT_EQ(draw.calibration.size() + draw.known.size(), both ? 3U : 2U);
    EXPECT_EQ(draw.unknown.size(), 1U);
  }
}

TEST(RejectDraw, HoldsSoManyOrSoLargeAPartOut) {
  EXPECT_EQ(num_held_out(0.2, 10), 2);
  EXPECT_EQ(num_held_out(0.01, 10), 1);
  EXPECT_EQ(num_held_out(8, 10), 8);
  EXPECT_EQ(num_held_out(0, 2), 0);
  for (const double wrong : {9.0, 0.95, 1.5, 1e300}) EXPECT_THROW(num_held_out(wrong, 10), Error) << wrong;
}

}  // namespace
}  // namespace clipkit
