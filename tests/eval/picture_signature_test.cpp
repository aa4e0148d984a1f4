#include "eval/picture_signature.h"

#include <gtest/gtest.h>

#include <cmath>

#include "encode_jpeg.h"
#include "eval/made_scene.h"
#include "image/resize.h"
#include "ops/reference/reference_backend.h"

namespace clipkit {
namespace {

using testing::made_scene;

std::vector<float> signature(const Image& image) {
  const auto backend = make_reference_backend(DType::kFloat32);
  const Encoder encoder = signature_encoder(*backend);
  const Tensor rows = encoder.encode_pixels(preprocess(std::span(&image, 1), encoder.preprocess), Output::kFeatures);
  EXPECT_EQ(rows.shape(), (Shape{1, encoder.embed_dim}));
  const auto values = rows.row<float>(0);
  return {values.begin(), values.end()};
}
double cosine(const std::vector<float>& a, const std::vector<float>& b) {
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    ab += static_cast<double>(a[i]) * b[i];
    aa += static_cast<double>(a[i]) * a[i];
    bb += static_cast<double>(b[i]) * b[i];
  }
  return ab / std::sqrt(aa * bb);
}
Image recompressed(const Image& image, int quality) {
  const std::string file = emoji::encode_jpeg(image, quality);
  return decode_image(std::as_bytes(std::span(file)), "copy");
}

TEST(PictureSignature, IsNearlyTheSameForCopies) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const auto original = signature(made_scene(seed, 160, 120));
    const Image wide = made_scene(seed, 160, 120);
    EXPECT_GT(cosine(original, signature(resize(wide, 57, 43, Interpolation::kBicubic, {0, 0, 57, 43}))), 0.99);
    EXPECT_GT(cosine(original, signature(resize(wide, 100, 200, Interpolation::kBilinear, {0, 0, 100, 200}))), 0.99);
    EXPECT_GT(cosine(original, signature(recompressed(wide, 30))), 0.99);
    EXPECT_GT(cosine(original, signature(made_scene(seed, 96, 96, 0.02))), kSignatureThreshold) << "cropped";
    EXPECT_GT(cosine(original, signature(recompressed(made_scene(seed, 80, 60, 0.02), 50))), kSignatureThreshold);
  }
}

TEST(PictureSignature, IsFarFromThatOfOtherPictures) {
  std::vector<std::vector<float>> all;
  for (uint64_t seed = 0; seed < 60; ++seed) all.push_back(signature(made_scene(seed, 64, 64)));
  for (size_t a = 0; a < all.size(); ++a) {
    for (size_t b = 0; b < a; ++b) EXPECT_LT(cosine(all[a], all[b]), 0.75) << a << " and " << b;
  }
}

// Bright or dark, with more or less contrast: the same picture.
TEST(PictureSignature, PassesOverBrightnessAndContrast) {
  Image image = made_scene(3, 64, 64);
  const auto original = signature(image);
  for (uint8_t& value : image.pixels) value = static_cast<uint8_t>(60 + value / 2);
  EXPECT_GT(cosine(original, signature(image)), 0.99);
}

TEST(PictureSignature, IsZeroForAShadeOfGrey) {
  Image image{.mode = ImageMode::kRgb, .width = 40, .height = 20};
  image.pixels.assign(40 * 20 * 3, 77);
  for (const float value : signature(image)) EXPECT_NEAR(value, 0, 1e-3) << "rounding of 32 x 32 sums";
}

}  // namespace
}  // namespace clipkit
