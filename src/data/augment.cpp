#include "data/augment.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "image/convert_color.h"
#include "image/decode.h"

namespace clipkit {

namespace {

// The largest shrinking that leaves the crop enough pixels.
int shrink_for(const CropBox& crop, const AugmentConfig& config, const PreprocessConfig& preprocess) {
  if (config.decode_reserve <= 0) return 1;
  int shrink = 8;
  while (shrink > 1 && (static_cast<double>(crop.width) < config.decode_reserve * shrink * preprocess.width ||
                        static_cast<double>(crop.height) < config.decode_reserve * shrink * preprocess.height)) {
    shrink /= 2;
  }
  return shrink;
}

// The same part of a picture whose sides were divided by `shrink`, to the nearest pixel.
CropBox shrunken(const CropBox& box, int shrink, const Image& image) {
  const auto divided = [&](int64_t px) { return (px + shrink / 2) / shrink; };
  const int64_t left = std::min<int64_t>(divided(box.left), image.width - 1);
  const int64_t top = std::min<int64_t>(divided(box.top), image.height - 1);
  const int64_t right = std::clamp<int64_t>(divided(box.left + box.width), left + 1, image.width);
  const int64_t bottom = std::clamp<int64_t>(divided(box.top + box.height), top + 1, image.height);
  return {left, top, right - left, bottom - top};
}

}  // namespace

void check(const AugmentConfig& config) {
  check(config.crop);
  check(config.color);
  check(config.erasing);
  CLIPKIT_CHECK(config.decode_reserve == 0 || config.decode_reserve >= 1, "decode_reserve is ", config.decode_reserve,
                ", expected 0, or at least 1");
}

void augment_picture(std::span<const std::byte> file, std::string_view name, const AugmentConfig& config,
                     const PreprocessConfig& preprocess, const DecodeOptions& decode, Random random,
                     std::span<float> out) {
  DecodeOptions options = decode;
  Image image;
  CropBox crop{};
  // A picture that is turned upright has another size than its header says.
  const PictureSize size = decode.honour_orientation ? PictureSize() : jpeg_size({file, name, decode});
  if (size.width > 0) {
    crop = random_crop(size.width, size.height, config.crop, random);
    options.jpeg_shrink = shrink_for(crop, config, preprocess);
    image = decode_image(file, name, options);
    if (options.jpeg_shrink > 1) crop = shrunken(crop, options.jpeg_shrink, image);
  } else {
    image = decode_image(file, name, options);
    crop = random_crop(image.width, image.height, config.crop, random);
  }
  if (crop.width < image.width || crop.height < image.height) {
    image = resize(image, image.width, image.height, preprocess.interpolation, crop);  // cuts: the size stays
  }
  const CropBox whole{0, 0, preprocess.width, preprocess.height};
  image = convert_to_rgb(resize(image, preprocess.width, preprocess.height, preprocess.interpolation, whole));
  jitter_colors(image, config.color, random);
  normalize(image, preprocess, out);
  erase_rectangles(out, preprocess.width, preprocess.height, config.erasing, random);
}

}  // namespace clipkit
