#include "base/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace clipkit {
namespace {

using Words = std::array<uint32_t, 4>;

// The known answers that come with the paper's own implementation.
TEST(Philox, MatchesThePublishedAnswers) {
  EXPECT_EQ(philox(0, {}), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox(~uint64_t{0}, {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox(0x299f31d0a4093822, {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Random, IsAFunctionOfItsArguments) {
  const auto first = [](uint64_t seed, RandomUse use, uint32_t a, uint64_t b) {
    return Random(seed, use, a, b).next();
  };
  const uint32_t base = first(1, RandomUse::kCaption, 2, 3);
  EXPECT_EQ(first(1, RandomUse::kCaption, 2, 3), base);
  EXPECT_NE(first(2, RandomUse::kCaption, 2, 3), base);
  EXPECT_NE(first(1, RandomUse::kAugmentation, 2, 3), base);
  EXPECT_NE(first(1, RandomUse::kCaption, 3, 3), base);
  EXPECT_NE(first(1, RandomUse::kCaption, 2, 3 + (uint64_t{1} << 32)), base);
}

TEST(Random, BelowIsEven) {
  Random random(7, RandomUse::kSampleOrder);
  constexpr int kDraws = 70000;
  std::vector<int> count(7);
  for (int i = 0; i < kDraws; ++i) ++count.at(random.below(7));
  double chi_squared = 0;
  for (const int c : count) chi_squared += std::pow(c - kDraws / 7.0, 2) / (kDraws / 7.0);
  EXPECT_LT(chi_squared, 22.5);  // exceeded by one sequence in a thousand, and this one is fixed
}

TEST(Random, NormalHasItsMoments) {
  Random random(3, RandomUse::kInitialization);
  constexpr int kDraws = 100000;
  double sum = 0, squares = 0, fourth = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = random.normal();
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
  }
  // Four standard errors: of the mean 1/sqrt(n), of the variance sqrt(2/n), of the fourth moment sqrt(96/n).
  EXPECT_NEAR(sum / kDraws, 0, 4 / std::sqrt(kDraws));
  EXPECT_NEAR(squares / kDraws, 1, 4 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(fourth / kDraws, 3, 4 * std::sqrt(96.0 / kDraws));
}

}  // namespace
}  // namespace clipkit
