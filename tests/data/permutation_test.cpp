#include "data/permutation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <vector>

namespace clipkit {
namespace {

TEST(Permutation, IsOneForEverySizeAndKey) {
  for (uint64_t n = 1; n < 70; ++n) {
    for (uint64_t key = 0; key < 5; ++key) {
      std::vector<bool> seen(n);
      for (uint64_t x = 0; x < n; ++x) {
        const uint64_t y = permute(key, n, x);
        ASSERT_LT(y, n);
        EXPECT_FALSE(seen[y]) << n << " " << key;
        seen[y] = true;
      }
    }
  }
  EXPECT_LT(permute(1, uint64_t{1} << 40, 12345), uint64_t{1} << 40);
}

TEST(Permutation, AllOrdersOfFourAreEquallyLikely) {
  constexpr int kKeys = 24000;
  std::map<std::vector<uint64_t>, int> counts;
  for (uint64_t key = 0; key < kKeys; ++key) {
    ++counts[{permute(key, 4, 0), permute(key, 4, 1), permute(key, 4, 2), permute(key, 4, 3)}];
  }
  ASSERT_EQ(counts.size(), 24u);
  // Each count is binomial with mean 1000 and deviation sqrt(1000 * 23 / 24) = 31; the bound is five deviations.
  for (const auto& [order, count] : counts) EXPECT_NEAR(count, 1000, 155);
}

TEST(Permutation, NeighboursGoFarApart) {
  // |permute(x + 1) - permute(x)| of a random permutation is n / 3 on average, with deviation n / sqrt(18 (n - 1)).
  constexpr uint64_t kSize = 10007;
  double sum = 0;
  for (uint64_t x = 0; x + 1 < kSize; ++x) {
    sum += std::abs(static_cast<double>(permute(7, kSize, x + 1)) - static_cast<double>(permute(7, kSize, x)));
  }
  EXPECT_NEAR(sum / (kSize - 1), kSize / 3.0, 5 * kSize / std::sqrt(18.0 * (kSize - 1)));
}

}  // namespace
}  // namespace clipkit
