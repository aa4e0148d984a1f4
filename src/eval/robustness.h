#pragma once

#include <filesystem>
#include <vector>

#include "clipkit/audit.h"
#include "data/labelled_set.h"
#include "eval/encoder.h"
#include "eval/robustness_table.h"

namespace clipkit {

// What is compared, opened and checked before any model is.
struct RobustnessSets {
  LabelledSet reference{};
  std::vector<LabelledSet> shifts{};
  std::vector<std::vector<RobustnessResult::Model>> baselines{};  // of each shift; empty without a table
  EarlierRobustness earlier{};                                    // nothing in it without one
};
RobustnessSets open_robustness_sets(const RobustnessOptions& options);

// Of each class of a shifted set the class of the reference set with its name; of several with one name, in their
// order. Empty if a class has none.
std::vector<int32_t> classes_in(const LabelledSet& reference, const LabelledSet& shifted);

// Not on the compute thread. Errors: as of evaluate_robustness.
RobustnessResult run_robustness(const RobustnessOptions& options, const RobustnessSets& sets, const Encoder& encoder,
                                double logit_scale, const std::filesystem::path& cache, EvalOrigin origin,
                                const EvalCallbacks& callbacks);

}  // namespace clipkit
