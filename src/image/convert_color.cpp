#include "image/convert_color.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "image/resample_kernels.h"
#include "image/resize.h"

namespace clipkit {

namespace {

// The light that black ink lets through, less the share that the colour takes of it.
uint8_t without_ink(uint8_t ink, uint8_t black) noexcept {
  const int light = 255 - black;
  return static_cast<uint8_t>(std::max(0, light - multiply_255(ink, static_cast<uint32_t>(light))));
}

}  // namespace

Image convert_to_rgb(const Image& image) {
  if (image.mode == ImageMode::kRgb) return image;
  Image out;
  out.mode = ImageMode::kRgb;
  out.width = image.width;
  out.height = image.height;
  const size_t num_pixels = static_cast<size_t>(image.width) * static_cast<size_t>(image.height);
  out.pixels.resize(num_pixels * 3);

  std::array<uint8_t, 256 * 3> palette{};
  std::copy_n(image.palette.begin(), std::min(image.palette.size(), palette.size()), palette.begin());
  const size_t step = pixel_bytes(image.mode);
  const uint8_t* from = image.pixels.data();
  uint8_t* to = out.pixels.data();
  for (size_t i = 0; i < num_pixels; ++i, from += step, to += 3) {
    switch (image.mode) {
      case ImageMode::kBit:
      case ImageMode::kGray:
      case ImageMode::kGrayAlpha:
        std::memset(to, from[0], 3);
        break;
      case ImageMode::kPalette:
        std::memcpy(to, palette.data() + from[0] * 3, 3);
        break;
      case ImageMode::kRgb:
      case ImageMode::kRgba:
        std::memcpy(to, from, 3);
        break;
      case ImageMode::kCmyk:
        for (int c = 0; c < 3; ++c) to[c] = without_ink(from[c], from[3]);
        break;
      case ImageMode::kGray32: {
        int32_t value;
        std::memcpy(&value, from, 4);
        std::memset(to, std::clamp(value, 0, 255), 3);
        break;
      }
    }
  }
  return out;
}

}  // namespace clipkit
