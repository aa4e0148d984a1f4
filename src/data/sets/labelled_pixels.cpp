#include "data/sets/labelled_pixels.h"

#include <algorithm>

#include "base/check.h"
#include "data/part_index.h"

namespace clipkit {

namespace {

class LabelledPixels : public LabelledReader {
 public:
  explicit LabelledPixels(std::vector<PixelPictures> parts) : parts_(std::move(parts)) {
    for (const PixelPictures& part : parts_) index_.add(static_cast<int64_t>(part.labels.size()));
  }

  int64_t size() const noexcept override { return index_.size(); }
  LabelledPicture read(int64_t index) const override {
    const auto [part, i] = index_.find(index);
    const PixelPictures& pictures = parts_[part];
    return {.name = concat(pictures.name, ", picture ", i),
            .image = pictures.read(static_cast<int64_t>(i)),
            .labels = {{pictures.labels[i]}}};
  }
  PictureLabels labels(int64_t index) const override {
    const auto [part, i] = index_.find(index);
    return {{parts_[part].labels[i]}};
  }

 private:
  const std::vector<PixelPictures> parts_;
  PartIndex index_;
};

}  // namespace

std::unique_ptr<LabelledReader> read_labelled_pixels(std::vector<PixelPictures> parts) {
  return std::make_unique<LabelledPixels>(std::move(parts));
}

Image image_of_pixels(std::span<const uint8_t> pixels, int width, int height, int channels, PixelLayout layout) {
  CLIPKIT_ASSERT(channels == 1 || channels == 3);
  Image image{.mode = channels == 1 ? ImageMode::kGray : ImageMode::kRgb, .width = width, .height = height};
  image.pixels.resize(pixels.size());
  const size_t w = static_cast<size_t>(width), h = static_cast<size_t>(height), c = static_cast<size_t>(channels);
  CLIPKIT_ASSERT(pixels.size() == w * h * c);
  if (layout == PixelLayout::kInterleaved) {
    std::copy(pixels.begin(), pixels.end(), image.pixels.begin());
    return image;
  }
  const size_t step_x = layout == PixelLayout::kPlanes ? 1 : h, step_y = layout == PixelLayout::kPlanes ? w : 1;
  for (size_t plane = 0; plane < c; ++plane) {
    for (size_t y = 0; y < h; ++y) {
      for (size_t x = 0; x < w; ++x) {
        image.pixels[(y * w + x) * c + plane] = pixels[plane * w * h + y * step_y + x * step_x];
      }
    }
  }
  return image;
}

}  // namespace clipkit
