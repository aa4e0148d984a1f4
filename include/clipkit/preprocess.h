#pragma once

#include <array>
#include <span>

#include "clipkit/export.h"
#include "clipkit/image.h"
#include "clipkit/tensor.h"

namespace clipkit {

enum class ResizeMode : uint8_t {
  kShortest,  // shorter side to the model's size, then a crop from the middle
  kLongest,   // longer side to the model's size, then padding with fill_color
  kSquash,    // both sides to the model's size
};
enum class Interpolation : uint8_t { kBicubic, kBilinear };
enum class ColorOrder : uint8_t {
  kAfterCrop,     // convert to RGB after resize and crop, as openai/CLIP and open_clip
  kBeforeResize,  // convert to RGB first, as Hugging Face transformers; its crop offsets round down
};

// What happens to a picture before the image tower sees it. The defaults are OpenAI's.
struct PreprocessConfig {
  int height = 224, width = 224;  // px
  ResizeMode resize_mode = ResizeMode::kShortest;
  Interpolation interpolation = Interpolation::kBicubic;
  ColorOrder color_order = ColorOrder::kAfterCrop;
  uint8_t fill_color = 0;  // kLongest only
  std::array<float, 3> mean = {0.48145466f, 0.4578275f, 0.40821073f};
  std::array<float, 3> std = {0.26862954f, 0.26130258f, 0.27577711f};
};

// The crop that the model sees, as 8-bit RGB: bit for bit what torchvision 0.14 with Pillow 9.4 gives.
// Only what the crop needs is computed: a 3000 x 2000 picture costs about an eighth of decoding it.
// Errors: kInvalidArgument for a picture whose pixels do not fit its size; kUnsupported where the reference fails too
// (a side of 0 px in kLongest) and for sides of more than 2^20 px. Thread-safe.
CLIPKIT_API Image resize_and_crop(const Image& image, const PreprocessConfig& config);

// The crop as float32 (pixel / 255 - mean) / std into out, (3, H, W). crop must be kRgb of the config's size.
// Thread-safe.
CLIPKIT_API void normalize(const Image& crop, const PreprocessConfig& config, std::span<float> out);

// resize_and_crop and normalize of several pictures at once, on all compute threads: (N, 3, H, W) float32. A picture's
// values have the same bits in any batch. Errors: as above, of the first picture that fails. Thread-safe.
CLIPKIT_API Tensor preprocess(std::span<const Image> images, const PreprocessConfig& config);

}  // namespace clipkit
