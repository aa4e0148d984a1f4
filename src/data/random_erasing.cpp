#include "data/random_erasing.h"

#include <cmath>

#include "base/check.h"

namespace clipkit {

void check(const RandomErasing& erasing) {
  CLIPKIT_CHECK(0 <= erasing.probability && erasing.probability <= 1, "random erasing with the probability ",
                erasing.probability);
  CLIPKIT_CHECK(erasing.count >= 1, "random erasing of ", erasing.count, " rectangles, expected at least 1");
}

void erase_rectangles(std::span<float> pixels, int64_t width, int64_t height, const RandomErasing& erasing,
                      Random& random) {
  constexpr int kAttempts = 10;
  constexpr double kMinArea = 0.02, kMaxArea = 1.0 / 3.0;
  const double max_log_ratio = std::log(1 / 0.3);
  CLIPKIT_ASSERT(static_cast<int64_t>(pixels.size()) == 3 * width * height);
  if (erasing.probability == 0 || random.uniform_double() >= erasing.probability) return;
  for (int rectangle = 0; rectangle < erasing.count; ++rectangle) {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      const double area = random.uniform(kMinArea, kMaxArea) * static_cast<double>(width * height) / erasing.count;
      const double ratio = std::exp(random.uniform(-max_log_ratio, max_log_ratio));
      const auto h = static_cast<int64_t>(std::nearbyint(std::sqrt(area * ratio)));
      const auto w = static_cast<int64_t>(std::nearbyint(std::sqrt(area / ratio)));
      if (w >= width || h >= height) continue;
      const auto top = static_cast<int64_t>(random.below(static_cast<uint64_t>(height - h) + 1));
      const auto left = static_cast<int64_t>(random.below(static_cast<uint64_t>(width - w) + 1));
      for (int64_t c = 0; c < 3; ++c) {
        for (int64_t y = top; y < top + h; ++y) {
          float* const row = pixels.data() + (c * height + y) * width + left;
          for (int64_t x = 0; x < w; ++x) row[x] = static_cast<float>(random.normal());
        }
      }
      break;
    }
  }
}

}  // namespace clipkit
