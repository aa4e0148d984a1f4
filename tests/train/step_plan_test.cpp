#include "train/step_plan.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"
#include "cpu/cpu_backend.h"
#include "model/config_source.h"
#include "model/initialize.h"
#include "ops/planning_backend.h"
#include "support/bf16.h"

namespace clipkit {
namespace {

ModelConfig small_config() {
  ModelConfig config = config_by_name_or_file("ViT-B-32");
  auto& vision = std::get<VitConfig>(config.vision);
  config.embed_dim = 32;
  vision.image_size = 64;
  vision.transformer = {.width = 64, .layers = 3, .heads = 2, .mlp_width = 256};
  config.text.transformer = {.width = 64, .layers = 3, .heads = 2, .mlp_width = 256};
  config.text.vocab_size = 500;
  config.text.context_length = 20;
  return config;
}

struct MadeRun {
  std::unique_ptr<Backend> backend = make_cpu_backend();
  ModelConfig config = small_config();
  Clip model{config, true, true};
  std::unique_ptr<Communicator> ranks = single_process();
  std::optional<Trainer> trainer;
  int64_t steps = 0;

  explicit MadeRun(const TrainerOptions& options) {
    initialize(model, 1);
    model.start_training(*backend);
    model.prepare(*backend);
    trainer.emplace(model, *backend, *ranks, options);
  }
  void step(int64_t batch, int64_t num_tokens) {
    const Tensor pixels = Tensor::zeros({batch, 3, 64, 64});
    std::vector<int32_t> ids(static_cast<size_t>(num_tokens), 1);
    ids.back() = config.text.vocab_size - 1;
    const std::vector<std::span<const int32_t>> texts(static_cast<size_t>(batch), ids);
    trainer->step({pixels, texts}, steps++, 1e-4);
  }
};

class Plan : public ::testing::TestWithParam<bool> {};

TEST_P(Plan, OfActivationsIsWhatAStepTakes) {
  const TrainerOptions options{.optimizer = {}, .grad_checkpointing = GetParam()};
  MadeRun run(options);
  const StepPlan plan = plan_step(run.config, *run.backend, options, 6, 11);
  run.trainer->workspace().reserve(plan.activations);
  const size_t reserved = run.trainer->workspace().capacity_bytes();
  EXPECT_GT(plan.activations, 0u);
  run.step(6, 11);
  EXPECT_EQ(run.trainer->workspace().peak_bytes(), plan.activations);
  for (const int64_t num_tokens : {5, 9, 11, 2}) run.step(6, num_tokens);
  EXPECT_EQ(run.trainer->workspace().capacity_bytes(), reserved) << "nothing was allocated after planning";
}
INSTANTIATE_TEST_SUITE_P(WithAndWithoutCheckpointing, Plan, ::testing::Bool());

// Notes the layers' calls that it is asked to prepare for.
class CallRecorder : public PlanningBackend {
 public:
  explicit CallRecorder(const Backend& real) : PlanningBackend(real) {}
  void prepare(const LinearSpec&, const LinearArgs& a) override {
    note({0, a.x.shape()[0], a.x.shape()[1], a.y.shape()[1], static_cast<int>(a.y.dtype()),
          a.activation ? static_cast<int>(*a.activation) : -1, a.residual ? 1 : 0});
  }
  void prepare(const LinearSpec&, const LinearInputGradientArgs& a) override {
    note({1, a.dy.shape()[0], a.dy.shape()[1], a.dx.shape()[1], static_cast<int>(a.dx.dtype()), a.residual ? 1 : 0});
  }
  void prepare(const LinearWeightGradientArgs& a) override {
    note({2, a.x.shape()[0], a.x.shape()[1], a.dy.shape()[1], static_cast<int>(a.dweight.dtype())});
  }
  int64_t new_calls = 0;

