#pragma once

#include <cstdint>

#include "eval/bootstrap.h"

// Statistics of how many of n draws succeed. In double, to about ten digits.

namespace clipkit {

// The regularised incomplete beta function I_x(a, b), a and b > 0 (Abramowitz & Stegun 26.5): the probability that a
// beta variable is at most x.
double incomplete_beta(double x, double a, double b) noexcept;

// The probability of `successes` or more among n draws that succeed with probability p each.
double binomial_tail(int64_t successes, int64_t n, double p) noexcept;

// The exact interval of the probability behind `successes` of n (Clopper & Pearson 1934), with half of 1 - coverage on
// either side. (0, 1) for n = 0.
Interval clopper_pearson(int64_t successes, int64_t n, double coverage) noexcept;

// The interval by the score test (Wilson 1927), which is about as long as it has to be for few draws too. Coverage 95
// %. (0, 1) for n = 0.
Interval wilson_interval(int64_t successes, int64_t n) noexcept;

}  // namespace clipkit
