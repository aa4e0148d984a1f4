#include "curate/distribution.h"

#include <gtest/gtest.h>

#include <cmath>

namespace clipkit {
namespace {

TEST(Distribution, OfNothingIsZero) {
  const ValueSummary s = Distribution().summary();
  EXPECT_EQ(s.count, 0);
  EXPECT_EQ(s.median, 0);
  EXPECT_TRUE(s.histogram.empty());
}

TEST(Distribution, QuantilesOfSmallNumbersAreExact) {
  Distribution d;
  for (int i = 100; i >= 1; --i) d.add(i);
  const ValueSummary s = d.summary();
  EXPECT_EQ(s.count, 100);
  EXPECT_EQ(s.min, 1);
  EXPECT_EQ(s.p1, 1);
  EXPECT_EQ(s.p10, 10);
  EXPECT_EQ(s.median, 50);
  EXPECT_EQ(s.p90, 90);
  EXPECT_EQ(s.max, 100);
  EXPECT_DOUBLE_EQ(s.mean, 50.5);
}

TEST(Distribution, LargeNumbersAreKeptToOneInTwoThousand) {
  Distribution d;
  for (int64_t i = 1; i <= 5; ++i) d.add(i * 1'000'000'007);
  const ValueSummary s = d.summary();
  EXPECT_EQ(s.min, 1'000'000'007.0);
  EXPECT_EQ(s.max, 5'000'000'035.0);
  EXPECT_LE(std::abs(s.median / 3'000'000'021.0 - 1), 1.0 / 2048);  // 12 digits, the first of them 1
  EXPECT_EQ(s.mean, 3'000'000'021.0);
}

TEST(Distribution, BinsCoverEveryNumberOnce) {
  Distribution d;
  for (int64_t i = 3; i < 3000; i += 7) d.add(i);
  const ValueSummary s = d.summary();
  int64_t total = 0;
  for (size_t i = 0; i < s.histogram.size(); ++i) {
    total += s.histogram[i].count;
    if (i > 0) {
      EXPECT_EQ(s.histogram[i].low, s.histogram[i - 1].high);
    }
  }
  EXPECT_EQ(total, s.count);
  EXPECT_EQ(s.histogram.front().low, 3);
  EXPECT_EQ(s.histogram.back().low, 2560);  // 2048 and two quarters of it would be 3072
  EXPECT_EQ(s.histogram.back().high, 3072);
}

TEST(Distribution, DividesByItsUnit) {
  Distribution d;
  d.add(1500);
  EXPECT_EQ(d.summary(1000).median, 1.5);
}

}  // namespace
}  // namespace clipkit
