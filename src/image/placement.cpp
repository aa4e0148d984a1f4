#include "image/placement.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace clipkit {

namespace {

// Corner of a window of `wanted` pixels in the middle of `available`. A window that is too large gets the larger half
// of the padding at its end. torchvision rounds half to even, transformers rounds down.
int64_t middle_corner(int64_t available, int64_t wanted, ColorOrder order) {
  if (available < wanted) return -((wanted - available) / 2);
  const int64_t rest = available - wanted;
  if (order == ColorOrder::kBeforeResize || rest % 2 == 0) return rest / 2;
  return rest / 2 + (rest / 2) % 2;
}

}  // namespace

Placement place(int64_t width, int64_t height, const PreprocessConfig& config) {
  const int64_t target_width = config.width, target_height = config.height;
  Placement placement{target_width, target_height, 0, 0, config.interpolation};
  const bool shortest = config.resize_mode == ResizeMode::kShortest;
  if (shortest && target_width == target_height) {
    if (width <= height) {
      placement.height = target_height * height / width;
    } else {
      placement.width = target_width * width / height;
    }
  } else if (config.resize_mode != ResizeMode::kSquash) {
    // open_clip's ResizeKeepRatio: one ratio for both sides, rounded half to even.
    const double ratio_x = static_cast<double>(width) / static_cast<double>(target_width);
    const double ratio_y = static_cast<double>(height) / static_cast<double>(target_height);
    const double ratio = shortest ? std::min(ratio_x, ratio_y) : std::max(ratio_x, ratio_y);
    placement.width = static_cast<int64_t>(std::nearbyint(static_cast<double>(width) / ratio));
    placement.height = static_cast<int64_t>(std::nearbyint(static_cast<double>(height) / ratio));
    if (shortest) placement.interpolation = Interpolation::kBicubic;
  }
  if (placement.width < 1 || placement.height < 1) {
    fail(ErrorCode::kUnsupported, "a picture of ", width, " x ", height, " pixels fitted into ", target_width, " x ",
         target_height, " would be ", placement.width, " x ", placement.height);
  }
  placement.left = middle_corner(placement.width, target_width, config.color_order);
  placement.top = middle_corner(placement.height, target_height, config.color_order);
  return placement;
}

}  // namespace clipkit
