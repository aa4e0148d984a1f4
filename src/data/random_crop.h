#pragma once

#include "base/random.h"
#include "image/resize.h"

namespace clipkit {

// What part of a picture a random crop takes.
struct CropRange {
  double min_scale = 0.9, max_scale = 1.0;              // of the picture's area
  double min_ratio = 3.0 / 4.0, max_ratio = 4.0 / 3.0;  // width / height
};

// Errors: kInvalidArgument unless 0 < min_scale <= max_scale <= 1 and 0 < min_ratio <= max_ratio.
void check(const CropRange& range);

// A crop of a picture of width x height px, drawn as torchvision's RandomResizedCrop draws it: up to ten times an area
// and a shape (uniform in its logarithm), and the first that fits anywhere; else the largest crop in the middle whose
// shape is allowed.
CropBox random_crop(int64_t width, int64_t height, const CropRange& range, Random& random);

}  // namespace clipkit
