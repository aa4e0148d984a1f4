#pragma once

#include "clipkit/config.h"
#include "clipkit/train.h"
#include "dist/communicator.h"
#include "ops/backend.h"

namespace clipkit {

// What a run takes of this process. The time is left at 0: it depends on the machine's speed, which nothing here knows.
TrainPlan plan_run(const TrainOptions& options, const ModelConfig& model, const Backend& backend,
                   const Communicator& ranks, int64_t batches_per_epoch);

// "3.85 GB of memory: parameters 0.61, ...", in one line.
std::string memory_text(const TrainPlan& plan);

// Errors: kOutOfMemory if not even captions of ordinary length fit, naming what would.
void check_memory(const TrainPlan& plan);

}  // namespace clipkit
