#pragma once

#include "clipkit/tensor.h"

namespace clipkit {

// (1 - alpha) a + alpha b, float32 of one shape, taken in float64: what WiSE-FT makes of each tensor of two models
// (Wortsman et al. 2022).
Tensor average_weights(const TensorView& a, const TensorView& b, double alpha);

}  // namespace clipkit
