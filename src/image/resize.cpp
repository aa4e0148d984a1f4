#include "image/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "image/resample_kernels.h"

namespace clipkit {

namespace {

// Same size: a copy. Nothing is multiplied by alpha then, as in Pillow.
Image cut(const Image& image, const CropBox& box) {
  Image out = like(image, box.width, box.height);
  const size_t pixel = pixel_bytes(image.mode);
  const size_t row_bytes = static_cast<size_t>(box.width) * pixel;
  for (int64_t y = 0; y < box.height; ++y) {
    const auto from = static_cast<size_t>((box.top + y) * image.width + box.left) * pixel;
    std::memcpy(out.pixels.data() + static_cast<size_t>(y) * row_bytes, image.pixels.data() + from, row_bytes);
  }
  return out;
}

// Pillow adds the scale again and again, so the position carries the sum's rounding.
std::vector<int64_t> nearest_inputs(int64_t num_inputs, int64_t num_outputs, int64_t begin, int64_t end) {
  const double scale = static_cast<double>(num_inputs) / static_cast<double>(num_outputs);
  std::vector<int64_t> inputs;
  inputs.reserve(static_cast<size_t>(end - begin));
  double position = scale * 0.5;
  for (int64_t i = 0; i < end; ++i, position += scale) {
    if (i >= begin) inputs.push_back(std::min(static_cast<int64_t>(position), num_inputs - 1));
  }
  return inputs;
}

Image resize_nearest(const Image& image, int64_t width, int64_t height, const CropBox& box) {
  Image out = like(image, box.width, box.height);
  const std::vector<int64_t> columns = nearest_inputs(image.width, width, box.left, box.left + box.width);
  const std::vector<int64_t> rows = nearest_inputs(image.height, height, box.top, box.top + box.height);
  uint8_t* to = out.pixels.data();
  for (const int64_t row : rows) {
    const uint8_t* from = image.pixels.data() + row * image.width;
    for (const int64_t column : columns) *to++ = from[column];
  }
  return out;
}

int32_t round_half_away(double x) noexcept {
  return static_cast<int32_t>(x >= 0 ? std::floor(x + 0.5) : -std::floor(-x + 0.5));
}

// Mode "I": sums in double, rounded to int32 after each pass.
Image resize_gray32(const Image& image, int64_t width, int64_t height, Interpolation interpolation,
                    const CropBox& box) {
  const auto sample = [](const std::vector<uint8_t>& from, int64_t i) {
    int32_t value;
    std::memcpy(&value, from.data() + i * 4, 4);
    return static_cast<double>(value);
  };
  const auto store = [](std::vector<uint8_t>& to, int64_t i, double value) {
    const int32_t rounded = round_half_away(value);
    std::memcpy(to.data() + i * 4, &rounded, 4);
  };
  int64_t first_row = box.top, end_row = box.top + box.height;
  std::vector<ResampleWeights> vertical;
  if (height != image.height) {
    vertical.emplace_back(image.height, height, first_row, end_row, interpolation);
    first_row = vertical[0].first_input();
    end_row = vertical[0].end_input();
  }
  Image middle = like(image, box.width, end_row - first_row);
  if (width != image.width) {
    const ResampleWeights weights(image.width, width, box.left, box.left + box.width, interpolation);
    for (int64_t y = 0; y < middle.height; ++y) {
      for (int64_t x = 0; x < box.width; ++x) {
        const int64_t from = (first_row + y) * image.width + weights.window(x).first;
        double sum = 0;
        for (size_t k = 0; k < weights.weights(x).size(); ++k) {
          sum += sample(image.pixels, from + static_cast<int64_t>(k)) * weights.weights(x)[k];
        }
        store(middle.pixels, y * box.width + x, sum);
      }
    }
  } else {
    middle = cut(image, {box.left, first_row, box.width, end_row - first_row});
  }
  if (vertical.empty()) return middle;
  Image out = like(image, box.width, box.height);
  for (int64_t y = 0; y < box.height; ++y) {
    const std::span<const double> weights = vertical[0].weights(y);
    for (int64_t x = 0; x < box.width; ++x) {
      const int64_t from = (vertical[0].window(y).first - first_row) * box.width + x;
      double sum = 0;
      for (size_t k = 0; k < weights.size(); ++k) {
        sum += sample(middle.pixels, from + static_cast<int64_t>(k) * box.width) * weights[k];
      }
      store(out.pixels, y * box.width + x, sum);
    }
  }
  return out;
}

void divide_by_alpha(Image& image) {
  const int channels = num_channels(image.mode);
  for (size_t i = 0; i < image.pixels.size(); i += static_cast<size_t>(channels)) {
    uint8_t* pixel = image.pixels.data() + i;
    const uint32_t alpha = pixel[channels - 1];
    if (alpha == 0 || alpha == 255) continue;
    for (int c = 0; c + 1 < channels; ++c) {
      pixel[c] = static_cast<uint8_t>(std::min<uint32_t>(255, 255u * pixel[c] / alpha));
    }
  }
}

// The rows [first_row, end_row) with the box's columns: resampled to `width` columns, and multiplied by alpha.
std::vector<uint8_t> horizontal_pass(const Image& image, int64_t width, Interpolation interpolation, const CropBox& box,
                                     int64_t first_row, int64_t end_row) {
  const int channels = num_channels(image.mode);
  const bool has_alpha = image.mode == ImageMode::kRgba || image.mode == ImageMode::kGrayAlpha;
  const int64_t row_bytes = box.width * channels, stride = int64_t{image.width} * channels;
  std::vector<uint8_t> out(static_cast<size_t>((end_row - first_row) * row_bytes));
  if (width == image.width) {
    for (int64_t row = first_row; row < end_row; ++row) {
      const uint8_t* from = image.pixels.data() + row * stride + box.left * channels;
      uint8_t* to = out.data() + (row - first_row) * row_bytes;
      if (has_alpha) {
        premultiply(from, box.width, channels, to);
      } else {
        std::memcpy(to, from, static_cast<size_t>(row_bytes));
      }
    }
    return out;
  }

  const FixedPointWeights weights(ResampleWeights(image.width, width, box.left, box.left + box.width, interpolation));
  const int64_t first_column = weights.first_input(), columns = weights.end_input() - first_column;
  std::vector<uint8_t> multiplied(has_alpha ? static_cast<size_t>(kStripRows * columns * channels) : 0), scratch;
  for (int64_t row = first_row; row < end_row; row += kStripRows) {
    SampleRows strip{image.pixels.data() + row * stride + first_column * channels, stride,
                     std::min(kStripRows, end_row - row), channels};
    if (has_alpha) {
      for (int64_t y = 0; y < strip.rows; ++y) {
        premultiply(strip.data + y * stride, columns, channels, multiplied.data() + y * columns * channels);
      }
      strip.data = multiplied.data();
      strip.stride = columns * channels;
    }
    resample_columns(strip, weights, first_column, out.data() + (row - first_row) * row_bytes, scratch);
  }
  return out;
}

Image resize_8bit(const Image& image, int64_t width, int64_t height, Interpolation interpolation, const CropBox& box) {
  Image out = like(image, box.width, box.height);
  if (height == image.height) {
    out.pixels = horizontal_pass(image, width, interpolation, box, box.top, box.top + box.height);
  } else {
    const FixedPointWeights weights(
        ResampleWeights(image.height, height, box.top, box.top + box.height, interpolation));
    const std::vector<uint8_t> middle =
        horizontal_pass(image, width, interpolation, box, weights.first_input(), weights.end_input());
    resample_rows(middle.data(), box.width * num_channels(image.mode), weights, weights.first_input(),
                  out.pixels.data());
  }
  if (image.mode == ImageMode::kRgba || image.mode == ImageMode::kGrayAlpha) divide_by_alpha(out);
  return out;
}

}  // namespace

Image like(const Image& image, int64_t width, int64_t height) {
  Image out;
  out.mode = image.mode;
  out.width = static_cast<int>(width);
  out.height = static_cast<int>(height);
  out.pixels.resize(static_cast<size_t>(width) * static_cast<size_t>(height) * pixel_bytes(image.mode));
  out.palette = image.palette;
  return out;
}

Image resize(const Image& image, int64_t width, int64_t height, Interpolation interpolation, const CropBox& box) {
  CLIPKIT_ASSERT(box.width > 0 && 0 <= box.left && box.left + box.width <= width);
  CLIPKIT_ASSERT(box.height > 0 && 0 <= box.top && box.top + box.height <= height);
  if (width == image.width && height == image.height) return cut(image, box);
  if (std::max(image.width, image.height) > kMaxResampleSide) {
    fail(ErrorCode::kUnsupported, "a picture of ", image.width, " x ", image.height,
         " pixels is resized; sides of up to ", kMaxResampleSide, " are supported");
  }
  switch (image.mode) {
    case ImageMode::kBit:
    case ImageMode::kPalette:
      return resize_nearest(image, width, height, box);
    case ImageMode::kGray32:
      return resize_gray32(image, width, height, interpolation, box);
    default:
      return resize_8bit(image, width, height, interpolation, box);
  }
}

}  // namespace clipkit
