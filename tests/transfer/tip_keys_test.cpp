#include "transfer/tip_keys.h"

#include <cmath>
#include <numeric>

#include "base/compute_thread.h"
#include "clipkit/error.h"
#include "support/gradients.h"
#include "transfer/linear_probe.h"

namespace clipkit {
namespace {

// Unit vectors of so many classes, scattered around an axis each; zero-shot logits that say nothing.
struct MadeShots {
  Tensor unit, zero_shot;
  std::vector<int32_t> classes{};

  MadeShots(int64_t num, int64_t width, int64_t num_classes, uint32_t seed)
      : unit(testing::random_tensor({num, width}, seed)),
        zero_shot(Tensor::zeros({num, num_classes}, DType::kFloat64)) {
    for (int64_t i = 0; i < num; ++i) {
      classes.push_back(static_cast<int32_t>(i % num_classes));
      const auto row = unit.row<float>(i);
      row[static_cast<size_t>(i % num_classes)] += 2;
      float squares = 0;
      for (const float x : row) squares += x * x;
      for (float& x : row) x /= std::sqrt(squares);
    }
  }
  FewShotPictures pictures() const { return {unit, unit, zero_shot, classes}; }
};

std::vector<int64_t> all_rows(const FewShotPictures& shots) {
  std::vector<int64_t> rows(shots.classes.size());
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

TEST(TipKeys, GradientMatchesCentralDifferences) {
  const MadeShots made(300, 5, 3, 1);  // more than one block of keys
  const FewShotPictures shots = made.pictures();
  const Tensor zero_shot = testing::to_double(testing::random_tensor({300, 3}, 2));
  const FewShotPictures with_texts{shots.plain, shots.unit, zero_shot, shots.classes};
  const std::vector<int64_t> rows = {0, 7, 20, 44, 299};
  const Tensor keys = testing::to_double(made.unit), gradient = Tensor::zeros(keys.shape(), DType::kFloat64);
  run_on_compute_thread([&] {
    TipKeyLoss loss(with_texts, 1.5, 2.5);
    std::vector<double> unused(gradient.span<double>().size());
    loss.evaluate(rows, keys.span<double>(), gradient.span<double>());
    testing::expect_central_differences(
        keys, gradient, [&] { return loss.evaluate(rows, keys.span<double>(), unused); }, "keys", 60);
  });
}

TEST(TipKeys, LossIsThatOfTipAdaptersLogits) {
  const MadeShots made(4, 3, 2, 3);
  const FewShotPictures shots = made.pictures();
  const Tensor keys = testing::to_double(made.unit), unused = Tensor::zeros(keys.shape(), DType::kFloat64);
  run_on_compute_thread([&] {
    const double found =
        TipKeyLoss(shots, 1, 5.5).evaluate(all_rows(shots), keys.span<double>(), unused.span<double>());
    const auto head = make_tip_head();
    const Tensor logits = head->scores(shots, shots, head->default_setting());
    double expected = 0;
    for (int64_t i = 0; i < 4; ++i) {
      const auto row = logits.row<double>(i);
      const auto right = static_cast<size_t>(shots.classes[static_cast<size_t>(i)]);
      expected += std::log(std::exp(row[0]) + std::exp(row[1])) - row[right];
    }
    EXPECT_NEAR(found, expected / 4, 1e-6) << "cosines of the head are products in float";
  });
}

TEST(TipKeys, TrainingLowersTheLossAndDependsOnItsArgumentsAlone) {
  const MadeShots made(600, 6, 3, 4);  // three batches
  const FewShotPictures shots = made.pictures();
  run_on_compute_thread([&] {
    const Tensor once = train_tip_keys(shots, {}), again = train_tip_keys(shots, {});
    EXPECT_TRUE(std::equal(once.span<float>().begin(), once.span<float>().end(), again.span<float>().begin()));
    TipKeyLoss loss(shots, 1, 5.5);
    const auto loss_of = [&](const Tensor& keys) {
      const Tensor wide = testing::to_double(keys), unused = Tensor::zeros(wide.shape(), DType::kFloat64);
      return loss.evaluate(all_rows(shots), wide.span<double>(), unused.span<double>());
    };
    EXPECT_LT(loss_of(once), loss_of(made.unit));
  });
}

TEST(TipKeys, AreTheShotsBeforeTheFirstStep) {
  const MadeShots made(6, 4, 3, 5);
  run_on_compute_thread([&] {
    const Tensor keys = train_tip_keys(made.pictures(), {.epochs = 0});
    EXPECT_TRUE(std::equal(keys.span<float>().begin(), keys.span<float>().end(), made.unit.span<float>().begin()));
  });
}

// AdamW's first step moves each element by the learning rate times g / (|g| + eps), after the decay.
TEST(TipKeys, FirstStepIsAdamWs) {
  const MadeShots made(6, 4, 3, 6);
  const FewShotPictures shots = made.pictures();
  run_on_compute_thread([&] {
    const TipKeyTraining training{.epochs = 1};
    const Tensor keys = train_tip_keys(shots, training), start = testing::to_double(made.unit),
                 gradient = Tensor::zeros(start.shape(), DType::kFloat64);
    TipKeyLoss(shots, 1, 5.5).evaluate(all_rows(shots), start.span<double>(), gradient.span<double>());
    for (int64_t i = 0; i < keys.num_elements(); ++i) {
      const double g = gradient.data<double>()[i], x = start.data<double>()[i];
      const double expected = x * (1 - 1e-3 * 0.01) - 1e-3 * g / (std::abs(g) + 1e-4);
      EXPECT_NEAR(keys.data<float>()[i], expected, 1e-7) << i << ": float's rounding of values below 1";
    }
  });
}

TEST(TipKeys, TrainingCanBeStopped) {
  const MadeShots made(6, 4, 3, 7);
  run_on_compute_thread([&] { EXPECT_THROW(train_tip_keys(made.pictures(), {.stop = [] { return true; }}), Error); });
}

}  // namespace
}  // namespace clipkit
