#include "clipkit/preprocess.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <vector>

#include "base/check.h"
#include "base/compute_thread.h"
#include "base/cpu_target.h"
#include "base/parallel.h"
#include "image/convert_color.h"
#include "image/placement.h"
#include "image/resize.h"

namespace clipkit {

namespace {

void check(const Image& image) {
  CLIPKIT_CHECK(image.width > 0 && image.height > 0, "a picture of ", image.width, " x ", image.height, " pixels");
  const size_t wanted = static_cast<size_t>(image.width) * static_cast<size_t>(image.height) * pixel_bytes(image.mode);
  CLIPKIT_CHECK(image.pixels.size() == wanted, "a ", to_string(image.mode), " picture of ", image.width, " x ",
                image.height, " pixels has ", image.pixels.size(), " bytes, expected ", wanted);
}

void check(const PreprocessConfig& config) {
  constexpr int kMaxSide = 1 << 14;
  CLIPKIT_CHECK(0 < config.width && config.width <= kMaxSide && 0 < config.height && config.height <= kMaxSide,
                "preprocessing to ", config.width, " x ", config.height, " pixels, expected sides of 1 to ", kMaxSide);
  for (const float deviation : config.std)
    CLIPKIT_CHECK(deviation > 0, "preprocessing with a deviation of ", deviation);
}

}  // namespace

Image resize_and_crop(const Image& image, const PreprocessConfig& config) {
  check(image);
  check(config);
  if (config.color_order == ColorOrder::kBeforeResize && image.mode != ImageMode::kRgb) {
    return resize_and_crop(convert_to_rgb(image), config);
  }
  const Placement placement = place(image.width, image.height, config);
  const int64_t left = std::max<int64_t>(placement.left, 0), top = std::max<int64_t>(placement.top, 0);
  const CropBox box{left, top, std::min<int64_t>(config.width, placement.width - left),
                    std::min<int64_t>(config.height, placement.height - top)};
  Image part = resize(image, placement.width, placement.height, placement.interpolation, box);
  if (part.width == config.width && part.height == config.height) return convert_to_rgb(part);

  // Padding is in the picture's own mode too: in a palette picture the fill is an index.
  Image padded = like(image, config.width, config.height);
  const uint8_t fill = config.resize_mode == ResizeMode::kLongest ? config.fill_color : 0;
  const size_t sample_bytes = static_cast<size_t>(bytes_per_sample(image.mode));
  for (size_t i = 0; i < padded.pixels.size(); i += sample_bytes) padded.pixels[i] = fill;
  const size_t pixel = pixel_bytes(image.mode), row_bytes = static_cast<size_t>(part.width) * pixel;
  for (int64_t y = 0; y < part.height; ++y) {
    const int64_t to = (y + top - placement.top) * config.width + left - placement.left;
    std::memcpy(padded.pixels.data() + static_cast<size_t>(to) * pixel,
                part.pixels.data() + static_cast<size_t>(y) * row_bytes, row_bytes);
  }
  return convert_to_rgb(padded);
}

void normalize(const Image& crop, const PreprocessConfig& config, std::span<float> out) {
  check(crop);
  check(config);
  CLIPKIT_CHECK(crop.mode == ImageMode::kRgb && crop.width == config.width && crop.height == config.height, "a ",
                to_string(crop.mode), " crop of ", crop.width, " x ", crop.height, ", expected RGB of ", config.width,
                " x ", config.height);
  const size_t num_pixels = static_cast<size_t>(crop.width) * static_cast<size_t>(crop.height);
  CLIPKIT_CHECK(out.size() == 3 * num_pixels, "room for ", out.size(), " values, expected ", 3 * num_pixels);
  // A channel has 256 possible values: looking them up is faster than two divisions a pixel, and as exact.
  float value_of[3][256];
  for (size_t c = 0; c < 3; ++c) {
    for (int i = 0; i < 256; ++i) value_of[c][i] = (static_cast<float>(i) / 255.0f - config.mean[c]) / config.std[c];
  }
  const uint8_t* from = crop.pixels.data();
  float *red = out.data(), *green = red + num_pixels, *blue = green + num_pixels;
  for (size_t i = 0; i < num_pixels; ++i, from += 3) {
    red[i] = value_of[0][from[0]];
    green[i] = value_of[1][from[1]];
    blue[i] = value_of[2][from[2]];
  }
}

Tensor preprocess(std::span<const Image> images, const PreprocessConfig& config) {
  check(config);
  cpu_target();  // a wrong CLIPKIT_CPU is an error of its own, whatever the pictures
  const auto n = static_cast<int64_t>(images.size());
  Tensor out = Tensor::empty({n, 3, config.height, config.width});
  std::vector<std::exception_ptr> errors(images.size());
  run_on_compute_thread([&] {
    parallel_for_dynamic(n, [&](int64_t i) {
      try {
        normalize(resize_and_crop(images[static_cast<size_t>(i)], config), config, out.row<float>(i));
      } catch (...) {
        errors[static_cast<size_t>(i)] = std::current_exception();
      }
    });
  });
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
  return out;
}

}  // namespace clipkit
