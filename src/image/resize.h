#pragma once

#include <cstdint>

#include "clipkit/image.h"
#include "clipkit/preprocess.h"

namespace clipkit {

// A rectangle in a resized picture.
struct CropBox {
  int64_t left, top, width, height;  // px
};

// The part `box` of the picture resized to width x height, in the picture's own mode and bit for bit as Pillow does it
// (Image.resize): horizontal pass, then vertical pass, each rounded to the sample type. Palette indices and bits take
// the nearest sample, whatever the interpolation; colours with alpha are multiplied by it first and divided again at
// the end. Only what the box needs is computed. box lies within the resized picture. Errors: kUnsupported for a picture
// with a side of more than kMaxResampleSide. Thread-safe.
Image resize(const Image& image, int64_t width, int64_t height, Interpolation interpolation, const CropBox& box);

// An empty picture with the mode and palette of another.
Image like(const Image& image, int64_t width, int64_t height);

// Bytes from one pixel to the next.
inline size_t pixel_bytes(ImageMode mode) noexcept {
  return static_cast<size_t>(num_channels(mode)) * static_cast<size_t>(bytes_per_sample(mode));
}

}  // namespace clipkit
