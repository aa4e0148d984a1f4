#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "clipkit/reject.h"
#include "clipkit/tensor.h"
#include "ops/backend.h"

// How much a picture is one of the given labels, from its cosines with their texts: larger is surer.

namespace clipkit {

inline constexpr RejectScore kRejectScores[] = {RejectScore::kMcm, RejectScore::kProbability, RejectScore::kCosine,
                                                RejectScore::kNegLabel};

// Maximum concept matching (Ming et al. 2022, "Delving into out-of-distribution detection with
// vision-language representations"): the largest softmax of the cosines over the temperature. The
// authors' temperature is 1; at that of the model, 1 / logit_scale, it is the largest probability.
double mcm_score(std::span<const double> labels, double temperature);

// NegLabel (Jiang et al. 2024, "Negative label guided OOD detection with pretrained vision-language models"): the
// labels' share of the softmax over labels and negative labels. The negatives are dealt out to `groups` of one size
// (what is left over is not used) and the score is the mean over the groups, so that one negative that happens to fit
// spoils one group alone. Without negatives: 1.
double neglabel_score(std::span<const double> labels, std::span<const double> negatives, double temperature,
                      int64_t groups);

inline constexpr int64_t kNegLabelGroup = 100;  // negatives in a group: the authors have 100 groups of 10,000
inline constexpr double kNegMiningQuantile = 0.95, kNegMiningPart = 0.15;

// NegMining (the same): of the words (V, E), a part of kNegMiningPart whose kNegMiningQuantile quantile of
// the cosines with all labels (C, E) is smallest, smallest first, equal ones by index. Both are float32 unit vectors.
// Not on the compute thread.
std::vector<int64_t> mine_negatives(Backend& backend, TensorView words, TensorView labels);

// The score at which labels weigh as much as so many negatives, if the groups are alike: G / (G + 1) for G groups.
double even_threshold(int64_t negatives);

// The rows with these numbers.
Tensor take_rows(TensorView rows, std::span<const int64_t> which);

// (N) scores of pictures. features: (N, E) float32; labels (C, E) and negatives (M, E) float32 unit vectors, the latter
// for kNegLabel alone. The temperature of kProbability and kNegLabel is
// 1 / logit_scale, 0.01 for released models as NegLabel's authors have it. Not on the compute thread.
std::vector<double> reject_scores(Backend& backend, RejectScore score, TensorView features, TensorView labels,
                                  TensorView negatives, double logit_scale);

}  // namespace clipkit
