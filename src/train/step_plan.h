#pragma once

#include <cstddef>

#include "train/trainer.h"

namespace clipkit {

// What a step takes, found by running Trainer::step itself on a backend that computes nothing.
struct StepPlan {
  size_t parameters = 0, gradients = 0, moments = 0, averages = 0;  // bytes
  size_t packed = 0;       // weights that are kept in another form as well: bf16 copies, convolutions
  size_t activations = 0;  // at their most
  double gflop = 0;        // two per multiply-add

  size_t bytes() const { return parameters + gradients + moments + averages + packed + activations; }
};

// For a step with `batch` pairs on this process, the texts num_tokens long, as `real` would do it. Takes milliseconds
// and next to no memory.
StepPlan plan_step(const ModelConfig& config, const Backend& real, const TrainerOptions& options, int64_t batch,
                   int64_t num_tokens, const Learning& learning = {});

// Sets up in `real`, on the calling thread, what linear layers need for each of the row counts that a step can have,
// the captions being of any length from the two tokens that frame them to the model's longest: the steps themselves
// then set up nothing. Takes milliseconds for each of some twenty counts.
void prepare_steps(const ModelConfig& config, Backend& real, const TrainerOptions& options, int64_t batch,
                   const Learning& learning = {});

}  // namespace clipkit
