#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "clipkit/evaluate.h"
#include "data/labelled_set.h"
#include "eval/encoder.h"

namespace clipkit {

struct ProbeSets {
  LabelledSet train, test;
  std::optional<LabelledSet> validation;
};

// The fold that is tested on this split, else the set's first: UCF101's test2 shares films with train1.
Fold fold_of(const LabelledSet& test);

// Opens the splits that the options name, else those of that fold. Errors: as of open_labelled_set;
// kInvalidArgument if there is nothing to train on.
ProbeSets open_probe_sets(const ProbeOptions& options);

// What to fit and score one after the other: every fold of a set that has several, unless the options name a split;
// else what open_probe_sets() opens. Errors: as there.
std::vector<ProbeSets> open_probe_folds(const ProbeOptions& options);

// The paper's protocol: features of all splits, the search of the regulariser on the validation pictures (of a set
// without: a fifth of each class of the training pictures, drawn with a fixed seed), a last fit on training and
// validation pictures together, scores of the test pictures. A class without a training picture is never predicted.
// Sets in which a picture may have several classes (their metric is 11-point mAP) have one problem for each class, with
// one lambda for all. Not on the compute thread. Errors: as of evaluate_probe.
ProbeResult run_probe(const ProbeOptions& options, const ProbeSets& sets, const Encoder& encoder, Output output,
                      const std::filesystem::path& cache, EvalOrigin origin, const EvalCallbacks& callbacks);

// The same for each of some folds, with the mean of their scores.
ProbeResult run_probe_folds(const ProbeOptions& options, const std::vector<ProbeSets>& folds, const Encoder& encoder,
                            Output output, const std::filesystem::path& cache, const EvalOrigin& origin,
                            const EvalCallbacks& callbacks);

}  // namespace clipkit
