#pragma once

#include <filesystem>
#include <functional>

#include "clipkit/evaluate.h"
#include "eval/encoder.h"
#include "transfer/fine_tuner.h"
#include "transfer/probe_run.h"

namespace clipkit {

// Rows of so many shots of each class: of a permutation of its pictures that depends on seed and class alone the first,
// so that more shots contain fewer. shots 0: all. Errors: kInvalidArgument for a class with fewer pictures.
std::vector<int64_t> draw_shots(const std::vector<int32_t>& classes, const std::vector<std::string>& titles, int shots,
                                uint32_t seed);

// What can be said before a model is loaded. Errors: kInvalidArgument for other seeds, shots and templates than
// run_few_shot takes, and for a class with fewer pictures than shots.
void check_few_shot(const FewShotOptions& options, const ProbeSets& sets);

// Every head on every number of shots and every seed; scores of all test pictures. The options are checked. plain:
// which features the plain probe has. open_model: what is fine-tuned, called if it is, on the compute thread. Not on
// the compute thread. Errors: as of evaluate_few_shot.
FewShotResult run_few_shot(const FewShotOptions& options, const ProbeSets& sets, const Encoder& encoder, Output plain,
                           double logit_scale, const std::filesystem::path& cache,
                           const std::function<FineTuner::Parts()>& open_model, EvalOrigin origin,
                           const EvalCallbacks& callbacks);

// The same for each of some folds, with the means of their scores.
FewShotResult run_few_shot_folds(const FewShotOptions& options, const std::vector<ProbeSets>& folds,
                                 const Encoder& encoder, Output plain, double logit_scale,
                                 const std::filesystem::path& cache,
                                 const std::function<FineTuner::Parts()>& open_model, const EvalOrigin& origin,
                                 const EvalCallbacks& callbacks);

}  // namespace clipkit
