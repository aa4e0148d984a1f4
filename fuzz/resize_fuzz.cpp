// layer: image
// Resizing under every instruction set against the plain loops: sizes, mode, filter and samples from the input.
#include <hwy/targets.h>

#include <cstdint>
#include <cstdlib>

#include "base/highway_target.h"
#include "image/resample_kernels.h"
#include "image/resize.h"

namespace {

// Every pass over a strip and over rows, with the plain loops.
std::vector<uint8_t> resize_plain(const clipkit::Image& image, int64_t width, int64_t height,
                                  clipkit::Interpolation interpolation) {
  using namespace clipkit;
  const int channels = num_channels(image.mode);
  const FixedPointWeights columns(ResampleWeights(image.width, width, 0, width, interpolation));
  const FixedPointWeights rows(ResampleWeights(image.height, height, 0, height, interpolation));
  const SampleRows all{image.pixels.data(), int64_t{image.width} * channels, image.height, channels};
  std::vector<uint8_t> scratch, middle(static_cast<size_t>(image.height * width * channels));
  resample_columns_plain(all, columns, 0, middle.data(), scratch);
  std::vector<uint8_t> out(static_cast<size_t>(height * width * channels));
  resample_rows_plain(middle.data(), width * channels, rows, 0, out.data());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace clipkit;
  if (size < 8) return 0;
  Image image;
  image.mode = data[0] % 3 == 0 ? ImageMode::kGray : data[0] % 3 == 1 ? ImageMode::kRgb : ImageMode::kCmyk;
  image.width = 1 + (data[1] | data[2] << 8) % 700;
  image.height = 1 + data[3] % 150;
  // Other sizes than the picture's, so that neither pass is left out.
  const int64_t width = 1 + data[4] + (1 + data[4] == image.width),
                height = 1 + data[5] + (1 + data[5] == image.height);
  const Interpolation interpolation = data[6] % 2 == 0 ? Interpolation::kBicubic : Interpolation::kBilinear;
  image.pixels.resize(static_cast<size_t>(image.width * image.height) * pixel_bytes(image.mode));
  for (size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<uint8_t>(data[i % size] * (i / size + 1));

  const std::vector<uint8_t> expected = resize_plain(image, width, height, interpolation);
  apply_cpu_target_to_highway();
  static const int64_t targets = hwy::SupportedTargets();
  for (int64_t rest = targets; rest != 0; rest &= rest - 1) {
    hwy::SetSupportedTargetsForTest(rest & -rest);
    hwy::GetChosenTarget().Update(rest & -rest);
    if (resize(image, width, height, interpolation, {0, 0, width, height}).pixels != expected) std::abort();
  }
  return 0;
}
