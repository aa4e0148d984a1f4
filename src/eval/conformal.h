#pragma once

#include <span>

namespace clipkit {

// The threshold at or above which a new score falls with a probability of at least `coverage`, if it is exchangeable
// with these n: the k-th largest of them, k = ceil((n + 1) coverage) (split conformal prediction, Vovk et al. 2005;
// Angelopoulos & Bates 2023, section 1). Without enough of them, k > n, -infinity: nothing is below. Errors:
// kInvalidArgument (NaN; a coverage that is not between 0 and 1).
double conformal_threshold(std::span<const double> scores, double coverage);

}  // namespace clipkit
