#include "eval/conformal.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <vector>

#include "base/check.h"

namespace clipkit {

double conformal_threshold(std::span<const double> scores, double coverage) {
  CLIPKIT_CHECK(coverage > 0 && coverage < 1, "a coverage of ", coverage, ", expected one between 0 and 1");
  std::vector<double> sorted(scores.begin(), scores.end());
  for (const double score : sorted) CLIPKIT_CHECK(!std::isnan(score), "a score that is NaN");
  // Rounding shall not turn 95 of 99 into 96.
  const double k = std::ceil((static_cast<double>(sorted.size()) + 1) * coverage - 1e-9);
  if (k > static_cast<double>(sorted.size())) return -std::numeric_limits<double>::infinity();
  const auto kth = sorted.begin() + static_cast<std::ptrdiff_t>(k) - 1;
  std::nth_element(sorted.begin(), kth, sorted.end(), std::greater<>());
  return *kth;
}

}  // namespace clipkit
