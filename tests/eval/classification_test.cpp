#include "eval/classification.h"

#include <gtest/gtest.h>

#include <cmath>

#include "clipkit/error.h"

namespace clipkit {
namespace {

const BootstrapOptions kNoBootstrap{.resamples = 0};

Tensor scores_of(const std::vector<std::vector<double>>& rows) {
  Tensor scores =
      Tensor::empty({static_cast<int64_t>(rows.size()), static_cast<int64_t>(rows[0].size())}, DType::kFloat64);
  for (size_t i = 0; i < rows.size(); ++i)
    std::copy(rows[i].begin(), rows[i].end(), scores.row<double>(static_cast<int64_t>(i)).begin());
  return scores;
}

const std::vector<PictureLabels> kLabels = {{{0}}, {{0}}, {{0}}, {{1}}};
const std::vector<std::vector<double>> kRows = {{3, 1, 0}, {2, 1, 0}, {1, 2, 0}, {0, 1, 2}};

TEST(Classification, GivesEachMetric) {
  const Tensor scores = scores_of(kRows);
  const ScoredPictures scored{scores, kLabels};
  const auto result = classification_scores(scored, {"a", "b", "c"}, EvalMetric::kAccuracy, kNoBootstrap);
  EXPECT_EQ(result.metric, "accuracy");
  EXPECT_DOUBLE_EQ(result.score.value, 0.5);
  EXPECT_TRUE(std::isnan(result.score.low));
  EXPECT_DOUBLE_EQ(result.top5.value, 1);
  EXPECT_DOUBLE_EQ(result.mean_per_class.value, (2.0 / 3 + 0) / 2) << "class c has no picture and does not count";
  EXPECT_DOUBLE_EQ(classification_score(scored, EvalMetric::kMeanTop1Top5), 0.75);
  EXPECT_FALSE(result.roc_auc);
}

TEST(Classification, SaysWhatIsTakenForWhat) {
  const Tensor scores = scores_of(kRows);
  const auto result = classification_scores({scores, kLabels}, {"a", "b", "c"}, EvalMetric::kAccuracy, kNoBootstrap);
  ASSERT_EQ(result.confusions.size(), 3U);
  EXPECT_EQ(result.confusions[0].count, 2);  // a, a
  EXPECT_EQ(result.confusions[2].predicted, 2);
  EXPECT_EQ(result.classes[0].pictures, 3);
  EXPECT_EQ(result.classes[0].most_confused, 1);
  EXPECT_EQ(result.classes[1].most_confused, 2);
  EXPECT_EQ(result.classes[2].most_confused, -1);
  EXPECT_TRUE(std::isnan(result.classes[2].accuracy));
}

TEST(Classification, HasIntervalsAroundTheValue) {
  const Tensor scores = scores_of(kRows);
  const auto result =
      classification_scores({scores, kLabels}, {"a", "b", "c"}, EvalMetric::kMeanPerClass, {.resamples = 200});
  EXPECT_LE(result.top1.low, 0.5);
  EXPECT_GE(result.top1.high, 0.5);
  EXPECT_LT(result.score.low, result.score.high);
}

TEST(Classification, TakesTwoClassesByTheirDifference) {
  const Tensor scores = scores_of({{0, 5}, {0, 1}, {7, 9}, {1, 0}});
  const std::vector<PictureLabels> labels = {{{1}}, {{0}}, {{1}}, {{0}}};
  EXPECT_DOUBLE_EQ(classification_score({scores, labels}, EvalMetric::kRocAuc), 1);
  const auto result = classification_scores({scores, labels}, {"a", "b"}, EvalMetric::kRocAuc, kNoBootstrap);
  EXPECT_DOUBLE_EQ(*result.roc_auc, 1);
  const Tensor three = scores_of(kRows);
  EXPECT_THROW(classification_score({three, kLabels}, EvalMetric::kRocAuc), Error);
}

TEST(Classification, LeavesDifficultPicturesOutOfAveragePrecision) {
  const Tensor scores = scores_of({{4, 0}, {3, 0}, {2, 0}});
  const std::vector<PictureLabels> labels = {{{1}, {0}}, {{0}}, {{1}}};
  // Of class 0 the first picture is ignored and the second is right.
  EXPECT_DOUBLE_EQ(classification_scores({scores, labels}, {"a", "b"}, EvalMetric::kMap11, kNoBootstrap)
                       .classes[0]
                       .average_precision_11,
                   1);
}

TEST(Classification, CountsSeveralLabelsAsRightIfOneIsFirst) {
  const Tensor scores = scores_of({{1, 3, 2}, {1, 3, 2}});
  const std::vector<PictureLabels> labels = {{{0, 1}}, {{}}};
  EXPECT_DOUBLE_EQ(classification_score({scores, labels}, EvalMetric::kAccuracy), 1) << "no label: not counted";
}

TEST(Classification, RefusesNanAndOtherNumbers) {
  const Tensor scores = scores_of({{NAN, 0}});
  const Tensor three = scores_of(kRows);
  const std::vector<PictureLabels> one = {{{0}}};
  EXPECT_THROW(classification_score({scores, one}, EvalMetric::kAccuracy), Error);
  EXPECT_THROW(classification_score({three, one}, EvalMetric::kAccuracy), Error);
  EXPECT_THROW(classification_scores({three, kLabels}, {"a"}, EvalMetric::kAccuracy, kNoBootstrap), Error);
}

}  // namespace
}  // namespace clipkit
