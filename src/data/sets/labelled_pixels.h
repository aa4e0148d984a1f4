#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "data/labelled_set.h"

namespace clipkit {

// Pictures that a set publishes as pixels: picture i has labels[i], is called "NAME, picture i" and comes from read(i),
// which must be thread-safe.
struct PixelPictures {
  std::string name;
  std::vector<int32_t> labels;
  std::function<Image(int64_t index)> read;
};
// One after the other.
std::unique_ptr<LabelledReader> read_labelled_pixels(std::vector<PixelPictures> parts);

// How the samples of one picture follow each other.
enum class PixelLayout : uint8_t {
  kInterleaved,   // rows of pixels, channels together: Image's own
  kPlanes,        // a plane of rows for each channel (CIFAR)
  kColumnPlanes,  // a plane of columns for each channel (STL-10, MATLAB)
};
// A grey (1 channel) or RGB (3) picture. pixels: channels * width * height bytes.
Image image_of_pixels(std::span<const uint8_t> pixels, int width, int height, int channels, PixelLayout layout);

}  // namespace clipkit
