#include "data/random_crop.h"

#include <cmath>

#include "base/check.h"

namespace clipkit {

void check(const CropRange& range) {
  CLIPKIT_CHECK(0 < range.min_scale && range.min_scale <= range.max_scale && range.max_scale <= 1, "random crops of ",
                range.min_scale, " to ", range.max_scale, " of the area, expected a range within 0 to 1, without 0");
  CLIPKIT_CHECK(0 < range.min_ratio && range.min_ratio <= range.max_ratio && range.max_ratio < INFINITY,
                "random crops with width / height of ", range.min_ratio, " to ", range.max_ratio,
                ", expected a range above 0");
}

CropBox random_crop(int64_t width, int64_t height, const CropRange& range, Random& random) {
  constexpr int kAttempts = 10;
  const auto w = static_cast<double>(width), h = static_cast<double>(height);
  const double min_log = std::log(range.min_ratio), max_log = std::log(range.max_ratio);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const double area = w * h * random.uniform(range.min_scale, range.max_scale);
    const double ratio = std::exp(random.uniform(min_log, max_log));
    const double crop_width = std::nearbyint(std::sqrt(area * ratio));
    const double crop_height = std::nearbyint(std::sqrt(area / ratio));
    if (crop_width < 1 || crop_width > w || crop_height < 1 || crop_height > h) continue;
    CropBox box{0, 0, static_cast<int64_t>(crop_width), static_cast<int64_t>(crop_height)};
    box.top = static_cast<int64_t>(random.below(static_cast<uint64_t>(height - box.height) + 1));
    box.left = static_cast<int64_t>(random.below(static_cast<uint64_t>(width - box.width) + 1));
    return box;
  }
  CropBox box{0, 0, width, height};
  if (w / h < range.min_ratio) {
    box.height = static_cast<int64_t>(std::nearbyint(w / range.min_ratio));
  } else if (w / h > range.max_ratio) {
    box.width = static_cast<int64_t>(std::nearbyint(h * range.max_ratio));
  }
  // The rounding can give a side too many where min_ratio is a picture's own shape; and a picture may be one pixel
  // high.
  box.width = std::min(std::max<int64_t>(box.width, 1), width);
  box.height = std::min(std::max<int64_t>(box.height, 1), height);
  box.top = (height - box.height) / 2;
  box.left = (width - box.width) / 2;
  return box;
}

}  // namespace clipkit
