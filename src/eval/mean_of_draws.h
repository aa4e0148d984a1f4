#pragma once

#include <span>

#include "clipkit/evaluate.h"

namespace clipkit {

// The mean of what some draws gave, with the interval that holds 95 % by Student's t over them; NaN for one draw.
Estimate mean_of_draws(std::span<const double> values);

}  // namespace clipkit
