#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "clipkit/audit.h"
#include "data/labelled_set.h"
#include "data/pair_source.h"
#include "eval/encoder.h"
#include "eval/picture_features.h"

namespace clipkit {

// The pictures that a model was trained on, as they are compared with a test set.
struct TrainingPictures {
  std::string split{};  // of a labelled set; empty for pairs
  PictureSource source{};
  std::shared_ptr<const void> owner{};  // of what source reads
};

// options.train_data. Errors: as of open_labelled_set() or open_pairs(); kInvalidArgument for a split of pairs, or the
// split that is tested.
TrainingPictures open_training_pictures(const OverlapOptions& options, const LabelledSet& test);

// Not on the compute thread. Errors: as of evaluate_overlap.
OverlapResult run_overlap(const OverlapOptions& options, const LabelledSet& set, const TrainingPictures& train,
                          const Encoder& encoder, double logit_scale, const std::filesystem::path& cache,
                          EvalOrigin origin, const EvalCallbacks& callbacks);

}  // namespace clipkit