 private:
  void note(const std::vector<int64_t>& call) { new_calls += calls_.insert(call).second; }
  std::set<std::vector<int64_t>> calls_;
};

class Preparation : public ::testing::TestWithParam<int64_t> {};

TEST_P(Preparation, CoversEveryStepOfARun) {
  const ModelConfig config = small_config();
  const auto cpu = make_cpu_backend();
  CallRecorder recorder(*cpu);
  TrainerOptions options;
  options.micro_batch = GetParam();
  prepare_steps(config, recorder, options, 6);
  EXPECT_GT(recorder.new_calls, 20);
  recorder.new_calls = 0;

  PlanningBackend planning(&recorder);
  Clip model(config, true, true);
  model.visit_params(
      [&](const std::string&, Param& param) { param.value = planning.allocate(param.shape, DType::kFloat32); });
  model.start_training(planning);
  model.prepare(planning);
  const auto ranks = single_process();
  Trainer trainer(model, planning, *ranks, options);
  const Tensor pixels = planning.allocate({6, 3, 64, 64}, DType::kFloat32);
  Random random(1, RandomUse::kInitialization, 0, 0);
  for (int step = 0; step < 100; ++step) {
    const int64_t longest = 2 + static_cast<int64_t>(random.below(19));
    std::vector<std::vector<int32_t>> texts;
    for (int n = 0; n < 6; ++n) {
      const auto length =
          static_cast<size_t>(2 + static_cast<int64_t>(random.below(static_cast<uint64_t>(longest - 1))));
      texts.emplace_back(length, 1).back() = config.text.vocab_size - 1;
    }
    const std::vector<std::span<const int32_t>> views(texts.begin(), texts.end());
    trainer.step({pixels, views}, step, 1e-4);
  }
  EXPECT_EQ(recorder.new_calls, 0);
}
INSTANTIATE_TEST_SUITE_P(WholeAndInParts, Preparation, ::testing::Values(0, 2));

TEST(StepPlan, CountsParametersGradientsAndMoments) {
  const MadeRun run({});
  size_t parameters = 0;
  Clip(run.config, true, true).visit_params([&](const std::string&, Param& param) {
    parameters += 4 * static_cast<size_t>(param.shape.num_elements());
  });
  const StepPlan plan = plan_step(run.config, *run.backend, {}, 4, 8);
  EXPECT_EQ(plan.parameters, parameters);
  EXPECT_EQ(plan.gradients, parameters);
  EXPECT_EQ(plan.moments, 2 * parameters);
  TrainerOptions half;
  half.optimizer.bf16_moments = true;
  EXPECT_EQ(plan_step(run.config, *run.backend, half, 4, 8).moments, parameters);
}

TEST(StepPlan, CountsCopiesOfWeightsOnce) {
  const ModelConfig config = config_by_name_or_file("mini-rn");
  size_t copies = 0;  // convolutions, and what the attention pool lays out in its own way
  Clip(config, true, true).visit_params([&](const std::string& name, Param& param) {
    const bool pooled = name.ends_with("attnpool.k_proj.weight") || name.ends_with("attnpool.v_proj.weight");
    if (pooled || param.shape.rank() == 4) copies += 4 * static_cast<size_t>(param.shape.num_elements());
  });
  EXPECT_EQ(plan_step(config, *make_cpu_backend(), {}, 4, 8).packed, copies);
}

// The bars of the memory that training ViT-B/32 may take at 64 pairs.
struct PlanOfViTB32 : ::testing::Test {
  static StepPlan plan(DType operands, int64_t num_tokens, const TrainerOptions& options = {},
                       const Learning& learning = {}) {
    return plan_step(config_by_name_or_file("ViT-B-32"), *make_cpu_backend(operands), options, 64, num_tokens,
                     learning);
  }
};

TEST_F(PlanOfViTB32, InFloat32IsThatOfACarefulEngineer) {
  // With captions of ordinary length; those as long as the model reads take 4.9 GB.
  EXPECT_LE(plan(DType::kFloat32, 16).bytes(), 4'600'000'000u);
}

TEST_F(PlanOfViTB32, WithCheckpointingNeedsAThirdOfTheActivations) {
  EXPECT_LT(plan(DType::kFloat32, 16, {.optimizer = {}, .grad_checkpointing = true}).activations,
            plan(DType::kFloat32, 16).activations / 3);
}

TEST_F(PlanOfViTB32, InBf16KeepsToItsPartsOfFloat32) {
  CLIPKIT_BF16_OR_SKIP();
  const StepPlan whole = plan(DType::kFloat32, 77), half = plan(DType::kBFloat16, 77);
  EXPECT_LE(static_cast<double>(half.activations), 0.55 * static_cast<double>(whole.activations));
  EXPECT_LE(static_cast<double>(half.bytes()), 0.85 * static_cast<double>(whole.bytes()));
  TrainerOptions options;
  options.optimizer.bf16_moments = true;
  const StepPlan least = plan(DType::kBFloat16, 77, options, {.frozen = {}, .gradients_as_operands = true});
  EXPECT_LE(static_cast<double>(least.bytes()), 0.65 * static_cast<double>(whole.bytes()));
}

}  // namespace
}  // namespace clipkit
