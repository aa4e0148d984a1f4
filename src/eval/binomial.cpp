#include "eval/binomial.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace clipkit {

namespace {

constexpr double kTiny = 1e-300;

// std::lgamma keeps the sign in a variable of the whole process.
double log_gamma(double x) noexcept {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

// The continued fraction of I_x(a, b) by Lentz's algorithm; it needs about sqrt(max(a, b)) steps for x below the mean.
double beta_fraction(double x, double a, double b) noexcept {
  const auto away_from_zero = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
  double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), fraction = d;
  for (int m = 1; m < 1'000'000; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away_from_zero(1 + even * d);
    c = away_from_zero(1 + even / c);
    fraction *= d * c;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away_from_zero(1 + odd * d);
    c = away_from_zero(1 + odd / c);
    fraction *= d * c;
    if (std::abs(d * c - 1) < std::numeric_limits<double>::epsilon()) break;
  }
  return fraction;
}

// The x with I_x(a, b) = probability: I rises with x, and halving ends at neighbouring numbers.
double beta_quantile(double probability, double a, double b) noexcept {
  double low = 0, high = 1;
  for (;;) {
    const double middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    (incomplete_beta(middle, a, b) < probability ? low : high) = middle;
  }
}

}  // namespace

double incomplete_beta(double x, double a, double b) noexcept {
  if (!(x > 0)) return 0;
  if (x >= 1) return 1;
  const double front = std::exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) + b * std::log1p(-x));
  // On the other side of the mean the fraction converges slowly; I_x(a, b) = 1 - I_(1-x)(b, a).
  const double value =
      x < (a + 1) / (a + b + 2) ? front * beta_fraction(x, a, b) / a : 1 - front * beta_fraction(1 - x, b, a) / b;
  return std::clamp(value, 0.0, 1.0);
}

double binomial_tail(int64_t successes, int64_t n, double p) noexcept {
  if (successes <= 0) return 1;
  if (successes > n) return 0;
  return incomplete_beta(p, static_cast<double>(successes), static_cast<double>(n - successes + 1));
}

Interval clopper_pearson(int64_t successes, int64_t n, double coverage) noexcept {
  const double outside = (1 - coverage) / 2, k = static_cast<double>(successes), m = static_cast<double>(n);
  return {successes <= 0 ? 0 : beta_quantile(outside, k, m - k + 1),
          successes >= n ? 1 : beta_quantile(1 - outside, k + 1, m - k)};
}

Interval wilson_interval(int64_t successes, int64_t n) noexcept {
  if (n <= 0) return {0, 1};
  constexpr double z = 1.959963984540054;  // of the normal distribution, 95 %
  const double m = static_cast<double>(n), p = static_cast<double>(successes) / m;
  const double middle = p + z * z / (2 * m), half = z * std::sqrt(p * (1 - p) / m + z * z / (4 * m * m));
  return {std::max(0.0, (middle - half) / (1 + z * z / m)), std::min(1.0, (middle + half) / (1 + z * z / m))};
}

}  // namespace clipkit
