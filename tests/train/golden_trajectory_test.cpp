#include <cmath>

#include "base/concat.h"
#include "base/json.h"
#include "cpu/cpu_backend.h"
#include "model/config_source.h"
#include "ops/reference/reference_backend.h"
#include "support/golden.h"
#include "train/schedule.h"
#include "train/trainer.h"

// Twenty recorded optimiser steps (golden/training).

namespace clipkit {
namespace {

using testing::read_golden;

// What the recording's own float32 run is allowed (golden/README.md): it deviates from float64 by 8e-7 in the loss and
// by 3e-6 in the parameters.
constexpr double kLoss = 1e-4, kParameters = 2e-4;

struct Batch {
  const Tensor* pixels;
  std::vector<int32_t> ids;
  std::vector<std::span<const int32_t>> texts;

  Batch(const StateDict& batches, int index) : pixels(&batches.at(concat("image_", index))) {
    const Tensor& tokens = batches.at(concat("tokens_", index));
    const int64_t N = tokens.shape()[0], L = tokens.shape()[1];
    for (const int64_t id : tokens.span<int64_t>()) ids.push_back(static_cast<int32_t>(id));
    for (int64_t n = 0; n < N; ++n)
      texts.push_back(std::span<const int32_t>(ids).subspan(static_cast<size_t>(n * L), static_cast<size_t>(L)));
  }
};

// Largest difference over all parameters, without the key biases: their true gradient is zero, and Adam makes steps of
// whatever rounding leaves there.
double largest_difference(Backend& backend, Clip& model, const StateDict& expected) {
  double largest = 0;
  model.visit_params([&](const std::string& name, Param& param) {
    const Tensor host = Tensor::empty(param.shape, backend.sum_dtype());
    backend.download(param.value, host);
    const int64_t n = param.shape.num_elements();
    const bool keys = name.ends_with("attn.in_proj_bias");
    for (int64_t i = 0; i < n; ++i) {
      if (keys && i >= n / 3 && i < 2 * n / 3) continue;
      const double difference = std::abs(testing::element(host, i) - testing::element(expected.at(name), i));
      largest = std::isnan(difference) ? INFINITY : std::max(largest, difference);
    }
  });
  return largest;
}

class GoldenTrajectory : public ::testing::TestWithParam<std::pair<const char*, int64_t>> {};

TEST_P(GoldenTrajectory, OfTinyVitIsFollowed) {
  CLIPKIT_GOLDEN_OR_SKIP(weights_path, "models/tiny-vit/model.safetensors");
  CLIPKIT_GOLDEN_OR_SKIP(batches_path, "training/tiny-vit/batches.safetensors");
  CLIPKIT_GOLDEN_OR_SKIP(final_path, "training/tiny-vit/final.safetensors");
  CLIPKIT_GOLDEN_OR_SKIP(trajectory_path, "training/tiny-vit/trajectory.json");
  const auto& [kind, micro_batch] = GetParam();
  const bool in_double = kind == std::string("float64");
  const auto backend = in_double ? make_reference_backend(DType::kFloat64) : make_cpu_backend(DType::kFloat32);

  const StateDict batches = read_golden(batches_path), expected = read_golden(final_path);
  const Json trajectory = read_json(trajectory_path), hyper = trajectory.at("hyper");
  const Checkpoint checkpoint = open_checkpoint(weights_path);
  std::vector<std::string> assumptions;
  Clip model(config_of(checkpoint, assumptions), true, true);
  model.load(checkpoint.tensors, {}, "tiny-vit");
  model.start_training(*backend);
  model.prepare(*backend);

  const auto ranks = single_process();
  Trainer trainer(model, *backend, *ranks,
                  {.optimizer = {.beta1 = hyper.at("beta1"),
                                 .beta2 = hyper.at("beta2"),
                                 .eps = hyper.at("eps"),
                                 .weight_decay = hyper.at("weight_decay")},
                   .micro_batch = micro_batch});
  for (const auto& entry : trainer.optimizer().entries()) {
    const auto& list = trajectory.at(entry.decay ? "decay" : "no_decay");
    EXPECT_NE(std::find(list.begin(), list.end(), entry.name), list.end()) << entry.name;
  }
  const Schedule schedule = {
      .lr = hyper.at("lr"), .warmup_steps = hyper.at("warmup"), .total_steps = hyper.at("steps")};
  const Batch both[2] = {Batch(batches, 0), Batch(batches, 1)};
  const double tolerance = in_double ? 1e-8 : kLoss;
  for (size_t step = 0; step < 20; ++step) {
    const Batch& batch = both[step % 2];
    const double lr = schedule.at(static_cast<int64_t>(step));
    const StepResult result = trainer.step({*batch.pixels, batch.texts}, static_cast<int64_t>(step), lr);
    EXPECT_NEAR(result.loss, double{trajectory.at("loss_f64").at(step)}, tolerance) << step;
    EXPECT_NEAR(lr, double{trajectory.at("lr").at(step)}, 1e-15) << step;
    EXPECT_NEAR(result.gradient_norm, double{trajectory.at("grad_norm").at(step)}, 1e-3) << step;
    EXPECT_NEAR(std::log(result.logit_scale), double{trajectory.at("logit_scale_after_step_f64").at(step)}, tolerance)
        << step;
  }
  EXPECT_LE(largest_difference(*backend, model, expected), kParameters);
}

INSTANTIATE_TEST_SUITE_P(Training, GoldenTrajectory,
                         ::testing::Values(std::pair("float64", 0), std::pair("float64", 3), std::pair("float32", 0),
                                           std::pair("float32", 3)),
                         [](const auto& run) {
                           return concat(run.param.first, run.param.second > 0 ? "InParts" : "AtOnce");
                         });

}  // namespace
}  // namespace clipkit
