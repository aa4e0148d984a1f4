#include "eval/binomial.h"

#include <gtest/gtest.h>

#include <cmath>

namespace clipkit {
namespace {

TEST(Binomial, IncompleteBetaMeetsItsClosedForms) {
  for (const double x : {0.001, 0.1, 0.37, 0.5, 0.9, 0.999}) {
    EXPECT_NEAR(incomplete_beta(x, 1, 7), 1 - std::pow(1 - x, 7), 1e-14);
    EXPECT_NEAR(incomplete_beta(x, 5, 1), std::pow(x, 5), 1e-14);
    EXPECT_NEAR(incomplete_beta(x, 2, 3), x * x * (6 - 8 * x + 3 * x * x), 1e-14);
    EXPECT_NEAR(incomplete_beta(x, 0.5, 0.5), 2 / M_PI * std::asin(std::sqrt(x)), 1e-14) << "the arcsine law";
    EXPECT_NEAR(incomplete_beta(x, 300, 700) + incomplete_beta(1 - x, 700, 300), 1, 1e-12);
  }
  EXPECT_EQ(incomplete_beta(0, 2, 3), 0);
  EXPECT_EQ(incomplete_beta(1, 2, 3), 1);
}

// The sum of the terms, from the ratio of neighbours.
double plain_tail(int64_t successes, int64_t n, double p) {
  double term = std::pow(1 - p, n), sum = successes <= 0 ? term : 0;
  for (int64_t k = 1; k <= n; ++k) {
    term *= static_cast<double>(n - k + 1) / static_cast<double>(k) * p / (1 - p);
    if (k >= successes) sum += term;
  }
  return sum;
}

TEST(Binomial, TailIsTheSumOfItsTerms) {
  EXPECT_NEAR(binomial_tail(8, 10, 0.5), 56.0 / 1024, 1e-15);
  EXPECT_NEAR(binomial_tail(15, 20, 0.5), 21700.0 / 1048576, 1e-14) << "the sign test's 0.0207";
  for (const int64_t n : {1, 2, 10, 77, 400}) {
    for (int64_t k = 0; k <= n + 1; k += 1 + n / 9) {
      for (const double p : {0.02, 0.3, 0.81})  // the reference loses a few of its digits to n products
        EXPECT_NEAR(binomial_tail(k, n, p), plain_tail(k, n, p), 1e-12) << k << " of " << n << ", " << p;
    }
  }
  EXPECT_EQ(binomial_tail(0, 10, 0), 1);
  EXPECT_EQ(binomial_tail(1, 10, 0), 0);
  EXPECT_EQ(binomial_tail(3, 3, 1), 1);
  EXPECT_NEAR(binomial_tail(25'000'000, 50'000'000, 0.5), 0.5, 1e-4) << "millions too";
}

// Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 5.
TEST(Binomial, ClopperPearsonMeetsThePublishedIntervals) {
  const struct {
    int64_t successes, n;
    double low, high;
  } published[] = {{81, 263, 0.2527, 0.3676}, {15, 148, 0.0578, 0.1617}, {0, 20, 0, 0.1684}, {1, 29, 0.0009, 0.1776}};
  for (const auto& one : published) {
    const Interval interval = clopper_pearson(one.successes, one.n, 0.95);
    EXPECT_NEAR(interval.low, one.low, 0.5e-4);
    EXPECT_NEAR(interval.high, one.high, 0.5e-4);
    const Interval failures = clopper_pearson(one.n - one.successes, one.n, 0.95);
    EXPECT_NEAR(failures.low, 1 - interval.high, 1e-12);
  }
  const Interval none = clopper_pearson(0, 0, 0.995);
  EXPECT_EQ(none.low, 0);
  EXPECT_EQ(none.high, 1);
}

// The same table, method 3.
TEST(Binomial, WilsonMeetsThePublishedIntervals) {
  const struct {
    int64_t successes, n;
    double low, high;
  } published[] = {{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}};
  for (const auto& one : published) {
    const Interval interval = wilson_interval(one.successes, one.n);
    EXPECT_NEAR(interval.low, one.low, 0.5e-4);
    EXPECT_NEAR(interval.high, one.high, 0.5e-4);
  }
  EXPECT_EQ(wilson_interval(0, 0).high, 1);
}

// What defines it: at either end, so many successes or fewer (more) have half of what is left out.
TEST(Binomial, ClopperPearsonEndsWhereTheTailsAreWhatIsLeftOut) {
  const Interval interval = clopper_pearson(37, 120, 0.995);
  EXPECT_NEAR(binomial_tail(37, 120, interval.low), 0.0025, 1e-12);
  EXPECT_NEAR(1 - binomial_tail(38, 120, interval.high), 0.0025, 1e-12);
}

}  // namespace
}  // namespace clipkit
