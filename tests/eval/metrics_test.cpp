#include "eval/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/json.h"
#include "clipkit/error.h"
#include "support/golden.h"

namespace clipkit {
namespace {

using enum Relevance;

// Sums of some tens of quotients below 1, in another order than the reference's.
constexpr double kRounding = 64 * 0x1p-53;

TEST(RankAmong, CountsHigherScoresAndEqualOnesBefore) {
  const std::vector<float> scores = {0.5f, 0.25f, 0.5f, 0.75f};
  EXPECT_EQ(rank_among<float>(scores, 3), 0);
  EXPECT_EQ(rank_among<float>(scores, 0), 1);
  EXPECT_EQ(rank_among<float>(scores, 2), 2) << "of equal ones the lower index comes first";
  EXPECT_EQ(rank_among<float>(scores, 1), 3);
}

TEST(Ranking, MatchesRecordedMetrics) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "linear_probe/linear_probe.safetensors");
  const StateDict tensors = testing::read_golden(path);
  const Json recorded = read_json(std::filesystem::path(path).replace_extension(".json"))["metrics"];
  const TensorView scores = tensors.at("metric_scores"), labels = tensors.at("metric_labels");
  const int64_t items = scores.shape()[0], classes = scores.shape()[1];
  for (int64_t c = 0; c < classes; ++c) {
    std::vector<double> column;
    std::vector<Relevance> relevance;
    for (int64_t i = 0; i < items; ++i) {
      column.push_back(scores.row<double>(i)[static_cast<size_t>(c)]);
      relevance.push_back(labels.row<int64_t>(i)[static_cast<size_t>(c)] != 0 ? kYes : kNo);
    }
    const Ranking ranking(column, relevance);
    EXPECT_NEAR(ranking.average_precision_11(), recorded["ap_11_point_per_class"][c].get<double>(), kRounding);
    EXPECT_NEAR(ranking.average_precision(), recorded["ap_all_points_per_class"][c].get<double>(), kRounding);
    EXPECT_NEAR(ranking.roc_auc(), recorded["roc_auc_per_class"][c].get<double>(), kRounding);
  }
}

TEST(Ranking, LeavesIgnoredItemsOut) {
  const std::vector<double> scores = {0.9, 0.8, 0.7, 0.6};
  const Ranking ranking(scores, std::vector{kIgnored, kYes, kNo, kYes});
  EXPECT_DOUBLE_EQ(ranking.average_precision(), (1.0 + 2.0 / 3) / 2);
  EXPECT_DOUBLE_EQ(ranking.roc_auc(), 0.5);
  // Recall reaches 1/2 with a precision of 1 and 1 with one of 2/3: six points at 1, five at 2/3.
  EXPECT_DOUBLE_EQ(ranking.average_precision_11(), (6 + 5 * 2.0 / 3) / 11);
}

TEST(Ranking, CountsTiesHalfInTheAreaUnderTheCurve) {
  EXPECT_DOUBLE_EQ(Ranking(std::vector{1.0, 1.0, 1.0}, std::vector{kYes, kNo, kNo}).roc_auc(), 0.5);
  EXPECT_DOUBLE_EQ(Ranking(std::vector{2.0, 1.0, 1.0, 0.0}, std::vector{kYes, kYes, kNo, kNo}).roc_auc(), 3.5 / 4);
}

// Of four relevant items the third has 0.5, which two of the five others reach, one of them just so.
TEST(Ranking, CountsTheOthersAboveTheThresholdThatTheRelevantReach) {
  const std::vector<double> scores = {0.9, 0.8, 0.5, 0.1, 0.6, 0.5, 0.4, 0.1, 0.0};
  const std::vector<Relevance> relevance = {kYes, kYes, kYes, kYes, kNo, kNo, kNo, kNo, kNo};
  const Ranking ranking(scores, relevance);
  EXPECT_DOUBLE_EQ(ranking.false_positive_rate(0.75), 2.0 / 5);
  EXPECT_DOUBLE_EQ(ranking.false_positive_rate(0.76), 4.0 / 5) << "the fourth is needed";
  EXPECT_DOUBLE_EQ(ranking.false_positive_rate(0.5), 0);
  const std::vector<uint32_t> weights = {1, 1, 0, 2, 3, 0, 1, 0, 1};
  EXPECT_DOUBLE_EQ(ranking.false_positive_rate(0.5, weights), 0);
  EXPECT_DOUBLE_EQ(ranking.false_positive_rate(0.75, weights), 4.0 / 5);
}

TEST(Ranking, HasNoMeaningWithoutRelevantItems) {
  const Ranking none(std::vector{1.0, 0.5}, std::vector{kNo, kIgnored});
  EXPECT_TRUE(std::isnan(none.average_precision_11()));
  EXPECT_TRUE(std::isnan(none.average_precision()));
  EXPECT_TRUE(std::isnan(none.roc_auc()));
  EXPECT_TRUE(std::isnan(none.false_positive_rate(0.95)));
  EXPECT_TRUE(std::isnan(Ranking(std::vector{1.0}, std::vector{kYes}).roc_auc())) << "nothing to be above of";
}

// A weight is the same as repeating the item beside itself, which is what equal scores and a stable sort do.
TEST(Ranking, WeightsAreRepetitions) {
  const std::vector<double> scores = {0.9, 0.7, 0.7, 0.4, 0.2};
  const std::vector<Relevance> relevance = {kNo, kYes, kNo, kYes, kNo};
  const std::vector<uint32_t> weights = {1, 2, 0, 3, 2};
  std::vector<double> repeated;
  std::vector<Relevance> repeated_relevance;
  for (size_t i = 0; i < scores.size(); ++i) {
    repeated.insert(repeated.end(), weights[i], scores[i]);
    repeated_relevance.insert(repeated_relevance.end(), weights[i], relevance[i]);
  }
  const Ranking weighted(scores, relevance), plain(repeated, repeated_relevance);
  EXPECT_NEAR(weighted.average_precision_11(weights), plain.average_precision_11(), kRounding);
  EXPECT_NEAR(weighted.average_precision(weights), plain.average_precision(), kRounding);
  EXPECT_NEAR(weighted.roc_auc(weights), plain.roc_auc(), kRounding);
}

TEST(Ranking, RefusesNan) {
  EXPECT_THROW(Ranking(std::vector{0.5, std::nan("")}, std::vector{kYes, kNo}), Error);
}

TEST(Calibration, WeighsBinsByTheirItems) {
  const std::vector<double> confidences = {0.9, 0.9, 0.9, 0.3};
  const std::vector<uint8_t> right = {1, 1, 0, 1};
  const auto bins = calibration_bins(confidences, right, 10);
  EXPECT_EQ(bins[8].count, 3) << "0.9 is the end of (0.8, 0.9]";
  EXPECT_NEAR(bins[8].accuracy, 2.0 / 3, kRounding);
  EXPECT_NEAR(expected_calibration_error(bins), 0.75 * (0.9 - 2.0 / 3) + 0.25 * (1 - 0.3), kRounding);
  EXPECT_EQ(expected_calibration_error(calibration_bins({}, {}, 10)), 0);
}

TEST(Calibration, TakesTheEndsOfTheRange) {
  const auto bins = calibration_bins(std::vector{0.0, 1.0}, std::vector<uint8_t>{0, 1}, 15);
  EXPECT_EQ(bins.front().count, 1);
  EXPECT_EQ(bins.back().count, 1);
  EXPECT_THROW(calibration_bins(std::vector{1.5}, std::vector<uint8_t>{1}), Error);
}

}  // namespace
}  // namespace clipkit
