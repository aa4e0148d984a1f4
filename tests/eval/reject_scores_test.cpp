#include "eval/reject_scores.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "clipkit/error.h"
#include "ops/reference/reference_backend.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;

constexpr double kScoreRounding = 16 * 0x1p-53;  // a handful of sums and exponentials of numbers about 1

Tensor matrix(const std::vector<std::vector<float>>& rows) {
  Tensor tensor = Tensor::empty({static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())});
  for (size_t i = 0; i < rows.size(); ++i)
    std::copy(rows[i].begin(), rows[i].end(), tensor.row<float>(static_cast<int64_t>(i)).begin());
  return tensor;
}

// exp(ln 3) : exp(0) : exp(0) is 3 : 1 : 1.
TEST(McmScore, IsTheLargestSoftmax) {
  EXPECT_NEAR(mcm_score(std::vector{std::log(3.0), 0.0, 0.0}, 1), 3.0 / 5, kScoreRounding);
  EXPECT_NEAR(mcm_score(std::vector{0.0, std::log(3.0) / 100}, 0.01), 3.0 / 4, 4 * kScoreRounding)
      << "at a temperature";
  EXPECT_EQ(mcm_score(std::vector{0.3}, 1), 1) << "one label takes all";
  EXPECT_NEAR(mcm_score(std::vector{1.0, -1.0}, 0.001), 1, kScoreRounding) << "no overflow";
  EXPECT_THROW(mcm_score({}, 1), Error);
  EXPECT_THROW(mcm_score(std::vector{0.3}, 0), Error);
}

// Labels weigh 3 and 1, negatives 1, 2, 4 and 6. One group: 4 / (4 + 13). Two: those at even places weigh 5, at odd
// ones 8. Three have one each, and the fourth negative is left over.
TEST(NegLabelScore, IsTheMeanShareOfTheLabelsOverTheGroups) {
  const std::vector labels = {std::log(3.0), 0.0}, negatives = {0.0, std::log(2.0), std::log(4.0), std::log(6.0)};
  EXPECT_NEAR(neglabel_score(labels, negatives, 1, 1), 4.0 / 17, kScoreRounding);
  EXPECT_NEAR(neglabel_score(labels, negatives, 1, 2), (4.0 / 9 + 4.0 / 12) / 2, kScoreRounding);
  EXPECT_NEAR(neglabel_score(labels, negatives, 1, 3), (4.0 / 5 + 4.0 / 6 + 4.0 / 8) / 3, kScoreRounding);
  EXPECT_NEAR(neglabel_score(labels, negatives, 1, 100), (4.0 / 5 + 4.0 / 6 + 4.0 / 8 + 4.0 / 10) / 4, kScoreRounding)
      << "no more groups than negatives";
  EXPECT_EQ(neglabel_score(labels, {}, 1, 100), 1) << "nothing speaks against the labels";
  EXPECT_NEAR(neglabel_score(std::vector{-1.0}, std::vector{1.0}, 0.0001, 1), 0, kScoreRounding) << "no overflow";
}

// Words at angles from two labels, (1, 0) and (0, 1). The 0.95 quantile of two cosines a <= b is a + 0.95 (b - a).
TEST(MineNegatives, TakesTheWordsThatAreLeastLikeTheLabels) {
  const auto backend = make_reference_backend(DType::kFloat32);
  std::vector<std::vector<float>> words(20, {0.8F, 0.6F});  // 0.79
  words[3] = {-1, 0};                                       // -0.05
  words[7] = {-0.6F, -0.8F};                                // -0.61
  words[12] = {0, -1};                                      // -0.05
  words[15] = {1, 0};                                       // 0.95
  const Tensor labels = matrix({{1, 0}, {0, 1}});
  EXPECT_THAT(mine_negatives(*backend, matrix(words), labels), ElementsAre(7, 3, 12))
      << "15 % of 20, equal ones by index";
  EXPECT_TRUE(mine_negatives(*backend, matrix({{1, 0}}), labels).empty());
}

// With groups that are alike, G of weight b each against labels of weight G b: each share is G / (G + 1).
TEST(EvenThreshold, IsWhereLabelsWeighAsMuchAsAllNegatives) {
  const std::vector<double> negatives(690, 0);
  EXPECT_NEAR(neglabel_score(std::vector{std::log(690.0)}, negatives, 1, 6), even_threshold(690), kScoreRounding);
  EXPECT_NEAR(even_threshold(690), 6.0 / 7, kScoreRounding);
  EXPECT_EQ(even_threshold(199), 0.5);
  EXPECT_EQ(even_threshold(0), 0.5);
}

TEST(RejectScores, AreThoseOfEachPicture) {
  const auto backend = make_reference_backend(DType::kFloat32);
  std::vector<std::vector<float>> many(300, {3, 4});  // more than a block
  many[299] = {5, 0};
  const Tensor pictures = matrix(many), labels = matrix({{1, 0}, {0, 1}}), negatives = matrix({{0.6F, 0.8F}});
  const auto score = [&](RejectScore kind, double scale) {
    return reject_scores(*backend, kind, pictures, labels, negatives, scale);
  };
  constexpr double kFloat = 0x1p-22;  // of cosines in float32; times the scale in exponents
  EXPECT_NEAR(score(RejectScore::kCosine, 7)[0], 0.8, kFloat);
  EXPECT_NEAR(score(RejectScore::kCosine, 7)[299], 1, kFloat);
  EXPECT_NEAR(score(RejectScore::kMcm, 7)[0], 1 / (1 + std::exp(-0.2)), kFloat);
  EXPECT_NEAR(score(RejectScore::kProbability, 7)[0], 1 / (1 + std::exp(-0.2 * 7)), 7 * kFloat);
  const double labels_of_0 = std::exp(60.0) + std::exp(80.0), labels_of_299 = std::exp(100.0) + 1;
  EXPECT_NEAR(score(RejectScore::kNegLabel, 100)[0], labels_of_0 / (labels_of_0 + std::exp(100.0)), 100 * kFloat);
  EXPECT_NEAR(score(RejectScore::kNegLabel, 100)[299], labels_of_299 / (labels_of_299 + std::exp(60.0)), 100 * kFloat);
}

}  // namespace
}  // namespace clipkit
