#include "eval/bootstrap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace clipkit {
namespace {

// The mean of items of which the first `ones` are 1.
auto mean_of(uint32_t ones) {
  return [ones](std::span<const uint32_t> weights) {
    double sum = 0, total = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      total += weights[i];
      if (i < ones) sum += weights[i];
    }
    return sum / total;
  };
}

// The mean of n coins has a deviation of sqrt(p (1 - p) / n): 95 % of the resamples lie within 1.96 of them. The
// quantile of 1000 resamples is itself off by a sixth of that distance, four deviations out.
TEST(Bootstrap, FindsTheSpreadOfAMean) {
  const double p = 0.7, n = 1000, spread = 1.96 * std::sqrt(p * (1 - p) / n);
  const Interval interval = bootstrap_interval(1000, mean_of(700));
  EXPECT_NEAR(interval.low, p - spread, spread / 5);
  EXPECT_NEAR(interval.high, p + spread, spread / 5);
}

TEST(Bootstrap, IsAFunctionOfTheSeed) {
  const auto place = [](std::span<const uint32_t> weights) {  // takes many values
    double sum = 0;
    for (size_t i = 0; i < weights.size(); ++i) sum += static_cast<double>(i * i * weights[i]);
    return sum;
  };
  const Interval a = bootstrap_interval(100, place), b = bootstrap_interval(100, place),
                 other = bootstrap_interval(100, place, {.seed = 1});
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
  EXPECT_NE(other.low, a.low);
  EXPECT_NE(other.high, a.high);
}

TEST(Bootstrap, DrawsAsManyAsThereAre) {
  bootstrap_interval(7,
                     [](std::span<const uint32_t> weights) {
                       EXPECT_EQ(std::accumulate(weights.begin(), weights.end(), 0U), 7U);
                       return 0.0;
                     },
                     {.resamples = 20});
}

TEST(Bootstrap, LeavesOutResamplesWithoutAValue) {
  const Interval interval =
      bootstrap_interval(2, [](std::span<const uint32_t> w) { return w[0] == 0 ? std::nan("") : 1.0; });
  EXPECT_EQ(interval.low, 1);
  EXPECT_EQ(interval.high, 1);
  EXPECT_TRUE(std::isnan(bootstrap_interval(0, mean_of(1)).low));
}

}  // namespace
}  // namespace clipkit
