#include "eval/conformal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/random.h"
#include "clipkit/error.h"

namespace clipkit {
namespace {

TEST(ConformalThreshold, IsTheKthLargest) {
  std::vector<double> scores(19);
  std::iota(scores.begin(), scores.end(), 1.0);
  EXPECT_EQ(conformal_threshold(scores, 0.9), 2) << "the 18th largest of 19: 20 * 0.9";
  EXPECT_EQ(conformal_threshold(scores, 0.95), 1) << "the 19th: all of them";
  EXPECT_EQ(conformal_threshold(scores, 0.951), -std::numeric_limits<double>::infinity()) << "the 20th is not there";
  EXPECT_EQ(conformal_threshold(scores, 0.01), 19);
  EXPECT_EQ(conformal_threshold({}, 0.5), -std::numeric_limits<double>::infinity());
  std::vector<double> many(99);
  std::iota(many.begin(), many.end(), 1.0);
  EXPECT_EQ(conformal_threshold(many, 0.95), 5) << "the 95th largest of 99, whatever 100 * 0.95 is rounded to";
}

// The coverage of a new score is k / (n + 1) exactly when none are equal: here 27 / 30 = 0.9. 4000 repetitions have a
// deviation of sqrt(0.9 * 0.1 / 4000) = 0.0047, and the bound is four of them.
TEST(ConformalThreshold, CoversNewScoresAsOftenAsItSays) {
  Random random(7, RandomUse::kBootstrap);
  int covered = 0;
  constexpr int kRepetitions = 4000;
  for (int r = 0; r < kRepetitions; ++r) {
    std::vector<double> scores(29);
    for (double& score : scores) score = random.normal();
    covered += random.normal() >= conformal_threshold(scores, 0.9);
  }
  EXPECT_NEAR(static_cast<double>(covered) / kRepetitions, 0.9, 4 * std::sqrt(0.9 * 0.1 / kRepetitions));
}

TEST(ConformalThreshold, RefusesWhatHasNoMeaning) {
  const std::vector<double> scores = {0.5, 0.25};
  for (const double coverage : {0.0, 1.0, -0.5, std::nan("")})
    EXPECT_THROW(conformal_threshold(scores, coverage), Error);
  EXPECT_THROW(conformal_threshold(std::vector{0.5, std::nan("")}, 0.5), Error);
}

}  // namespace
}  // namespace clipkit
