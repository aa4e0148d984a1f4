#include "train/step_plan.h"

#include <vector>

#include "ops/planning_backend.h"

namespace clipkit {

StepPlan plan_step(const ModelConfig& config, const Backend& real, const TrainerOptions& options, int64_t batch,
                   int64_t num_tokens, const Learning& learning) {
  PlanningBackend planning(real);
  StepPlan plan;
  Clip model(config, true, true);
  model.visit_params(
      [&](const std::string&, Param& param) { param.value = planning.allocate(param.shape, DType::kFloat32); });
  model.start_training(planning, learning);
  model.prepare(planning);
  const auto ranks = single_process();
  Trainer trainer(model, planning, *ranks, options);
  model.visit_params([&](const std::string&, Param& param) {
    plan.parameters += param.value.view().bytes();
    if (param.grad) plan.gradients += param.grad.view().bytes();
  });
  for (const Optimizer::Entry& entry : trainer.optimizer().entries()) plan.moments += 2 * entry.m.view().bytes();

  for (const Tensor& average : trainer.averages()) plan.averages += average.view().bytes();

  const Tensor pixels = planning.allocate({batch, 3, config.image_size(), config.image_size()}, DType::kFloat32);
  std::vector<int32_t> ids(static_cast<size_t>(num_tokens), -1);  // no token, and so not the end token either
  ids.back() = config.text.pooling == TextPooling::kEndId ? config.text.end_id : config.text.vocab_size - 1;
  const std::vector<std::span<const int32_t>> texts(static_cast<size_t>(batch), ids);
  // Refused at its end: weights that are packed anew after a step would count twice.
  trainer.step({pixels, texts}, 0, 0, [](const StepResult&) { return false; });
  plan.activations = trainer.workspace().peak_bytes();
  plan.packed = planning.packed_bytes();
  plan.gflop = planning.gflop();
  return plan;
}

}  // namespace clipkit
