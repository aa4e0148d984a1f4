#include "train/step_plan.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "ops/planning_backend.h"

namespace clipkit {

namespace {

// A model and its trainer on a backend that computes nothing.
class PlannedRun {
 public:
  PlannedRun(const ModelConfig& config, PlanningBackend& planning, const TrainerOptions& options,
             const Learning& learning)
      : planning_(planning), model_(config, true, true) {
    model_.visit_params(
        [&](const std::string&, Param& param) { param.value = planning_.allocate(param.shape, DType::kFloat32); });
    model_.start_training(planning_, learning);
    model_.prepare(planning_);
    trainer_.emplace(model_, planning_, *ranks_, options);
  }

  // rows: of the packed texts of each `part` pairs, dealt out evenly.
  void step(int64_t batch, int64_t part, int64_t rows) {
    const ModelConfig& config = model_.config;
    const Tensor pixels = planning_.allocate({batch, 3, config.image_size(), config.image_size()}, DType::kFloat32);
    std::vector<int32_t> ids(static_cast<size_t>((rows + part - 1) / part), -1);  // no token, so not the end's either
    ids.back() = config.text.pooling == TextPooling::kEndId ? config.text.end_id : config.text.vocab_size - 1;
    std::vector<std::span<const int32_t>> texts(static_cast<size_t>(batch), ids);
    for (int64_t n = 0; n < batch; ++n) {
      const auto length = static_cast<size_t>(rows / part + (n % part < rows % part ? 1 : 0));
      texts[static_cast<size_t>(n)] = std::span<const int32_t>(ids).last(length);
    }
    // Refused at its end: weights that are packed anew after a step would count twice.
    trainer_->step({pixels, texts}, 0, 0, [](const StepResult&) { return false; });
  }

  Clip& model() { return model_; }
  Trainer& trainer() { return *trainer_; }

 private:
  PlanningBackend& planning_;
  Clip model_;
  std::unique_ptr<Communicator> ranks_ = single_process();
  std::optional<Trainer> trainer_;
};

}  // namespace

StepPlan plan_step(const ModelConfig& config, const Backend& real, const TrainerOptions& options, int64_t batch,
                   int64_t num_tokens, const Learning& learning) {
  PlanningBackend planning(real);
  PlannedRun run(config, planning, options, learning);
  StepPlan plan;
  run.model().visit_params([&](const std::string&, Param& param) {
    plan.parameters += param.value.view().bytes();
    if (param.grad) plan.gradients += param.grad.view().bytes();
  });
  for (const Optimizer::Entry& entry : run.trainer().optimizer().entries()) plan.moments += 2 * entry.m.view().bytes();
  for (const Tensor& average : run.trainer().averages()) plan.averages += average.view().bytes();

  run.step(batch, batch, batch * num_tokens);
  plan.activations = run.trainer().workspace().peak_bytes();
  plan.packed = planning.packed_bytes();
  plan.gflop = planning.gflop();
  return plan;
}

void prepare_steps(const ModelConfig& config, Backend& real, const TrainerOptions& options, int64_t batch,
                   const Learning& learning) {
  PlanningBackend planning(&real);
  PlannedRun run(config, planning, options, learning);
  // With micro-batches two show all that a step does with one; a smaller last one's counts are made when they come.
  const int64_t part = options.micro_batch > 0 ? std::min(options.micro_batch, batch) : batch;
  const int64_t most = real.padded_rows(part * config.text.context_length);
  for (int64_t rows = real.padded_rows(2 * part); rows <= most; rows = real.padded_rows(rows + 1))
    run.step(part < batch ? 2 * part : part, part, std::min(rows, part * config.text.context_length));
}

}  // namespace clipkit
