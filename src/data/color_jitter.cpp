#include "data/color_jitter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/shuffle.h"

namespace clipkit {

namespace {

// Pillow's luma (ITU-R 601), in 16 bits after the point.
uint8_t luma(const uint8_t* rgb) noexcept {
  return static_cast<uint8_t>((rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000u) >> 16);
}

// Pillow's ImageEnhance: from `base` towards (and, above 1, beyond) the value, in float32, without rounding.
uint8_t blend(uint8_t base, uint8_t value, float factor) noexcept {
  const float mixed = static_cast<float>(base) + factor * static_cast<float>(int{value} - int{base});
  return static_cast<uint8_t>(std::clamp(mixed, 0.0f, 255.0f));
}

template <class Change>
void for_each_pixel(Image& image, const Change& change) {
  for (size_t i = 0; i + 3 <= image.pixels.size(); i += 3) change(image.pixels.data() + i);
}

uint8_t clip(double value) noexcept {
  return static_cast<uint8_t>(std::clamp(value, 0.0, 255.0));
}

// Pillow's HSV: hue, saturation and value of 0 to 255 each (colorsys.rgb_to_hsv in float32).
std::array<uint8_t, 3> to_hsv(const uint8_t* rgb) noexcept {
  const uint8_t high = std::max({rgb[0], rgb[1], rgb[2]}), low = std::min({rgb[0], rgb[1], rgb[2]});
  if (high == low) return {0, 0, high};
  const auto range = static_cast<float>(high - low);
  const float red = static_cast<float>(high - rgb[0]) / range, green = static_cast<float>(high - rgb[1]) / range,
              blue = static_cast<float>(high - rgb[2]) / range;
  double hue;
  if (rgb[0] == high) {
    hue = blue - green;
  } else if (rgb[1] == high) {
    hue = 2.0 + red - blue;
  } else {
    hue = 4.0 + green - red;
  }
  hue = std::fmod(hue / 6.0 + 1.0, 1.0);
  return {clip(hue * 255.0), clip(range / static_cast<float>(high) * 255.0), high};
}

void from_hsv(const std::array<uint8_t, 3>& hsv, uint8_t* rgb) noexcept {
  const double sector = std::floor(hsv[0] * 6.0 / 255.0), within = hsv[0] * 6.0 / 255.0 - sector;
  const double saturation = hsv[1] / 255.0;
  const uint8_t value = hsv[2];
  const uint8_t low = clip(std::round(value * (1.0 - saturation)));
  const uint8_t falling = clip(std::round(value * (1.0 - saturation * within)));
  const uint8_t rising = clip(std::round(value * (1.0 - saturation * (1.0 - within))));
  const uint8_t of_sector[6][3] = {{value, rising, low},  {falling, value, low}, {low, value, rising},
                                   {low, falling, value}, {rising, low, value},  {value, low, falling}};
  std::copy_n(of_sector[static_cast<int>(sector) % 6], 3, rgb);
}

}  // namespace

void check(const ColorJitter& jitter) {
  for (const double strength : {jitter.brightness, jitter.contrast, jitter.saturation}) {
    CLIPKIT_CHECK(strength >= 0 && strength < INFINITY, "color jitter of ", strength, ", expected 0 or more");
  }
  CLIPKIT_CHECK(0 <= jitter.hue && jitter.hue <= 0.5, "color jitter of the hue by ", jitter.hue,
                " turns, expected 0 to 0.5");
  for (const double probability : {jitter.probability, jitter.gray_probability}) {
    CLIPKIT_CHECK(0 <= probability && probability <= 1, "color jitter with the probability ", probability);
  }
}

void adjust_brightness(Image& image, double factor) {
  for (uint8_t& sample : image.pixels) sample = blend(0, sample, static_cast<float>(factor));
}

void adjust_contrast(Image& image, double factor) {
  uint64_t sum = 0;
  for_each_pixel(image, [&](const uint8_t* rgb) { sum += luma(rgb); });
  const size_t num_pixels = std::max<size_t>(image.pixels.size() / 3, 1);
  const auto mean = static_cast<uint8_t>(static_cast<double>(sum) / static_cast<double>(num_pixels) + 0.5);
  for (uint8_t& sample : image.pixels) sample = blend(mean, sample, static_cast<float>(factor));
}

void adjust_saturation(Image& image, double factor) {
  for_each_pixel(image, [&](uint8_t* rgb) {
    const uint8_t gray = luma(rgb);
    for (int c = 0; c < 3; ++c) rgb[c] = blend(gray, rgb[c], static_cast<float>(factor));
  });
}

void adjust_hue(Image& image, double turns) {
  const auto shift = static_cast<uint8_t>(static_cast<int>(turns * 255));  // wraps around, as hue does
  for_each_pixel(image, [&](uint8_t* rgb) {
    std::array<uint8_t, 3> hsv = to_hsv(rgb);
    hsv[0] = static_cast<uint8_t>(hsv[0] + shift);
    from_hsv(hsv, rgb);
  });
}

void drop_colors(Image& image) {
  for_each_pixel(image, [](uint8_t* rgb) { rgb[0] = rgb[1] = rgb[2] = luma(rgb); });
}

void jitter_colors(Image& image, const ColorJitter& jitter, Random& random) {
  CLIPKIT_ASSERT(image.mode == ImageMode::kRgb);
  if (jitter.probability > 0 && random.uniform_double() < jitter.probability) {
    std::array<int, 4> order{0, 1, 2, 3};
    shuffle(order, random);
    const auto factor = [&](double strength) { return random.uniform(std::max(0.0, 1 - strength), 1 + strength); };
    const double brightness = factor(jitter.brightness), contrast = factor(jitter.contrast);
    const double saturation = factor(jitter.saturation), turns = random.uniform(-jitter.hue, jitter.hue);
    for (const int change : order) {
      if (change == 0 && jitter.brightness > 0) adjust_brightness(image, brightness);
      if (change == 1 && jitter.contrast > 0) adjust_contrast(image, contrast);
      if (change == 2 && jitter.saturation > 0) adjust_saturation(image, saturation);
      if (change == 3 && jitter.hue > 0) adjust_hue(image, turns);
    }
  }
  if (jitter.gray_probability > 0 && random.uniform_double() < jitter.gray_probability) drop_colors(image);
}

}  // namespace clipkit
