#include "data/color_jitter.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "clipkit/error.h"

namespace clipkit {
namespace {

Image colors(std::vector<uint8_t> pixels) {
  Image image;
  image.width = static_cast<int>(pixels.size() / 3);
  image.height = 1;
  image.pixels = std::move(pixels);
  return image;
}

template <class Change>
std::vector<uint8_t> changed(std::vector<uint8_t> pixels, const Change& change) {
  Image image = colors(std::move(pixels));
  change(image);
  return image.pixels;
}

// The expected values follow from Pillow's formulas: luma = (19595 r + 38470 g + 7471 b + 32768) >> 16; a blend is
// base + factor (value - base), cut to 0 ... 255 and to a whole number.
TEST(ColorJitter, ChangesAreThoseOfPillow) {
  using V = std::vector<uint8_t>;
  const V pixels{200, 100, 50, 0, 255, 7};
  EXPECT_EQ(changed(pixels, [](Image& i) { adjust_brightness(i, 1.5); }), (V{255, 150, 75, 0, 255, 10}));
  EXPECT_EQ(changed(pixels, [](Image& i) { adjust_brightness(i, 0); }), (V{0, 0, 0, 0, 0, 0}));
  // luma of (200, 100, 50) is 124, of (0, 255, 7) 150: the mean is 137.
  EXPECT_EQ(changed(pixels, [](Image& i) { drop_colors(i); }), (V{124, 124, 124, 150, 150, 150}));
  EXPECT_EQ(changed(pixels, [](Image& i) { adjust_contrast(i, 0); }), V(6, 137));
  EXPECT_EQ(changed(pixels, [](Image& i) { adjust_contrast(i, 0.5); }), (V{168, 118, 93, 68, 196, 72}));
  EXPECT_EQ(changed(pixels, [](Image& i) { adjust_saturation(i, 0); }), (V{124, 124, 124, 150, 150, 150}));
  EXPECT_EQ(changed(pixels, [](Image& i) { adjust_saturation(i, 2); }), (V{255, 76, 0, 0, 255, 0}));
  // Pure colours a third of the circle on: 85 of 255.
  EXPECT_EQ(changed({255, 0, 0, 9, 9, 9}, [](Image& i) { adjust_hue(i, 1.0 / 3); }), (V{0, 255, 0, 9, 9, 9}));
  EXPECT_EQ(changed({0, 255, 0}, [](Image& i) { adjust_hue(i, -1.0 / 3); }), (V{255, 0, 0}));
}

TEST(ColorJitter, AFactorOfOneChangesNothing) {
  std::vector<uint8_t> pixels;
  for (int i = 0; i < 300; ++i) pixels.push_back(static_cast<uint8_t>(i * 89));
  EXPECT_EQ(changed(pixels, [](Image& i) { adjust_brightness(i, 1); }), pixels);
  EXPECT_EQ(changed(pixels, [](Image& i) { adjust_contrast(i, 1); }), pixels);
  EXPECT_EQ(changed(pixels, [](Image& i) { adjust_saturation(i, 1); }), pixels);
  // Hue, saturation and value of 8 bits each hold a colour to a few steps: saturation and hue are cut, not rounded, so
  // a channel moves by at most value / 255 + value * 6 / 255 / 1 < 8.
  const std::vector<uint8_t> turned = changed(pixels, [](Image& i) { adjust_hue(i, 0); });
  for (size_t i = 0; i < pixels.size(); ++i) EXPECT_NEAR(turned[i], pixels[i], 8);
}

TEST(ColorJitter, HappensWithItsProbability) {
  const ColorJitter jitter{0.4, 0.4, 0.2, 0.1, 0.8, 0.2};
  const std::vector<uint8_t> pixels{200, 100, 50, 0, 255, 7};
  int unchanged = 0, gray = 0;
  constexpr int kDraws = 2000;
  for (uint64_t i = 0; i < kDraws; ++i) {
    Random random(1, RandomUse::kAugmentation, 0, i);
    const auto out = changed(pixels, [&](Image& image) { jitter_colors(image, jitter, random); });
    unchanged += out == pixels ? 1 : 0;
    gray += out[0] == out[1] && out[1] == out[2] && out[3] == out[4] && out[4] == out[5] ? 1 : 0;
  }
  // Binomial with deviations of at most sqrt(2000 * 0.16) = 18; the bounds are five of them.
  EXPECT_NEAR(unchanged, kDraws * 0.2 * 0.8, 90);
  EXPECT_NEAR(gray, kDraws * 0.2, 90);
  Random random(1, RandomUse::kAugmentation);
  EXPECT_EQ(changed(pixels, [&](Image& image) { jitter_colors(image, {}, random); }), pixels);
}

TEST(ColorJitter, RefusesStrengthsThatMakeNoSense) {
  EXPECT_NO_THROW(check(ColorJitter{0.4, 0.4, 0.2, 0.1, 0.8, 0.2}));
  EXPECT_THROW(check(ColorJitter{-1, 0, 0, 0, 0, 0}), Error);
  EXPECT_THROW(check(ColorJitter{0, 0, 0, 0.6, 0, 0}), Error);
  EXPECT_THROW(check(ColorJitter{0, 0, 0, 0, 1.1, 0}), Error);
  EXPECT_THROW(check(ColorJitter{0, 0, 0, 0, 0, -0.1}), Error);
}

}  // namespace
}  // namespace clipkit
