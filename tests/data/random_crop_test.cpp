#include "data/random_crop.h"

#include <gtest/gtest.h>

#include <cmath>

#include "clipkit/error.h"

namespace clipkit {
namespace {

Random numbers(uint64_t sample) {
  return Random(1, RandomUse::kAugmentation, 0, sample);
}

TEST(RandomCrop, LiesWithinThePictureWithTheAreaAndShapeAskedFor) {
  const CropRange range{0.25, 0.5, 0.5, 2};
  double areas = 0;
  constexpr int kDraws = 2000;
  for (uint64_t i = 0; i < kDraws; ++i) {
    Random random = numbers(i);
    const CropBox box = random_crop(400, 300, range, random);
    ASSERT_GE(box.left, 0);
    ASSERT_GE(box.top, 0);
    ASSERT_LE(box.left + box.width, 400);
    ASSERT_LE(box.top + box.height, 300);
    // Both sides are rounded, by half a pixel of 170 or more.
    const double area = static_cast<double>(box.width * box.height) / (400 * 300);
    EXPECT_GE(area, 0.25 * 0.99);
    EXPECT_LE(area, 0.5 * 1.01);
    const double ratio = static_cast<double>(box.width) / static_cast<double>(box.height);
    EXPECT_GE(ratio, 0.5 * 0.99);
    EXPECT_LE(ratio, 2 * 1.01);
    areas += area;
  }
  // Mean 0.375; shapes that do not fit are drawn again, which takes away more of the large ones: a tenth at most.
  EXPECT_NEAR(areas / kDraws, 0.375, 0.0375);
}

TEST(RandomCrop, ReachesEveryCorner) {
  bool left = false, right = false, top = false, bottom = false;
  for (uint64_t i = 0; i < 300; ++i) {
    Random random = numbers(i);
    const CropBox box = random_crop(10, 10, {0.5, 0.5, 1, 1}, random);  // 7 x 7: four places on each axis
    ASSERT_EQ(box.width, 7);
    left = left || box.left == 0;
    right = right || box.left == 3;
    top = top || box.top == 0;
    bottom = bottom || box.top == 3;
  }
  EXPECT_TRUE(left && right && top && bottom);
}

TEST(RandomCrop, FallsBackToTheMiddleOfShapesThatNeverFit) {
  Random random = numbers(0);
  const CropBox wide = random_crop(1000, 30, {}, random);
  EXPECT_EQ(wide.width, 40);  // 30 * 4 / 3
  EXPECT_EQ(wide.height, 30);
  EXPECT_EQ(wide.left, 480);
  EXPECT_EQ(wide.top, 0);
  const CropBox tall = random_crop(30, 1000, {}, random);
  EXPECT_EQ(tall.width, 30);
  EXPECT_EQ(tall.height, 40);
  EXPECT_EQ(tall.top, 480);
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 1000}, {1000, 1}, {2, 1}, {3, 2}}) {
    const CropBox box = random_crop(width, height, {}, random);
    EXPECT_GE(box.width, 1);
    EXPECT_GE(box.height, 1);
    EXPECT_LE(box.left + box.width, width);
    EXPECT_LE(box.top + box.height, height);
  }
}

TEST(RandomCrop, RefusesRangesThatMakeNoSense) {
  EXPECT_NO_THROW(check(CropRange()));
  for (const CropRange& range : {CropRange{0, 1}, CropRange{0.5, 0.4}, CropRange{0.5, 1.1}, CropRange{0.9, 1, 0, 1},
                                 CropRange{0.9, 1, 2, 1}, CropRange{NAN, 1}, CropRange{0.9, 1, 1, INFINITY}}) {
    EXPECT_THROW(check(range), Error);
  }
}

}  // namespace
}  // namespace clipkit
