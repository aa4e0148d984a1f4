#include "transfer/logistic_regression.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "base/json.h"
#include "clipkit/error.h"
#include "support/golden.h"
#include "support/tensors.h"

namespace clipkit {
namespace {

using testing::random_tensor;

// Far enough that what is left is rounding: the gradient of the recorded problems is a sum of some hundred terms of
// order 1, in double.
const LogisticOptions kTight{.c = 0.316, .gradient_tolerance = 1e-11, .objective_tolerance = -1};

std::vector<double> centred(std::span<const double> intercept) {
  const double mean = std::accumulate(intercept.begin(), intercept.end(), 0.0) / static_cast<double>(intercept.size());
  std::vector<double> result(intercept.begin(), intercept.end());
  for (double& value : result) value -= result.size() > 1 ? mean : 0;
  return result;
}

double largest_difference(std::span<const double> a, std::span<const double> b) {
  double largest = 0;
  EXPECT_EQ(a.size(), b.size());
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) largest = std::max(largest, std::abs(a[i] - b[i]));
  return largest;
}

class GoldenProbe : public ::testing::Test {
 protected:
  void SetUp() override {
    CLIPKIT_GOLDEN_OR_SKIP(path, "linear_probe/linear_probe.safetensors");
    golden_ = testing::read_golden(path);
    json_ = read_json(std::filesystem::path(path).replace_extension(".json"));
  }
  TensorView at(const char* name) const { return golden_.at(name); }
  LogisticRegression problem(const char* labels, int64_t classes) {
    labels_ = testing::labels_of(at(labels));
    return {at("train_x"), labels_, classes};
  }
  StateDict golden_;
  Json json_;
  std::vector<int32_t> labels_;
};

TEST_F(GoldenProbe, FindsTheRecordedOptimum) {
  const LogisticFit fit = problem("train_y", 6).fit(kTight);
  EXPECT_LT(largest_difference(fit.classifier.weights, at("coef_optimum").span<double>()), 1e-6);
  EXPECT_LT(largest_difference(fit.classifier.intercept, centred(at("intercept_optimum").span<double>())), 1e-6);
  EXPECT_NEAR(fit.objective, json_["multiclass"]["objective_optimum"].get<double>(), 1e-9);
}

TEST_F(GoldenProbe, FindsTheRecordedOptimumOfTwoClasses) {
  const LogisticFit fit = problem("binary_train_y", 2).fit(kTight);
  EXPECT_LT(largest_difference(fit.classifier.weights, at("binary_coef_optimum").span<double>()), 1e-6);
  EXPECT_LT(largest_difference(fit.classifier.intercept, at("binary_intercept_optimum").span<double>()), 1e-6);
  const Tensor scores = fit.classifier.scores(at("test_x"));
  double largest = 0;
  for (int64_t i = 0; i < scores.shape()[0]; ++i)
    largest = std::max(largest, std::abs(scores.row<double>(i)[1] - at("binary_test_score").span<double>()[i]));
  EXPECT_LT(largest, 1e-3) << "the recorded scores are those of the early stop";
}

// As near to scikit-learn's early stop as the golden page asks, and all predictions are equal.
TEST_F(GoldenProbe, IsWithinTheToleranceOfScikitLearnsEarlyStop) {
  const LogisticFit fit = problem("train_y", 6).fit({.c = 0.316});
  EXPECT_LT(largest_difference(fit.classifier.weights, at("coef").span<double>()), 1e-4);
  // The recorded intercepts are 5.4e-4 off the optimum.
  EXPECT_LT(largest_difference(fit.classifier.intercept, centred(at("intercept_optimum").span<double>())), 1e-4);
  const Tensor scores = fit.classifier.scores(at("test_x"));
  const TensorView predictions = at("test_pred"), probabilities = at("test_proba");
  for (int64_t i = 0; i < scores.shape()[0]; ++i) {
    const auto row = scores.row<double>(i);
    EXPECT_EQ(std::max_element(row.begin(), row.end()) - row.begin(), predictions.span<int64_t>()[i]) << i;
    double sum = 0;
    for (const double s : row) sum += std::exp(s);
    for (size_t k = 0; k < row.size(); ++k)
      EXPECT_NEAR(std::exp(row[k]) / sum, probabilities.row<double>(i)[k], 1e-3) << i;
  }
}

TEST_F(GoldenProbe, AWarmStartComesToTheSameOptimum) {
  LogisticRegression regression = problem("train_y", 6);
  LogisticOptions options = kTight;
  options.c = 100;
  const LogisticFit other = regression.fit(options), warm = regression.fit(kTight, &other.classifier);
  EXPECT_LT(largest_difference(warm.classifier.weights, at("coef_optimum").span<double>()), 1e-6);
}

TEST(LogisticRegression, GradientMatchesCentralDifferences) {
  constexpr int64_t kN = 9, kD = 5;
  const Tensor x = random_tensor({kN, kD}, 3);
  for (const int64_t classes : {2, 3}) {
    std::vector<int32_t> labels;
    for (int64_t i = 0; i < kN; ++i) labels.push_back(static_cast<int32_t>(i % classes));
    const AugmentedRows rows(x);
    LogisticLoss loss(rows, labels, classes);
    std::vector<double> w(static_cast<size_t>(loss.rows() * rows.stride()));
    for (size_t i = 0; i < w.size(); ++i) w[i] = std::sin(static_cast<double>(i));
    std::vector<double> gradient(w.size()), unused(w.size());
    loss.evaluate(w, gradient);
    for (size_t i = 0; i < w.size(); ++i) {
      // The error of a central difference is h^2 times a third derivative below kN, and rounding over h.
      constexpr double kH = 1e-5;
      const double kept = w[i];
      w[i] = kept + kH;
      const double above = loss.evaluate(w, unused).loss;
      w[i] = kept - kH;
      const double below = loss.evaluate(w, unused).loss;
      w[i] = kept;
      EXPECT_NEAR(gradient[i], (above - below) / (2 * kH), 1e-8) << classes << " classes, weight " << i;
    }
  }
}

TEST(LogisticRegression, HasTheSameBitsWithAnyNumberOfThreads) {
  const Tensor x = random_tensor({5000, 33}, 5);
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < 5000; ++i) labels.push_back(static_cast<int32_t>((i * i) % 7));
  for (int32_t& label : labels) label = label == 4 ? 3 : label == 2 ? 2 : label == 1 ? 1 : 0;
  std::vector<std::vector<double>> weights;
  for (const int threads : {1, 2, 5}) {
    testing::with_threads(threads, [&] {
      LogisticRegression regression(x, labels, 4);
      weights.push_back(regression.fit({}).classifier.weights);
    });
  }
  EXPECT_EQ(weights[0], weights[1]);
  EXPECT_EQ(weights[0], weights[2]);
}

