#pragma once

#include <cstdint>

#include "clipkit/preprocess.h"

namespace clipkit {

// How a picture comes to the model's size: it is resized to width x height, then the config's rectangle is taken with
// its corner at (left, top). A negative corner means padding on that side; what lies outside is padding too.
struct Placement {
  int64_t width, height;
  int64_t left, top;
  Interpolation interpolation;
};

// torchvision's and open_clip's arithmetic, see the resize modes in docs/numerics.md. width, height: of the picture,
// px. Errors: kUnsupported where a side becomes 0 px.
Placement place(int64_t width, int64_t height, const PreprocessConfig& config);

}  // namespace clipkit
