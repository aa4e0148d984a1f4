#include "transfer/one_vs_rest.h"

#include <gtest/gtest.h>

#include "base/compute_thread.h"
#include "clipkit/error.h"
#include "support/tensors.h"

namespace clipkit {
namespace {

// Three classes: a picture has each on its own account; some are marked difficult for class 1.
std::vector<PictureLabels> made_labels(int64_t num) {
  std::vector<PictureLabels> labels(static_cast<size_t>(num));
  for (int64_t i = 0; i < num; ++i) {
    PictureLabels& of = labels[static_cast<size_t>(i)];
    if (i % 2 == 0) of.present.push_back(0);
    if (i % 5 == 4) of.ignored.push_back(1);
    if (i % 5 < 2) of.present.push_back(1);
    if (i % 3 == 0) of.present.push_back(2);
  }
  return labels;
}

TEST(OneVsRest, IsEachClassAlone) {
  const Tensor x = testing::random_tensor({40, 4}, 1);
  const std::vector<PictureLabels> labels = made_labels(40);
  run_on_compute_thread([&] {
    const LogisticFit together = OneVsRest(x, labels, 3).fit({.c = 2});
    EXPECT_EQ(together.classifier.rows(), 3);
    std::vector<int32_t> even;
    for (int i = 0; i < 40; ++i) even.push_back(i % 2 == 0);
    const LogisticFit alone = LogisticRegression(x, even, 2).fit({.c = 2});
    for (size_t d = 0; d < 4; ++d) EXPECT_EQ(together.classifier.weights[d], alone.classifier.weights[d]);
    EXPECT_EQ(together.classifier.intercept[0], alone.classifier.intercept[0]);
  });
}

TEST(OneVsRest, LeavesOutWhatDoesNotCount) {
  const Tensor x = testing::random_tensor({40, 4}, 1), other = Tensor::copy_of(x);
  const std::vector<PictureLabels> labels = made_labels(40);
  for (int64_t i = 4; i < 40; i += 5) other.row<float>(i)[0] += 9;  // difficult for class 1
  run_on_compute_thread([&] {
    const LinearClassifier a = OneVsRest(x, labels, 3).fit({}).classifier,
                           b = OneVsRest(other, labels, 3).fit({}).classifier;
    EXPECT_NE(a.weights[0], b.weights[0]);
    for (size_t d = 4; d < 8; ++d) EXPECT_EQ(a.weights[d], b.weights[d]);
  });
}

TEST(OneVsRest, ScoresNothingWhereNothingCanBeLearned) {
  const Tensor x = testing::random_tensor({10, 4}, 1);
  std::vector<PictureLabels> labels = made_labels(10);
  for (PictureLabels& of : labels) {
    std::erase(of.present, 2);  // no picture
    std::erase(of.present, 0);
    of.present.push_back(0);  // every picture
  }
  run_on_compute_thread([&] {
    const LinearClassifier found = OneVsRest(x, labels, 3).fit({}).classifier;
    const Tensor scores = found.scores(x);
    for (int64_t i = 0; i < 10; ++i) {
      EXPECT_EQ(scores.row<double>(i)[0], 0);
      EXPECT_NE(scores.row<double>(i)[1], 0);
      EXPECT_EQ(scores.row<double>(i)[2], 0);
    }
  });
}

// The penalty is strict and the minimum one: where a fit starts from changes nothing but the number of steps.
TEST(OneVsRest, StartsFromAnotherFit) {
  const Tensor x = testing::random_tensor({40, 4}, 1);
  const std::vector<PictureLabels> labels = made_labels(40);
  run_on_compute_thread([&] {
    OneVsRest problem(x, labels, 3);
    const LogisticFit cold = problem.fit({.c = 2}), warm = problem.fit({.c = 2}, &cold.classifier);
    EXPECT_LE(warm.iterations, cold.iterations);
    for (size_t d = 0; d < 12; ++d) EXPECT_NEAR(warm.classifier.weights[d], cold.classifier.weights[d], 1e-5);
  });
}

TEST(OneVsRest, RefusesTwoClasses) {
  const Tensor x = testing::random_tensor({10, 4}, 1);
  run_on_compute_thread([&] { EXPECT_THROW(OneVsRest(x, made_labels(10), 2), Error); });
}

}  // namespace
}  // namespace clipkit
