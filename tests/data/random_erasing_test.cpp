#include "data/random_erasing.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "clipkit/error.h"

namespace clipkit {
namespace {

constexpr int64_t kWidth = 60, kHeight = 40;
constexpr float kUntouched = 1000;

// Pixels of the first channel that were erased; all three must be erased alike.
int64_t erased(uint64_t sample, const RandomErasing& erasing) {
  std::vector<float> pixels(3 * kWidth * kHeight, kUntouched);
  Random random(1, RandomUse::kAugmentation, 0, sample);
  erase_rectangles(pixels, kWidth, kHeight, erasing, random);
  int64_t count = 0;
  for (size_t i = 0; i < kWidth * kHeight; ++i) {
    const bool gone = pixels[i] != kUntouched;
    EXPECT_EQ(gone, pixels[i + kWidth * kHeight] != kUntouched);
    EXPECT_EQ(gone, pixels[i + 2 * kWidth * kHeight] != kUntouched);
    count += gone ? 1 : 0;
  }
  return count;
}

TEST(RandomErasing, ErasesFromTwoPercentToAThird) {
  for (uint64_t i = 0; i < 200; ++i) {
    const int64_t count = erased(i, {1, 1});
    if (count == 0) continue;                         // ten shapes did not fit
    EXPECT_GE(count, kWidth * kHeight * 0.02 * 0.8);  // sides of 4 px and more are rounded by half a pixel
    EXPECT_LE(count, kWidth * kHeight / 3.0 * 1.05);
  }
}

TEST(RandomErasing, HappensWithItsProbability) {
  int hit = 0;
  for (uint64_t i = 0; i < 1000; ++i) hit += erased(i, {0.3, 3}) > 0 ? 1 : 0;
  EXPECT_NEAR(hit, 300, 73);  // five deviations of sqrt(1000 * 0.21)
  EXPECT_EQ(erased(1, {}), 0);
}

TEST(RandomErasing, RefusesWhatMakesNoSense) {
  EXPECT_THROW(check(RandomErasing{1.5, 1}), Error);
  EXPECT_THROW(check(RandomErasing{0.5, 0}), Error);
}

}  // namespace
}  // namespace clipkit
