#pragma once

#include <span>
#include <string_view>

#include "base/random.h"
#include "clipkit/image.h"
#include "clipkit/preprocess.h"
#include "data/color_jitter.h"
#include "data/random_crop.h"
#include "data/random_erasing.h"

namespace clipkit {

// What happens to a picture in training instead of the exact preprocessing. The defaults are open_clip's: a random crop
// of nearly all of the picture, and no flip, since captions may say left and right.
struct AugmentConfig {
  CropRange crop{};
  ColorJitter color{};
  RandomErasing erasing{};
  // JPEGs are decoded at a half, a quarter or an eighth as long as the crop then still has so many times the model's
  // width and height; 0 decodes all of it always. At 2 a sample moves by one or two steps of 255 on average.
  double decode_reserve = 2;
};

// Errors: kInvalidArgument, naming what is out of range.
void check(const AugmentConfig& config);

// A picture file as the image tower sees it in training: decoded, cropped in its own mode, resized to preprocess.width
// x height (both sides, antialiased), converted to RGB, colours changed, normalised into out (3, H, W) float32,
// rectangles erased. A function of its arguments alone. Errors: as decode_image. Thread-safe.
void augment_picture(std::span<const std::byte> file, std::string_view name, const AugmentConfig& config,
                     const PreprocessConfig& preprocess, const DecodeOptions& decode, Random random,
                     std::span<float> out);

}  // namespace clipkit
