#pragma once

#include "clipkit/config.h"
#include "clipkit/train.h"

namespace clipkit {

// Refuses options that are out of range or contradict each other, before anything is opened.
// Errors: kInvalidArgument, naming the option.
void check_options(const TrainOptions& options, int num_processes);
// The same for what depends on the architecture and the tokenizer.
void check_options(const TrainOptions& options, const ModelConfig& model, int vocab_size);

}  // namespace clipkit
