#pragma once

#include <filesystem>

#include "clipkit/evaluate.h"
#include "data/labelled_set.h"
#include "eval/classification.h"
#include "eval/encoder.h"
#include "eval/picture_features.h"

namespace clipkit {

// The set as zero-shot classification answers it (CLIP section 3.1): logits are logit_scale times the cosine of a
// picture and a class.
struct ZeroShotAnswers {
  std::vector<std::string> templates{}, titles{};  // titles: of the classes, to show
  int64_t prompts = 0, cut_texts = 0;              // texts, and how many of them were cut off
  std::string prompts_sha256{};
  Tensor classifier{};  // (C, E)
  PictureFeatures features{};
  std::vector<PictureLabels> labels{};  // of the readable pictures
  Tensor logits{};                      // (N, C) float64

  ScoredPictures scored() const { return {logits, labels}; }
  // Whether the class with the largest logit is one of the picture's.
  bool is_right(size_t row) const;
  // Fills what they say of where numbers come from.
  void describe_in(const LabelledSet& set, EvalOrigin& origin) const;
};
// Not on the compute thread. Errors: as of evaluate_zero_shot.
ZeroShotAnswers zero_shot_answers(const ZeroShotOptions& options, const LabelledSet& set, const Encoder& encoder,
                                  double logit_scale, const std::filesystem::path& cache,
                                  const EvalCallbacks& callbacks);

// Zero-shot classification of a set's pictures. origin: what the caller knows of it; the rest is filled in. Not on the
// compute thread. Errors: as of evaluate_zero_shot.
ZeroShotResult run_zero_shot(const ZeroShotOptions& options, const LabelledSet& set, const Encoder& encoder,
                             double logit_scale, const std::filesystem::path& cache, EvalOrigin origin,
                             const EvalCallbacks& callbacks);

// What to score one after the other: every test split of a set whose folds have several, unless one is named. Errors:
// as of open_labelled_set().
std::vector<LabelledSet> open_test_splits(const EvalInput& input);

// The same for each of some test splits, with the mean of their scores.
ZeroShotResult run_zero_shot_folds(const ZeroShotOptions& options, const std::vector<LabelledSet>& splits,
                                   const Encoder& encoder, double logit_scale, const std::filesystem::path& cache,
                                   const EvalOrigin& origin, const EvalCallbacks& callbacks);

// The texts that stand for each class. Errors: kInvalidArgument (templates without {}, or other numbers of names or
// prompts than the set has classes).
std::vector<std::vector<std::string>> prompts_for(const ZeroShotOptions& options, const LabelledSet& set,
                                                  std::vector<std::string>& templates);

// scale times the cosines of features (N, E) and classifier (C, E): (N, C) float64.
Tensor zero_shot_logits(Backend& backend, const Tensor& features, const Tensor& classifier, double scale);

}  // namespace clipkit
