#include "train/run_plan.h"

#include <algorithm>
#include <cstdio>

#include "base/available_memory.h"
#include "base/check.h"
#include "train/run_settings.h"
#include "train/step_plan.h"

namespace clipkit {

namespace {

std::string gigabytes(size_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", static_cast<double>(bytes) / 1e9);
  return text;
}

}  // namespace

TrainPlan plan_run(const TrainOptions& options, const ModelConfig& model, const Backend& backend,
                   const Communicator& ranks, int64_t batches_per_epoch) {
  const int64_t share = options.batch_size / ranks.size(), longest = model.text.context_length,
                ordinary = std::min<int64_t>(TrainPlan::kOrdinaryTokens, longest);
  const TrainerOptions trainer = trainer_options(options, model, share);
  const Learning learning = learning_of(options, model);
  const StepPlan usual = plan_step(model, backend, trainer, share, ordinary, learning);
  return {.parameters = usual.parameters,
          .gradients = usual.gradients,
          .moments = usual.moments,
          .averages = usual.averages,
          .weight_copies = usual.packed,
          .activations = usual.activations,
          .longest_activations = plan_step(model, backend, trainer, share, longest, learning).activations,
          .available = available_memory() / static_cast<size_t>(ranks.local_size()),
          .steps = batches_per_epoch * options.epochs,
          .pairs_per_step = options.batch_size,
          .gflop_per_step = usual.gflop * ranks.size(),
          .is_first_process = ranks.rank() == 0};
}

std::string memory_text(const TrainPlan& plan) {
  const std::string averages = plan.averages > 0 ? ", their means " + gigabytes(plan.averages) : "";
  return concat(gigabytes(plan.bytes()), " GB of memory: parameters ", gigabytes(plan.parameters), averages,
                ", gradients ", gigabytes(plan.gradients), ", moments ", gigabytes(plan.moments),
                ", copies of weights ", gigabytes(plan.weight_copies), ", activations ", gigabytes(plan.activations),
                " with captions of ", TrainPlan::kOrdinaryTokens, " tokens (", gigabytes(plan.longest_activations),
                " with the longest)");
}

void check_memory(const TrainPlan& plan) {
  if (plan.available == 0 || plan.bytes() <= plan.available) return;
  fail(ErrorCode::kOutOfMemory, "the run needs ", memory_text(plan), ", and ", gigabytes(plan.available),
       " GB are free: a smaller batch-size, accum-freq, grad-checkpointing, amp_bf16, bf16-moments or bf16-gradients "
       "need less");
}

}  // namespace clipkit
