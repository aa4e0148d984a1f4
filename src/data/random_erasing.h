#pragma once

#include <cstdint>
#include <span>

#include "base/random.h"

namespace clipkit {

// Random erasing (Zhong et al. 2017) as timm and open_clip's use_timm do it.
struct RandomErasing {
  double probability = 0;  // that a picture loses anything
  int count = 1;           // rectangles it then loses
};

// Errors: kInvalidArgument for a probability outside 0 to 1 or a count below 1.
void check(const RandomErasing& erasing);

// Fills rectangles of normalised pixels (3, height, width) with noise of mean 0 and deviation 1. Together they cover at
// most a third of the picture, each at least 2 % / count of it, with shapes from 3:10 to 10:3.
void erase_rectangles(std::span<float> pixels, int64_t width, int64_t height, const RandomErasing& erasing,
                      Random& random);

}  // namespace clipkit
