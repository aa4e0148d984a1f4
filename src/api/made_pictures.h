#pragma once

#include <vector>

#include "clipkit/image.h"

namespace clipkit {

// RGB pictures for calibration where the user gives none: soft gradients under boxes, discs and noise, each a function
// of its number alone. They spread over a tower's channels better than noise does, and worse than photographs.
std::vector<Image> made_pictures(int count);

}  // namespace clipkit
