#include "data/augment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/file_writer.h"
#include "clipkit/error.h"

namespace clipkit {
namespace {

std::string picture(const std::string& name) {
  return read_file(std::filesystem::path(CLIPKIT_TEST_DIR) / "golden/image/pictures" / name, 1 << 24);
}

std::vector<float> augmented(const std::string& file, const AugmentConfig& config, int size, uint64_t sample = 0) {
  PreprocessConfig preprocess;
  preprocess.width = preprocess.height = size;
  std::vector<float> pixels(static_cast<size_t>(3 * size * size));
  augment_picture(std::as_bytes(std::span(file)), "picture", config, preprocess, {},
                  Random(1, RandomUse::kAugmentation, 0, sample), pixels);
  return pixels;
}

TEST(Augment, TheWholePictureIsThatOfTheExactPreprocessing) {
  AugmentConfig config;
  config.crop = {1, 1, 336.0 / 341, 336.0 / 341};
  const std::string file = picture("rgb_336x341.png");
  PreprocessConfig squash;
  squash.width = squash.height = 64;
  squash.resize_mode = ResizeMode::kSquash;
  std::vector<float> expected(3 * 64 * 64);
  normalize(resize_and_crop(decode_image(std::as_bytes(std::span(file)), "picture"), squash), squash, expected);
  EXPECT_EQ(augmented(file, config, 64), expected);
}

TEST(Augment, IsAFunctionOfItsRandomNumbers) {
  const std::string file = picture("jpeg_420_320x240.jpg");
  EXPECT_EQ(augmented(file, {}, 32, 5), augmented(file, {}, 32, 5));
  EXPECT_NE(augmented(file, {}, 32, 5), augmented(file, {}, 32, 6));
}

TEST(Augment, TakesEveryModeOfPicture) {
  AugmentConfig config;
  config.color = {0.4, 0.4, 0.2, 0.1, 1, 0.5};
  config.erasing = {1, 2};
  for (const char* name : {"gray16_260x300.png", "jpeg_cmyk_160x120.jpg", "onebit_130x90.png", "palette_200x150.png",
                           "rgba_300x200.png", "gray_alpha_150x240.png", "rgb_1x1.png", "rgb_31x1000.png"}) {
    for (const float value : augmented(picture(name), config, 48)) ASSERT_TRUE(std::isfinite(value)) << name;
  }
}

TEST(Augment, ShrunkenDecodingStaysCloseToWholeDecoding) {
  AugmentConfig whole, shrunken;
  whole.decode_reserve = 0;
  const float step = 1 / 255.0f / 0.27f;  // one of 255 in normalised units
  for (const char* name : {"jpeg_420_320x240.jpg", "jpeg_gray_180x240.jpg", "jpeg_444_257x193.jpg"}) {
    for (const int size : {16, 32}) {
      const std::vector<float> a = augmented(picture(name), whole, size), b = augmented(picture(name), shrunken, size);
      EXPECT_NE(a, b) << name << ": was meant to be decoded smaller";
      // Measured: 0.3 to 2.1 steps, most where the picture is full of edges.
      double sum = 0;
      for (size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]);
      EXPECT_LT(sum / static_cast<double>(a.size()), 3 * step) << name << " at " << size;
    }
  }
}

TEST(Augment, KeepsTheErrorsOfDamagedPictures) {
  const std::string file = picture("jpeg_420_320x240.jpg");
  EXPECT_THROW(augmented(file.substr(0, file.size() / 2), {}, 32), Error);
  EXPECT_THROW(augmented("no picture", {}, 32), Error);
  EXPECT_THROW(augmented("", {}, 32), Error);
}

TEST(Augment, RefusesAConfigurationOutOfRange) {
  AugmentConfig config;
  EXPECT_NO_THROW(check(config));
  config.decode_reserve = 0.5;
  EXPECT_THROW(check(config), Error);
  config = {};
  config.color.hue = 1;
  EXPECT_THROW(check(config), Error);
}

}  // namespace
}  // namespace clipkit
