#pragma once

#include <filesystem>

#include "clipkit/evaluate.h"
#include "data/labelled_set.h"
#include "eval/encoder.h"

namespace clipkit {

// Zero-shot classification of a set's pictures (CLIP section 3.1): logits are logit_scale times the cosine of a picture
// and a class. origin: what the caller knows of it; the rest is filled in. Not on the compute thread. Errors: as of
// evaluate_zero_shot.
ZeroShotResult run_zero_shot(const ZeroShotOptions& options, const LabelledSet& set, const Encoder& encoder,
                             double logit_scale, const std::filesystem::path& cache, EvalOrigin origin,
                             const EvalCallbacks& callbacks);

// The texts that stand for each class. Errors: kInvalidArgument (templates without {}, or other numbers of names or
// prompts than the set has classes).
std::vector<std::vector<std::string>> prompts_for(const ZeroShotOptions& options, const LabelledSet& set,
                                                  std::vector<std::string>& templates);

// scale times the cosines of features (N, E) and classifier (C, E): (N, C) float64.
Tensor zero_shot_logits(Backend& backend, const Tensor& features, const Tensor& classifier, double scale);

}  // namespace clipkit
