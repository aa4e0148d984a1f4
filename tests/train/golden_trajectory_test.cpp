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

// A recording and what a float32 run may differ from it (golden/README.md): the recording's own float32 run deviates
// from its float64 run by 8e-7 in the loss and 3e-6 in the parameters of the ViT, 4e-5 and 4e-4 of the ResNet.
struct Recording {
  const char *name, *weights;
  double loss, parameters;
  double gradient_norm;  // relative: recorded from the float32 run alone, whose parameters are off by then
};
constexpr Recording kTinyVit = {"tiny-vit", "models/tiny-vit/model.safetensors", 1e-4, 2e-4, 1e-4};
constexpr Recording kTinyResNet = {"tiny-rn-small", "training/tiny-rn-small/init.safetensors", 1e-3, 2e-3, 5e-3};

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
    if (name.ends_with("k_proj.bias")) return;
    const bool keys = name.ends_with("attn.in_proj_bias");
    for (int64_t i = 0; i < n; ++i) {
      if (keys && i >= n / 3 && i < 2 * n / 3) continue;
      const double difference = std::abs(testing::element(host, i) - testing::element(expected.at(name), i));
      largest = std::isnan(difference) ? INFINITY : std::max(largest, difference);
    }
  });
  return largest;
}

struct Way {
  const char* name;
  Recording recording;
  bool in_double;
  int64_t micro_batch;
};

class GoldenTrajectory : public ::testing::TestWithParam<Way> {};

TEST_P(GoldenTrajectory, IsFollowed) {
  const auto& [way, recording, in_double, micro_batch] = GetParam();
  const std::string folder = concat("training/", recording.name, "/");
  CLIPKIT_GOLDEN_OR_SKIP(weights_path, recording.weights);
  CLIPKIT_GOLDEN_OR_SKIP(batches_path, folder + "batches.safetensors");
  CLIPKIT_GOLDEN_OR_SKIP(final_path, folder + "final.safetensors");
  CLIPKIT_GOLDEN_OR_SKIP(trajectory_path, folder + "trajectory.json");
  const auto backend = in_double ? make_reference_backend(DType::kFloat64) : make_cpu_backend(DType::kFloat32);

  const StateDict batches = read_golden(batches_path), expected = read_golden(final_path);
  const Json trajectory = read_json(trajectory_path), hyper = trajectory.at("hyper");
  const Checkpoint checkpoint = open_checkpoint(weights_path);
  std::vector<std::string> assumptions;
  Clip model(config_of(checkpoint, assumptions), true, true);
  model.load(checkpoint.tensors, {}, recording.name);
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
  const double tolerance = in_double ? 1e-8 : recording.loss;
  for (size_t step = 0; step < 20; ++step) {
    const Batch& batch = both[step % 2];
    const double lr = schedule.at(static_cast<int64_t>(step));
    const StepResult result = trainer.step({*batch.pixels, batch.texts}, static_cast<int64_t>(step), lr);
    EXPECT_NEAR(result.loss, double{trajectory.at("loss_f64").at(step)}, tolerance) << step;
    EXPECT_NEAR(lr, double{trajectory.at("lr").at(step)}, 1e-15) << step;
    const double norm = trajectory.at("grad_norm").at(step);
    EXPECT_NEAR(result.gradient_norm, norm, norm * recording.gradient_norm) << step;
    EXPECT_NEAR(std::log(result.logit_scale), double{trajectory.at("logit_scale_after_step_f64").at(step)}, tolerance)
        << step;
  }
  EXPECT_LE(largest_difference(*backend, model, expected), recording.parameters);
}

INSTANTIATE_TEST_SUITE_P(
    Training, GoldenTrajectory,
    ::testing::Values(Way{"VitFloat64AtOnce", kTinyVit, true, 0}, Way{"VitFloat64InParts", kTinyVit, true, 3},
                      Way{"VitFloat32AtOnce", kTinyVit, false, 0}, Way{"VitFloat32InParts", kTinyVit, false, 3},
                      Way{"ResNetFloat64", kTinyResNet, true, 0}, Way{"ResNetFloat32", kTinyResNet, false, 0}),
    [](const auto& run) { return std::string(run.param.name); });

}  // namespace
}  // namespace clipkit
