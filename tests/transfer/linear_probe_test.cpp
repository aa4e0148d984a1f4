#include "transfer/linear_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/json.h"
#include "support/golden.h"
#include "support/tensors.h"

namespace clipkit {
namespace {

using ::testing::ElementsAre;

TEST(LinearProbe, HasTheGridOfTheRecordedSweep) {
  EXPECT_EQ(lambda_at(0), 1e-6);
  EXPECT_EQ(lambda_at(95), 1e6);
  CLIPKIT_GOLDEN_OR_SKIP(path, "linear_probe/linear_probe.json");
  const Json sweep = read_json(path)["sweep"];
  ASSERT_EQ(sweep.size(), static_cast<size_t>(kNumLambdas));
  for (int i = 0; i < kNumLambdas; ++i) {
    const double recorded = sweep[static_cast<size_t>(i)]["lambda"].get<double>();
    EXPECT_NEAR(lambda_at(i), recorded, 16 * 0x1p-53 * recorded) << i;  // pow and an exponent of some roundings
  }
}

// One of the 120 validation pictures may fall to the other side of a border. Below index 23 the recorded solver stopped
// early (26 to 118 steps, objectives 1e-3 above ours): two.
TEST(LinearProbe, MatchesTheRecordedSweep) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "linear_probe/linear_probe.safetensors");
  const StateDict golden = testing::read_golden(path);
  const Json json = read_json(std::filesystem::path(path).replace_extension(".json"));
  const std::vector<int32_t> train = testing::labels_of(golden.at("train_y")),
                             validation = testing::labels_of(golden.at("val_y"));
  LogisticRegression regression(golden.at("train_x"), train, 6);
  int others = 0;
  for (int i = 0; i < kNumLambdas; ++i) {
    const LogisticFit fit = regression.fit({.c = 1 / lambda_at(i)});
    const double accuracy = top1_of(fit.classifier.scores(golden.at("val_x")), validation),
                 recorded = json["sweep"][static_cast<size_t>(i)]["val_accuracy"].get<double>();
    EXPECT_NEAR(accuracy, recorded, (i < 23 ? 2 : 1) / 120.0 + 1e-9) << i;
    others += i >= 23 && std::abs(accuracy - recorded) > 1e-9;
  }
  EXPECT_LE(others, 2);
}

TEST(LinearProbe, FindsTheRecordedBestLambda) {
  CLIPKIT_GOLDEN_OR_SKIP(path, "linear_probe/linear_probe.safetensors");
  const StateDict golden = testing::read_golden(path);
  const Json json = read_json(std::filesystem::path(path).replace_extension(".json"));
  const std::vector<int32_t> train = testing::labels_of(golden.at("train_y")),
                             validation = testing::labels_of(golden.at("val_y"));
  LogisticRegression regression(golden.at("train_x"), train, 6);
  const LambdaSearch search =
      search_lambda([&](const LogisticOptions& by, const LinearClassifier* start) { return regression.fit(by, start); },
                    golden.at("val_x"), [&](TensorView scores) { return top1_of(scores, validation); }, {});
  const double recorded = json["sweep_best_first"]["lambda"].get<double>();
  EXPECT_NEAR(lambda_at(search.best), recorded, 1e-12 * recorded);
  std::vector<int> indices;
  for (const LambdaTrial& trial : search.trials) indices.push_back(trial.index);
  EXPECT_THAT(indices, ElementsAre(95, 80, 64, 48, 32, 16, 0, 72, 56, 68, 60, 70, 66, 69, 67));
}

TEST(LinearProbe, TakesTheFirstOfEqualScores) {
  const Tensor scores = Tensor::zeros({2, 3}, DType::kFloat64);
  scores.row<double>(1)[2] = 1;
  EXPECT_EQ(top1_of(scores, std::vector<int32_t>{0, 2}), 1);
  EXPECT_EQ(top1_of(scores, std::vector<int32_t>{1, 2}), 0.5);
}

}  // namespace
}  // namespace clipkit
