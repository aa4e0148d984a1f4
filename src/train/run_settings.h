#pragma once

#include "clipkit/config.h"
#include "clipkit/train.h"
#include "data/pair_loader.h"
#include "dist/communicator.h"
#include "train/schedule.h"
#include "train/trainer.h"

namespace clipkit {

// What the options of a run mean for each of its parts.

LoaderConfig loader_config(const TrainOptions& options, const ModelConfig& model, const Communicator& ranks,
                           bool training);
Schedule schedule_of(const TrainOptions& options, int64_t batches_per_epoch, int64_t total_steps);
// share: pairs of a batch that this process has.
TrainerOptions trainer_options(const TrainOptions& options, const ModelConfig& model, int64_t share);
// Good as long as both are.
Learning learning_of(const TrainOptions& options, const ModelConfig& model);
// Of the parameter with this name.
double lr_scale(const TrainOptions& options, const ModelConfig& model, const std::string& name);

}  // namespace clipkit