// Features of very different sizes: what plain L-BFGS takes hundreds of steps for.
TEST(LogisticRegression, NeedsFewStepsWhateverTheFeaturesScales) {
  const Tensor x = random_tensor({2000, 20}, 7);
  std::vector<int32_t> labels;
  for (int64_t i = 0; i < 2000; ++i) {
    const auto row = x.row<float>(i);
    labels.push_back(row[0] + row[1] + row[2] > 0.3f ? 1 : row[3] > 0 ? 2 : 0);
    for (size_t d = 0; d < row.size(); ++d) row[d] *= std::pow(10.0f, static_cast<float>(d % 4) - 2);
  }
  LogisticRegression regression(x, labels, 3);
  const LogisticFit fit = regression.fit({.c = 1, .gradient_tolerance = 1e-6, .objective_tolerance = -1});
  EXPECT_EQ(fit.end, LogisticFit::End::kGradient);
  EXPECT_LT(fit.iterations, 60);
}

TEST(LogisticRegression, RefusesWhatHasNoMinimum) {
  const Tensor x = random_tensor({4, 3}, 1);
  const auto make = [&](std::vector<int32_t> labels, int64_t classes) {
    LogisticRegression regression(x, labels, classes);
  };
  EXPECT_THROW(make({0, 1, 0, 1}, 3), Error) << "class 2 has no sample";
  EXPECT_THROW(make({0, 1, 0, 5}, 3), Error);
  EXPECT_THROW(make({0, 0, 0, 0}, 1), Error);
  EXPECT_THROW(make({0, 1, 0}, 2), Error);
  x.data<float>()[5] = NAN;
  const std::vector<int32_t> labels = {0, 1, 0, 1};
  LogisticRegression regression(x, labels, 2);
  EXPECT_THROW(regression.fit({}), Error);
}

TEST(LogisticRegression, CanBeStopped) {
  const Tensor x = random_tensor({40, 3}, 1);
  std::vector<int32_t> labels(40, 0);
  labels[3] = labels[7] = 1;
  LogisticRegression regression(x, labels, 2);
  EXPECT_THROW(regression.fit({.c = 100, .stop = [] { return true; }}), Error);
}

}  // namespace
}  // namespace clipkit
